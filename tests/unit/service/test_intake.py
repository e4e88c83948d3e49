"""How "compute" is left: at once, by and by, whoever answers or does not."""

import threading

from nova_gs import clock as clocks
from nova_gs import exception
from nova_gs.rpc import catalogue
from nova_gs.service import intake
from nova_gs.shutdown import tracker
from nova_gs import steps
from tests.fixtures import clock
from tests.fixtures import compute
from tests.unit import base

POST = catalogue.ROWS['post_live_migration_at_destination']
MAKE_ROOM = catalogue.ROWS['pre_live_migration']
REBOOT = catalogue.ROWS['reboot_instance']
ABORT = catalogue.ROWS['live_migration_abort']

#: Longest wait for a thread, in seconds.
PATIENCE = 30


class Leaving(threading.Event):
    """An Event whose waits take no time, but as many turns as are given."""

    def __init__(self):
        super().__init__()
        self._turns = threading.Semaphore(0)
        #: Released each time that somebody begins to wait.
        self.waits = threading.Semaphore(0)

    def wait(self, timeout=None):
        if self.is_set():
            return True
        self.waits.release()
        self._turns.acquire(timeout=PATIENCE)
        return self.is_set()

    def turn(self):
        """Let one wait end; the clock has moved on by then."""
        self._turns.release()

    def set(self):
        super().set()
        self._turns.release()


class Asked:
    """Answers in turn; the last one again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.count = 0
        self.before = lambda: None

    def __call__(self, timeout):
        self.count += 1
        self.before()
        answer = (self.answers.pop(0) if len(self.answers) > 1
                  else self.answers[0])
        if isinstance(answer, threading.Event):
            answer.wait(PATIENCE)
            return frozenset()
        if isinstance(answer, Exception):
            raise answer
        return frozenset(answer)


class IntakeTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.leaving = Leaving()
        self.addCleanup(self.leaving.set)
        self.begun, self.detached = threading.Event(), threading.Event()
        #: What was done to the queue, in order.
        self.done = []
        self.cannot_attach = []
        self.hangs = None
        self.all_new = False

    def attach(self):
        if self.cannot_attach:
            raise self.cannot_attach.pop()
        self.done.append('attach')

    def detach(self):
        self.done.append('detach')
        self.begun.set()
        if self.hangs:
            self.hangs.wait(PATIENCE)
        self.detached.set()

    def make(self, *answers):
        self.asked = Asked(*answers)
        return self.made_to_ask(self.asked)

    def made_to_ask(self, ask):
        return intake.Intake(
            self.clock, lambda: self.all_new, ask, self.attach, self.detach,
            self.leaving)

    def wait_asked(self):
        """Wait until it has looked once more and waits again."""
        self.assertTrue(self.leaving.waits.acquire(timeout=PATIENCE))

    def wait_end(self):
        """Wait until nobody asks any more."""
        for thread in threading.enumerate():
            if thread.name == 'old-peers':
                thread.join(PATIENCE)
                self.assertFalse(thread.is_alive())


class TestClose(IntakeTestCase):

    def test_fleet_of_new_hosts_is_not_even_asked_about(self):
        self.all_new = True
        self.make(['u']).close()
        self.assertTrue(self.detached.is_set())
        self.assertEqual(0, self.asked.count)

    def test_nothing_with_an_old_peer(self):
        self.make([]).close()
        self.assertTrue(self.detached.is_set())
        self.assertEqual(1, self.asked.count)

    def test_nobody_who_can_tell(self):
        self.make(compute.unreachable()).close()
        self.assertEqual(['detach'], self.done)
        for _ in range(3):
            self.wait_asked()
            self.leaving.turn()
        self.assertEqual(['detach'], self.done)

    def test_late_answer_that_it_is_needed(self):
        """What was sent meanwhile has waited in the queue."""
        silence = compute.unreachable()
        self.cannot_attach = [compute.unreachable()]
        self.make(silence, silence, ['u'], ['u'], []).close()
        for done in (['detach'], ['detach'], ['detach'],
                     ['detach', 'attach']):
            self.wait_asked()
            self.assertEqual(done, self.done)
            self.leaving.turn()
        self.wait_end()
        self.assertEqual(['detach', 'attach', 'detach'], self.done)

    def test_late_answer_that_it_is_not(self):
        closing = self.make(compute.unreachable(), [])
        closing.close()
        self.wait_asked()
        self.leaving.turn()
        self.wait_end()
        self.assertEqual(['detach'], self.done)

    def test_late_answer_to_a_host_that_is_released(self):
        closing = self.make(compute.unreachable(), ['u'])
        closing.close()
        self.wait_asked()
        self.asked.before = self.leaving.set
        self.leaving.turn()
        self.wait_end()
        closing.finish(PATIENCE)
        self.assertEqual(['detach'], self.done)

    def test_nobody_who_answers_in_time(self):
        never = threading.Event()
        self.addCleanup(never.set)
        real = clocks.Clock()
        began = real.now()
        self.make(never).close()
        self.assertEqual(['detach'], self.done)
        # Whoever must wait for a processor, too, waits longer than that.
        self.assertLess(real.now() - began, intake.ANSWER_WITHIN + PATIENCE)

    def test_stays_until_the_last_operation_has_ended(self):
        closing = self.make(['u', 'v'], ['u'], [])
        closing.close()
        self.wait_asked()
        self.assertFalse(self.detached.is_set())
        self.leaving.turn()
        self.wait_asked()
        self.assertFalse(self.detached.is_set())
        self.leaving.turn()
        self.assertTrue(self.detached.wait(PATIENCE))
        self.assertEqual(3, self.asked.count)

    def test_silence_is_borne_for_a_while(self):
        silence = compute.unreachable()
        closing = self.make(['u'], silence, ['u'], silence)
        closing.close()
        for _ in range(3):
            self.wait_asked()
            self.clock.advance(intake.SILENCE_AT_MOST * 0.75)
            self.leaving.turn()
        self.wait_asked()
        self.assertFalse(self.detached.is_set())
        self.clock.advance(intake.SILENCE_AT_MOST / 2)
        self.leaving.turn()
        self.assertTrue(self.detached.wait(PATIENCE))

    def test_released_host_leaves_whatever_is_open(self):
        closing = self.make(['u'])
        closing.close()
        self.wait_asked()
        self.leaving.set()
        closing.finish(PATIENCE)
        self.assertEqual(['detach'], self.done)

    def test_is_left_once(self):
        closing = self.make([])
        closing.close()
        closing.finish(PATIENCE)
        self.assertEqual(['detach'], self.done)

    def test_release_does_not_wait_long_for_one_that_hangs(self):
        self.hangs = threading.Event()
        self.addCleanup(self.hangs.set)
        closing = self.make([])
        threading.Thread(target=closing.close, daemon=True).start()
        self.assertTrue(self.begun.wait(PATIENCE))
        closing.finish(0.01)
        self.assertFalse(self.detached.is_set())


class TestSteps(IntakeTestCase):
    """What comes in by "compute", before and during a stop."""

    def setUp(self):
        super().setUp()
        works = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(works, 'host1')
        self.runner = steps.StepRunner(self.gate, 'me', None)

    def come(self, closing, row, **arguments):
        """Let a call come in; returns whether it was let in."""
        row = closing.seen_from_here(row, arguments.get('operation_uuid'))
        try:
            with self.gate.enter(row.name, row.while_draining,
                                 row.on_shutdown):
                return True
        except exception.HostDraining:
            return False

    def stop(self, closing):
        self.gate.narrow('it is being stopped', 'some time')
        closing.close()

    def test_everything_before_a_stop(self):
        closing = self.make(['u'])
        for row in (POST, MAKE_ROOM, REBOOT, ABORT):
            self.assertTrue(self.come(closing, row, operation_uuid='w'))
        self.assertEqual(0, self.asked.count)

    def test_only_steps_of_those_operations_during_it(self):
        closing = self.make(['u', 'v'])
        self.stop(closing)
        for row, uuid, comes in (
                (POST, 'u', True), (MAKE_ROOM, 'v', True),
                (POST, 'w', False), (MAKE_ROOM, 'w', False),
                (REBOOT, 'u', False), (REBOOT, 'w', False),
                # Calling off is let in wherever it comes.
                (ABORT, None, True)):
            self.assertIs(comes, self.come(
                closing, row, operation_uuid=uuid), (row.name, uuid))

    def test_operation_that_has_ended_is_not_one_of_them(self):
        closing = self.make(['u', 'v'], ['v'])
        self.stop(closing)
        self.wait_asked()
        self.leaving.turn()
        self.wait_asked()
        self.assertFalse(self.come(closing, POST, operation_uuid='u'))
        self.assertTrue(self.come(closing, POST, operation_uuid='v'))

    def test_no_step_by_a_queue_that_is_left(self):
        self.all_new = True
        closing = self.make(['u'])
        self.stop(closing)
        self.assertFalse(self.come(closing, POST, operation_uuid='u'))

    def test_step_waits_until_it_is_known(self):
        """A step that comes while it is asked about neither slips in ..."""
        came = []
        step = threading.Thread(target=lambda: came.append(
            self.come(closing, POST, operation_uuid='w')))

        def ask(timeout):
            step.start()
            # ... nor keeps others.
            self.assertFalse(self.come(closing, REBOOT, operation_uuid='u'))
            step.join(0.05)
            self.assertEqual([], came)
            return frozenset(['u'])

        closing = self.made_to_ask(ask)
        self.stop(closing)
        self.assertFalse(self.detached.is_set(), 'the question has failed')
        step.join(PATIENCE)
        self.assertEqual([False], came)
