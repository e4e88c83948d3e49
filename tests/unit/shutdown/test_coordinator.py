"""The coordinator, turn by turn."""

import datetime
import json
import threading

import fixtures

from nova_gs import exception
from nova_gs.shutdown import coordinator
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import inbox
from nova_gs.shutdown import lease
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import quiesce
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.unit import base

A, E, P = phases.Action, phases.Event, phases.Phase
D, F, W = policy.OnShutdown, policy.Fate, policy.WhileDraining

#: What a doer is asked for; the gate's actions have none.
ASKED = [action for action in A if action not in (
    A.LET_GO, A.OPEN_GATE, A.NARROW_GATE, A.CLOSE_GATE)]


class _CoordinatorTestCase(base.TestCase):

    total, abort_reserve, release_reserve = 180, 20, 20

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.shutdown.coordinator.LAST_WORDS', 0.05))
        self.clock = clock_fixture.ManualClock()
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.done = []
        self.exits = []
        self.names_elsewhere = []
        self.lease = None
        self.coordinator = self.make()

    def make(self, **options):
        options.setdefault('spawn', lambda name, function: function())
        return coordinator.Coordinator(
            self.clock, deadlines.Budget(self.total, self.abort_reserve,
                                         self.release_reserve),
            self.gate, self.tracker,
            {action: lambda action=action: self.done.append(action)
             for action in ASKED},
            exit=self.exits.append, lease=lambda: self.lease,
            left_elsewhere=lambda: self.names_elsewhere, **options)

    def enter(self, name='work', on_shutdown=D.FINISH,
              while_draining=W.ALWAYS):
        return self.gate.enter(name, while_draining, on_shutdown)

    def handle(self, *events):
        for event in events:
            self.coordinator.handle(event)
        return self.coordinator.phase

    def turn_after(self, seconds):
        self.clock.advance(seconds)
        self.coordinator.turn()
        return self.coordinator.phase


class HandleTestCase(_CoordinatorTestCase):

    def test_a_quiet_stop(self):
        self.assertIs(P.DRAINING, self.handle(E.TERM))
        self.assertEqual([A.CLOSE_INTAKE, A.ANNOUNCE, A.STOP_PERIODIC,
                          A.FOLLOW], self.done)
        self.assertIs(policy.Openness.STEPS_ONLY, self.gate.openness)
        self.assertIs(P.RELEASING, self.handle(E.IDLE))
        self.assertEqual(A.RELEASE, self.done[-1])
        self.assertIs(policy.Openness.CLOSED, self.gate.openness)
        self.assertEqual(0, self.coordinator.run())
        self.assertIs(P.STOPPED, self.coordinator.phase)
        self.assertEqual([], self.exits)

    def test_the_refused_are_told_until_when(self):
        self.handle(E.TERM)
        error = self.assertRaises(
            exception.HostDraining, self.enter, while_draining=W.NEVER)
        self.assertEqual('2030-01-01 00:03:00 UTC', error.kwargs['deadline'])

    def test_an_idle_that_is_not_true_any_more(self):
        self.handle(E.TERM)
        work = self.enter()
        self.assertIs(P.DRAINING, self.handle(E.IDLE))
        self.enter()
        work.release()
        self.assertIs(P.DRAINING, self.handle(E.IDLE))

    def test_an_idle_while_serving_closes_nothing(self):
        self.assertIs(P.SERVING, self.handle(E.IDLE))
        self.assertIs(policy.Openness.OPEN, self.gate.openness)

    def test_reads_do_not_hold(self):
        self.enter('read', D.DROP)
        self.assertIs(P.RELEASING, self.handle(E.TERM, E.IDLE))
        self.assertEqual(0, self.coordinator.exit_code())

    def test_deadlines(self):
        self.enter()
        self.handle(E.TERM)
        self.assertIs(P.ABORTING, self.turn_after(140))
        self.assertEqual(A.CALL_OFF, self.done[-1])
        self.assertIs(P.RELEASING, self.turn_after(20))
        self.assertEqual(3, self.coordinator.run())

    def test_deadlines_while_releasing(self):
        self.coordinator = self.make(spawn=lambda name, function: None)
        self.handle(E.TERM, E.IDLE)
        self.assertIs(P.FORCED, self.turn_after(180))

    def test_aborted_in_time_is_clean(self):
        work = self.enter(on_shutdown=D.ABORT)
        self.handle(E.TERM, E.TERM)
        work.release(F.ABORTED)
        self.assertIs(P.RELEASING, self.handle(E.IDLE))
        self.assertEqual(0, self.coordinator.run())

    def test_left_to_the_hypervisor(self):
        work = self.enter(on_shutdown=D.RESUME)
        self.handle(E.TERM)
        work.release(F.LEFT)
        self.handle(E.IDLE)
        self.assertEqual([work], self.coordinator.left())
        self.assertEqual(3, self.coordinator.run())

    def test_left_elsewhere_at_the_deadline(self):
        self.names_elsewhere = ['live migration of vm']
        self.handle(E.TERM, E.TERM)
        self.turn_after(20)
        self.assertEqual(['live migration of vm'],
                         self.coordinator.report().left_elsewhere)
        self.assertEqual(3, self.coordinator.run())

    def test_nothing_left_at_the_deadline(self):
        self.handle(E.TERM, E.TERM)
        self.turn_after(20)
        self.assertEqual(0, self.coordinator.run())

    def test_hurried_by_every_term_but_the_first(self):
        self.enter()
        self.handle(E.TERM)
        self.assertFalse(self.coordinator.hurried)
        self.turn_after(140)
        self.assertIs(P.ABORTING, self.coordinator.phase)
        self.assertFalse(self.coordinator.hurried)
        self.handle(E.TERM)
        self.assertTrue(self.coordinator.hurried)

    def test_third_term_changes_nothing(self):
        self.enter()
        self.handle(E.TERM, E.TERM)
        deadline = self.coordinator.deadline
        self.clock.advance(5)
        self.assertIs(P.ABORTING, self.handle(E.TERM))
        self.assertEqual(deadline, self.coordinator.deadline)
        self.assertEqual(1, self.done.count(A.CALL_OFF))

    def test_quit(self):
        for before in ((), (E.TERM,), (E.TERM, E.TERM)):
            self.gate = tracker.Gate(self.tracker, 'host1')
            self.coordinator = self.make()
            self.enter()
            self.assertIs(P.FORCED, self.handle(*before, E.QUIT))
            self.assertEqual(A.REPORT_FORCED, self.done[-1])
            self.assertEqual(4, self.coordinator.run())
            self.assertEqual(4, self.exits.pop())
        self.assertIs(policy.Openness.CLOSED, self.gate.openness)

    def test_last_words_are_bounded(self):
        # The doer that reports never begins.
        self.coordinator = self.make(spawn=lambda name, function: None)
        self.assertIs(P.FORCED, self.handle(E.QUIT))

    def test_a_doer_that_fails(self):
        def fail():
            raise ValueError('no broker')

        self.coordinator._doers = {action: fail for action in ASKED}
        self.handle(E.TERM, E.IDLE)
        self.assertEqual(0, self.coordinator.run())

    def test_no_thread_for_a_doer(self):
        def no_thread(name, function):
            raise RuntimeError("can't start new thread")

        self.coordinator = self.make(spawn=no_thread)
        self.assertIs(P.RELEASING, self.handle(E.TERM, E.IDLE))
        self.assertIs(P.FORCED, self.turn_after(180))

    def test_without_doers(self):
        self.coordinator._doers = {}
        self.handle(E.TERM, E.IDLE)
        self.assertEqual(0, self.coordinator.run())

    def test_notices(self):
        said = []
        self.coordinator = self.make(on_reload=lambda: said.append('reload'))
        self.handle(inbox.Notice.RELOAD, E.TERM, inbox.Notice.RELOAD)
        self.assertEqual(['reload', 'reload'], said)
        self.assertIs(P.DRAINING, self.coordinator.phase)

    def test_notices_without_a_listener(self):
        self.assertIs(P.SERVING, self.handle(*inbox.Notice))


class QuiesceTestCase(_CoordinatorTestCase):

    def order(self, reason='new kernel', seconds=None):
        return quiesce.Quiesce(reason, seconds and (
            self.clock.utcnow() + datetime.timedelta(seconds=seconds)))

    def test_let_go_and_taken_back(self):
        self.assertIs(P.QUIESCED, self.handle(self.order()))
        self.assertEqual([A.SET_ASIDE], self.done)
        self.assertIs(policy.Openness.LETTING_GO, self.gate.openness)
        error = self.assertRaises(
            exception.HostDraining, self.enter, while_draining=W.NEVER)
        self.assertEqual(('new kernel', 'an operator lets it work again'), (
            error.kwargs['reason'], error.kwargs['deadline']))
        self.assertIs(P.SERVING, self.handle(E.RESUME))
        self.assertEqual([A.SET_ASIDE, A.TAKE_UP], self.done)
        self.enter(while_draining=W.NEVER)

    def test_it_stays_when_it_is_idle(self):
        self.assertIs(P.QUIESCED, self.handle(self.order(), E.IDLE))
        self.clock.advance(10 ** 6)
        self.assertIsNone(deadlines.due(
            P.QUIESCED, self.coordinator.deadlines, self.clock.now()))
        self.assertIsNone(self.coordinator.deadline)

    def test_deadline_calls_off_once_and_it_stays(self):
        self.handle(self.order(seconds=60))
        self.assertFalse(self.coordinator.calls_off)
        self.assertIs(P.QUIESCED, self.turn_after(60))
        self.assertEqual([A.SET_ASIDE, A.CALL_OFF], self.done)
        self.assertEqual(deadlines.Deadlines(release_at=80),
                         self.coordinator.deadlines)
        self.clock.advance(1000)
        self.assertIsNone(deadlines.seconds_until_next(
            P.QUIESCED, self.coordinator.deadlines, self.clock.now()))
        # It does not look like the end of a stop.
        self.assertFalse(self.coordinator.calls_off)
        self.assertEqual(
            [('2030-01-01T00:01:00+00:00', 'abort_due')],
            [(event.at, event.text)
             for event in self.coordinator.report().events])

    def test_deadline_that_has_passed(self):
        self.handle(self.order(seconds=-5))
        self.coordinator.turn()
        self.assertEqual([A.SET_ASIDE, A.CALL_OFF], self.done)

    def test_another_order(self):
        self.handle(self.order(seconds=60), self.order('new disk'))
        self.assertEqual(deadlines.Deadlines(), self.coordinator.deadlines)
        self.assertEqual(2, len(self.coordinator.history))
        error = self.assertRaises(
            exception.HostDraining, self.enter, while_draining=W.NEVER)
        self.assertEqual('new disk', error.kwargs['reason'])

    def test_without_a_reason(self):
        self.handle(self.order(None))
        error = self.assertRaises(
            exception.HostDraining, self.enter, while_draining=W.NEVER)
        self.assertIn('it was quiesced', str(error))

    def test_taken_back_has_no_deadline(self):
        self.handle(self.order(seconds=60), E.RESUME)
        self.assertEqual(deadlines.Deadlines(), self.coordinator.deadlines)

    def test_stop_of_a_quiesced_host(self):
        self.handle(self.order(seconds=60))
        self.clock.advance(50)
        self.assertIs(P.DRAINING, self.handle(E.TERM))
        self.assertFalse(self.coordinator.hurried)
        self.assertEqual(180, self.coordinator.seconds_left())
        self.assertIs(policy.Openness.STEPS_ONLY, self.gate.openness)
        # What came too late changes nothing.
        self.assertIs(P.DRAINING, self.handle(E.RESUME, self.order()))
        self.assertIs(policy.Openness.STEPS_ONLY, self.gate.openness)
        self.assertIs(P.RELEASING, self.handle(E.IDLE))
        self.assertEqual(
            ['serving', 'quiesced', 'draining', 'releasing'],
            [step.phase for step in self.coordinator.report().phases][:4])


class TimeTestCase(_CoordinatorTestCase):

    def test_no_deadline_while_serving(self):
        self.assertIsNone(self.coordinator.deadline)
        self.assertIsNone(self.coordinator.seconds_left())
        self.assertEqual(2, self.coordinator.bounded(2))

    def test_bounded_by_what_remains(self):
        self.handle(E.TERM)
        self.clock.advance(179)
        self.assertEqual(1, self.coordinator.bounded(2))
        self.assertEqual(0.5, self.coordinator.bounded(0.5))

    def test_deadline_stays(self):
        self.handle(E.TERM)
        self.clock.advance(100)
        self.assertEqual(
            clock_fixture.START + datetime.timedelta(seconds=180),
            self.coordinator.deadline)

    def test_lease(self):
        self.lease = 90
        self.enter()
        self.handle(E.TERM)
        self.clock.advance(40)
        self.coordinator.renew_lease(70)
        self.coordinator.turn()
        self.assertEqual(70, self.coordinator.seconds_left())
        self.assertIs(P.DRAINING, self.coordinator.phase)
        error = self.assertRaises(
            exception.HostDraining, self.enter, while_draining=W.NEVER)
        self.assertEqual('2030-01-01 00:01:50 UTC', error.kwargs['deadline'])
        self.assertIs(P.ABORTING, self.turn_after(30))
        self.coordinator.renew_lease(500)
        self.coordinator.turn()
        self.assertEqual(40, self.coordinator.seconds_left())
        self.assertEqual(
            ['2030-01-01T00:01:30+00:00', '2030-01-01T00:01:50+00:00'],
            self.coordinator.report().lease_ends)

    def test_a_lease_that_stays_has_one_end(self):
        self.assertEqual([], self.coordinator.report().lease_ends)
        self.lease = 90
        self.handle(E.TERM)
        self.assertEqual(['2030-01-01T00:01:30+00:00'],
                         self.coordinator.report().lease_ends)

    def test_remarks(self):
        self.handle(E.TERM)
        self.clock.advance(5)
        self.coordinator.remark(lease.Remark.EXTENDED)
        self.coordinator.turn()
        self.assertEqual(
            [('2030-01-01T00:00:05+00:00', 'lease_extended')],
            [(event.at, event.text)
             for event in self.coordinator.report().events])
        self.assertIs(P.DRAINING, self.coordinator.phase)

    def test_a_lease_that_cannot_be_read(self):
        self.coordinator._lease = lambda: 1 / 0
        self.assertIs(P.DRAINING, self.handle(E.TERM))
        self.assertEqual(180, self.coordinator.seconds_left())


class EndlessTestCase(_CoordinatorTestCase):

    total = 0

    def test_work_is_waited_for_without_end(self):
        work = self.enter()
        self.handle(E.TERM)
        self.clock.advance(10 ** 6)
        self.coordinator.post(inbox.Notice.RELOAD)
        self.assertIs(P.DRAINING, self.turn_after(0))
        work.release()
        self.assertIs(P.RELEASING, self.handle(E.IDLE))

    def test_refusals_make_sense(self):
        self.handle(E.TERM)
        error = self.assertRaises(
            exception.HostDraining, self.enter, while_draining=W.NEVER)
        self.assertIn('until its work has ended)', str(error))

    def test_second_term_sets_an_end(self):
        self.enter()
        self.handle(E.TERM, E.TERM)
        self.assertIs(P.RELEASING, self.turn_after(20))
        self.assertEqual(3, self.coordinator.run())

    def test_release_has_an_end(self):
        self.coordinator = self.make(spawn=lambda name, function: None)
        self.handle(E.TERM, E.IDLE)
        self.assertIs(P.FORCED, self.turn_after(20))


class ReportTestCase(_CoordinatorTestCase):

    def test_report(self):
        self.clock.advance(10)
        done, called_off, stuck = (
            self.enter(name) for name in ('done', 'called off', 'stuck'))
        self.handle(E.TERM)
        self.assertRaises(exception.HostDraining, self.enter, 'late',
                          while_draining=W.NEVER)
        self.clock.advance(1)
        done.release()
        self.turn_after(139)
        called_off.release(F.ABORTED)
        stuck.say('waiting for the disk')
        self.turn_after(20)
        report = self.coordinator.report()
        self.assertEqual(
            [('serving', 10, 'start'), ('draining', 140, 'term'),
             ('aborting', 20, 'abort_due'), ('releasing', 0, 'release_due')],
            [(step.phase, step.seconds, step.why) for step in report.phases])
        self.assertEqual(
            [('done', 'finished', ''), ('called off', 'aborted', ''),
             ('stuck', 'left', 'waiting for the disk')],
            [(work.name, work.fate, work.note) for work in report.works])
        self.assertEqual({'late': 1}, report.refused)
        self.assertEqual(
            ['2030-01-01T00:00:11+00:00', '2030-01-01T00:02:30+00:00', None],
            [work.ended_at for work in report.works])
        self.assertEqual(
            {'abort_at': '2030-01-01T00:02:30+00:00',
             'release_at': '2030-01-01T00:02:50+00:00',
             'exit_at': '2030-01-01T00:03:10+00:00'}, report.deadlines)
        self.assertEqual((3, 'left_work'), (report.exit_code, report.outcome))
        json.dumps(report.to_dict())

    def test_left_is_named_once(self):
        work = self.enter()
        self.handle(E.TERM, E.TERM)
        self.turn_after(20)
        work.release(F.LEFT)
        self.assertEqual(
            ['left'],
            [record.fate for record in self.coordinator.report().works])


class ThreadsTestCase(_CoordinatorTestCase):

    def test_doers_do_not_block_the_loop(self):
        proceed = threading.Event()
        self.addCleanup(proceed.set)
        self.coordinator = self.make(spawn=None)
        self.coordinator._doers = {action: lambda: proceed.wait(30)
                                   for action in ASKED}
        self.assertIs(P.RELEASING, self.handle(E.TERM, E.IDLE))
        proceed.set()
        self.assertEqual(0, self.coordinator.run())
