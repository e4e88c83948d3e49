"""Workers that die, hang, fail to start, and are told to stop."""

import queue
import signal
import threading

import fixtures
import testtools

from nova_gs import clock
from nova_gs import exception
from nova_gs.service import line
from nova_gs.service import workers
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.unit import base

WITHIN = 60


class FakeWorker:
    """A worker that does what a test says.

    ``said`` and ``signals`` have what it was told.
    """

    def __init__(self, number, pid):
        self.number = number
        self.pid = pid
        self.listens = False
        self.said = []
        self.signals = []
        self._code = None
        self._words = queue.SimpleQueue()
        #: Called with (this worker, word) when it is told something.
        self.obey = lambda worker, word: None

    def serve(self):
        self._words.put(line.Word.LISTENING)
        self._words.put(line.Word.SERVING)

    def end(self, code):
        self._code = code
        self._words.put(None)

    def words(self):
        while True:
            word = self._words.get()
            if word is None:
                return
            self.listens = True
            yield word

    def wait(self, timeout=None):
        return self._code

    def say(self, word):
        self.said.append(word)
        self.obey(self, word)

    def send_signal(self, number):
        self.signals.append(number)

    def close(self):
        pass


class Launcher:
    """Makes workers; ``started`` has them in order.

    :ivar obey: what they do when they are told something
    :ivar serve: whether they serve by themselves
    """

    def __init__(self):
        self.started = []
        self.failures = []
        self.serve = True
        self.obey = lambda worker, word: worker.end(0)
        self._changed = threading.Condition()

    def __call__(self, number):
        if self.failures:
            raise self.failures.pop()
        with self._changed:
            worker = FakeWorker(number, 1000 + len(self.started))
            worker.obey = self.obey
            self.started.append(worker)
            self._changed.notify_all()
        if self.serve:
            worker.serve()
        return worker

    def await_started(self, count):
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.started) >= count, WITHIN)
        return self.started[count - 1]


class KeeperTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        # Nobody waits a second here.
        self.pauses = []
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.workers.pause_before',
            lambda failure: self.pauses.append(failure) or 0))
        self.launcher = Launcher()
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'conductor')
        self.keeper = workers.Keeper(
            self.launcher, 2, self.gate, clock.Clock())
        self.addCleanup(self.end)

    def end(self):
        """Leave no thread that would count in the next test's list."""
        self.keeper.say(line.Word.DRAIN)
        for thread in threading.enumerate():
            if thread.name.startswith('worker-'):
                thread.join(WITHIN)

    def start(self):
        self.keeper.start()
        self.assertTrue(self.keeper.await_serving())
        return list(self.launcher.started)

    def stop(self):
        self.keeper.say(line.Word.DRAIN)
        self.assertTrue(self.keeper.wait(WITHIN))


class TestStart(KeeperTestCase):

    def test_all_serve(self):
        self.start()
        self.assertEqual([1, 2], sorted(self.keeper.pids))
        self.assertEqual(2, self.keeper.serving)
        self.assertEqual({'worker 1', 'worker 2'},
                         {work.name for work in self.tracker.list()})

    def test_one_that_cannot_start(self):
        self.launcher.serve = False
        self.keeper.start()
        self.launcher.await_started(2)
        self.launcher.started[0].serve()
        self.launcher.started[1].end(policy.ExitCode.FAILED_TO_START)
        error = self.assertRaises(
            exception.ConfigurationError, self.keeper.await_serving)
        self.assertIn('worker %d ended with exit code 1' % (
            self.launcher.started[1].number), str(error))

    def test_stop_ends_the_wait(self):
        self.launcher.serve = False
        self.keeper.start()
        self.launcher.await_started(2)
        self.keeper.say(line.Word.DRAIN)
        self.assertFalse(self.keeper.await_serving())

    def test_no_process_to_be_had(self):
        self.launcher.failures = [OSError(11, 'Resource unavailable')]
        self.start()
        self.assertEqual([1], self.pauses)


class TestEnds(KeeperTestCase):

    def test_another_one_takes_its_place(self):
        started = self.start()
        for count, code in ((3, -signal.SIGKILL), (4, 0), (5, 1)):
            started[0].end(code)
            anew = self.launcher.await_started(count)
            self.assertEqual(started[0].number, anew.number)
            started[0] = anew
        self.assertEqual([1, 2, 3], self.pauses)
        self.stop()
        self.assertEqual(policy.ExitCode.CLEAN, self.keeper.outcome)

    def test_one_that_fails_anew_later_is_tried_again(self):
        started = self.start()
        self.launcher.serve = False
        started[0].end(-signal.SIGKILL)
        self.launcher.await_started(3).end(policy.ExitCode.FAILED_TO_START)
        self.launcher.await_started(4).serve()
        self.assertTrue(self.keeper.await_serving())

    def test_none_takes_its_place_in_a_stop(self):
        self.start()
        self.stop()
        self.assertEqual(2, len(self.launcher.started))
        self.assertTrue(self.tracker.empty())

    def test_narrow_gate_is_enough(self):
        # It comes first in a stop, before anybody is told.
        started = self.start()
        self.gate.narrow('it is being stopped', 'now')
        started[0].end(-signal.SIGKILL)
        started[1].end(0)
        self.assertTrue(self.keeper.wait(WITHIN))
        self.assertEqual(2, len(self.launcher.started))


class TestStop(KeeperTestCase):

    def stop_with(self, *codes):
        """Stop workers that end with these; returns the outcome."""
        codes = list(codes)
        self.launcher.obey = lambda worker, word: worker.end(codes.pop())
        self.start()
        self.tracker.begin_history()
        self.stop()
        return self.keeper.outcome

    def test_clean(self):
        self.assertEqual(policy.ExitCode.CLEAN, self.stop_with(0, 0))

    def test_worst_counts(self):
        self.assertEqual(policy.ExitCode.LEFT_WORK, self.stop_with(3, 0))
        self.assertIn(policy.Fate.LEFT,
                      [work.fate for work in self.tracker.history()])

    def test_one_that_was_killed(self):
        self.assertEqual(policy.ExitCode.FORCED,
                         self.stop_with(-signal.SIGKILL, 3))

    def test_one_that_was_still_importing(self):
        self.launcher.serve = False
        self.launcher.obey = lambda worker, word: worker.end(-signal.SIGTERM)
        self.keeper.start()
        self.launcher.await_started(2)
        self.stop()
        self.assertEqual(policy.ExitCode.CLEAN, self.keeper.outcome)

    def test_words_and_signals_reach_all(self):
        self.launcher.obey = lambda worker, word: (
            word is line.Word.HURRY and worker.end(0))
        started = self.start()
        self.keeper.say(line.Word.DRAIN)
        self.assertFalse(self.keeper.wait(0))
        self.keeper.pass_on(signal.SIGHUP)
        self.keeper.say(line.Word.HURRY)
        self.assertTrue(self.keeper.wait(WITHIN))
        for worker in started:
            self.assertEqual([line.Word.DRAIN, line.Word.HURRY], worker.said)
            self.assertEqual([signal.SIGHUP], worker.signals)

    def test_signals_are_for_those_that_listen(self):
        self.launcher.serve = False
        self.keeper.start()
        for count in (1, 2):
            self.launcher.await_started(count)
        self.keeper.pass_on(signal.SIGHUP)
        self.assertEqual([[], []], [
            worker.signals for worker in self.launcher.started])


class TablesTestCase(testtools.TestCase):

    def test_pauses_grow_to_a_limit(self):
        self.assertEqual(
            [0, 1, 2, 4, 8, 16, 30, 30],
            [workers.pause_before(number) for number in range(8)])

    def test_verdicts(self):
        for code, listened, verdict in (
                (0, True, 0), (3, True, 3), (4, True, 4), (-9, True, 4),
                (1, True, 1), (-15, False, 0), (0, False, 0)):
            self.assertEqual(verdict, workers.verdict(code, listened))

    def test_ends_are_described(self):
        self.assertEqual('ended with exit code 3', workers.describe(3))
        self.assertEqual('was ended by SIGKILL', workers.describe(-9))


class FakePresence:
    """Notes what is said of the conductor."""

    def __init__(self, serves):
        self.serves = serves
        self.said = []

    def begin(self):
        self.said.append('begin')

    def draining(self, deadline):
        self.said.append('draining')

    def end(self):
        self.said.append('end')


class ParentTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.launcher = Launcher()
        self.parent = workers.Parent(
            self.conf, clock.Clock(), 2, self.launcher, lambda: True,
            self.make_presence)
        self.addCleanup(self.parent._keeper.say, line.Word.DRAIN)

    def make_presence(self, serves):
        self.presence = FakePresence(serves)
        return self.presence

    def stop(self, *events):
        """Lead it through events to its end; returns its exit code."""
        for event in events:
            self.parent.coordinator.post(event)
        while self.parent.coordinator.phase not in phases.TERMINAL:
            self.parent.coordinator.turn()
        return max(self.parent.coordinator.exit_code(),
                   self.parent._keeper.outcome)

    def test_life(self):
        self.assertFalse(self.presence.serves())
        self.parent.start()
        self.assertTrue(self.presence.serves())
        self.assertEqual(['begin'], self.presence.said)
        self.assertEqual(0, self.stop(phases.Event.TERM))
        self.assertEqual(['begin', 'draining', 'end'], self.presence.said)

    def test_second_term_hurries_the_workers(self):
        self.launcher.obey = lambda worker, word: (
            word is line.Word.HURRY and worker.end(0))
        self.parent.start()
        self.assertEqual(
            0, self.stop(phases.Event.TERM, phases.Event.TERM))
        for worker in self.launcher.started:
            self.assertEqual([line.Word.DRAIN, line.Word.HURRY], worker.said)

    def test_what_a_worker_leaves_shows(self):
        self.launcher.obey = lambda worker, word: worker.end(3)
        self.parent.start()
        self.assertEqual(3, self.stop(phases.Event.TERM))

    def test_start_that_fails_leaves_no_worker(self):
        self.launcher.serve = False
        ended = []
        self.launcher.obey = lambda worker, word: (
            ended.append(worker), worker.end(0))
        starting = threading.Thread(
            target=lambda: self.assertRaises(
                exception.ConfigurationError, self.parent.start))
        starting.start()
        self.launcher.await_started(2)
        self.launcher.started[0].end(1)
        starting.join(WITHIN)
        self.assertEqual([self.launcher.started[1]], ended)

    def test_forced_exit_takes_the_workers_along(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.workers.LAST_WAIT', 0.01))
        self.parent.start()
        self.parent.last_words()
        for worker in self.launcher.started:
            self.assertEqual([signal.SIGQUIT, signal.SIGKILL],
                             worker.signals)
        self.assertEqual('end', self.presence.said[-1])
