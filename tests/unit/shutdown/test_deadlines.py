"""Deadlines, with a hand-moved clock."""

from nova_gs import exception
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import phases
from tests.fixtures import clock as clock_fixture
from tests.unit import base

E, P = phases.Event, phases.Phase


def three(cut):
    return cut.abort_at, cut.release_at, cut.exit_at


class BudgetTestCase(base.TestCase):

    def test_cut(self):
        budget = deadlines.Budget(180, 20, 25)
        self.assertEqual((1135, 1155, 1180), three(budget.start(1000)))

    def test_without_end(self):
        budget = deadlines.Budget(0, 20, 20)
        self.assertEqual((None, None, None), three(budget.start(1000)))

    def test_defaults_of_the_options_fit(self):
        deadlines.Budget(self.conf.graceful_shutdown_timeout,
                         self.conf.shutdown.abort_reserve,
                         self.conf.shutdown.release_reserve)

    def test_nonsense_is_refused(self):
        error = self.assertRaises(exception.ConfigurationError,
                                  deadlines.Budget, 30, 20, 20)
        for word in ('graceful_shutdown_timeout', 'abort_reserve',
                     'release_reserve', '30 s', 'larger than 40'):
            self.assertIn(word, str(error))

    def test_below_zero_is_refused(self):
        for numbers, option in (((-1, 0, 0), 'graceful_shutdown_timeout'),
                                ((9, -1, 0), 'abort_reserve'),
                                ((9, 0, -1), 'release_reserve')):
            error = self.assertRaises(exception.ConfigurationError,
                                      deadlines.Budget, *numbers)
            self.assertIn(option, str(error))

    def test_what_is_no_number_is_refused(self):
        for bad in (float('nan'), float('inf'), 10 ** 12):
            for numbers, option in (
                    ((bad, 0, 0), 'graceful_shutdown_timeout'),
                    ((9, bad, 0), 'abort_reserve'),
                    ((9, 0, bad), 'release_reserve')):
                error = self.assertRaises(exception.ConfigurationError,
                                          deadlines.Budget, *numbers)
                self.assertIn(option, str(error))

    def test_reserves_may_take_all(self):
        budget = deadlines.Budget(40, 20, 20)
        self.assertEqual((0, 20, 40), three(budget.start(0)))

    def test_the_shorter_of_budget_and_lease_counts(self):
        budget = deadlines.Budget(180, 20, 20)
        self.assertEqual((50, 70, 90), three(budget.start(0, lease=90)))
        self.assertEqual((140, 160, 180), three(budget.start(0, lease=900)))

    def test_a_lease_ends_what_has_no_end(self):
        budget = deadlines.Budget(0, 20, 20)
        self.assertEqual((50, 70, 90), three(budget.start(0, lease=90)))

    def test_reserves_shrink_into_a_lease(self):
        budget = deadlines.Budget(180, 20, 20)
        self.assertEqual((5, 7.5, 10), three(budget.start(0, lease=10)))
        self.assertEqual((15, 22.5, 30), three(budget.start(0, lease=30)))
        self.assertEqual((60, 80, 100), three(budget.start(0, lease=100)))

    def test_a_longer_lease_never_calls_off_sooner(self):
        budget = deadlines.Budget(180, 20, 20)
        cut = [budget.start(0, lease=lease) for lease in range(1, 180)]
        for part in ('abort_at', 'release_at', 'exit_at'):
            moments = [getattr(one, part) for one in cut]
            self.assertEqual(sorted(moments), moments, part)

    def test_hurry(self):
        budget = deadlines.Budget(180, 20, 25)
        self.assertEqual((10, 30, 55), three(
            budget.hurry(budget.start(0), 10)))

    def test_hurry_never_takes_longer(self):
        budget = deadlines.Budget(180, 20, 20)
        self.assertEqual((140, 160, 180), three(
            budget.hurry(budget.start(0), 150)))

    def test_hurry_without_end(self):
        budget = deadlines.Budget(0, 20, 25)
        self.assertEqual((10, 30, 55), three(
            budget.hurry(budget.start(0), 10)))

    def test_release_is_bounded_even_without_end(self):
        budget = deadlines.Budget(0, 20, 25)
        self.assertEqual((None, None, 35), three(
            budget.release(budget.start(0), 10)))

    def test_release_keeps_a_deadline(self):
        budget = deadlines.Budget(180, 20, 20)
        cut = budget.start(0)
        self.assertEqual(cut, budget.release(cut, 10))


class DueTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock_fixture.ManualClock()
        self.budget = deadlines.Budget(180, 20, 20)
        self.cut = self.budget.start(self.clock.now())

    def due(self, phase):
        return deadlines.due(phase, self.cut, self.clock.now())

    def until(self, phase):
        return deadlines.seconds_until_next(phase, self.cut, self.clock.now())

    def test_in_the_order_of_time(self):
        for phase, moment, event in (
                (P.DRAINING, 140, E.ABORT_DUE),
                (P.ABORTING, 160, E.RELEASE_DUE),
                (P.RELEASING, 180, E.EXIT_DUE)):
            wait = moment - self.clock.now()
            self.assertEqual(wait, self.until(phase))
            self.clock.advance(wait - 0.01)
            self.assertIsNone(self.due(phase))
            self.clock.advance(0.01)
            self.assertIs(event, self.due(phase))
            self.assertEqual(0, self.until(phase))

    def test_exit_is_due_in_every_phase(self):
        self.clock.advance(500)
        for phase in P:
            expected = None if phase in phases.TERMINAL else E.EXIT_DUE
            self.assertIs(expected, self.due(phase), phase)

    def test_terminal_phases_wait_for_nothing(self):
        for phase in phases.TERMINAL:
            self.assertIsNone(self.until(phase))

    def test_nothing_is_due_without_deadlines(self):
        self.cut = deadlines.Budget(0, 20, 20).start(self.clock.now())
        self.clock.advance(10 ** 9)
        for phase in P:
            self.assertIsNone(self.due(phase))
            self.assertIsNone(self.until(phase))

    def test_seconds_left(self):
        self.clock.advance(170)
        self.assertEqual(10, deadlines.seconds_left(self.cut, 170))
        self.assertEqual(0, deadlines.seconds_left(self.cut, 999))
        self.assertIsNone(
            deadlines.seconds_left(deadlines.Deadlines(), 999))
