"""Who decides that nothing is left, with peers that fail or say nothing."""

import threading

from nova_gs import clock as clocks
from nova_gs.shutdown import follower
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.unit import base

D, W = policy.OnShutdown, policy.WhileDraining


class Elsewhere:
    """Stands in for the question to the conductor.

    ``names`` is the answer; ``away`` makes it fail, and while ``answering``
    is clear there is no answer at all.
    """

    def __init__(self):
        self.names = []
        self.away = False
        self.answering = threading.Event()
        self.answering.set()
        self.asked = 0

    def __call__(self, timeout):
        self.asked += 1
        names = list(self.names)
        self.answering.wait(30)
        if self.away:
            raise ConnectionError('the conductor is away')
        return names


class _FollowerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock_fixture.ManualClock()
        self.elsewhere = Elsewhere()
        self.addCleanup(self.elsewhere.answering.set)
        self.intake_closed = threading.Event()
        self.intake_closed.set()
        self.posted = []
        self.told = []
        self.renew()

    def renew(self, **options):
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.follower = follower.Follower(
            self.tracker, self.intake_closed, self.elsewhere,
            self.posted.append, clock=self.clock,
            on_change=self.told.append, **options)

    def enter(self, name='work', on_shutdown=D.FINISH):
        return self.gate.enter(name, W.ALWAYS, on_shutdown)

    def look(self):
        """Look once; return how often it was said that nothing is left."""
        self.posted.clear()
        self.follower.look()
        self.assertEqual([phases.Event.IDLE] * len(self.posted), self.posted)
        return len(self.posted)


class LookTestCase(_FollowerTestCase):

    def test_nothing_is_left(self):
        self.assertEqual(1, self.look())
        self.assertEqual(['nothing is left'], self.told)

    def test_said_once(self):
        self.look()
        self.assertEqual(0, self.look())

    def test_said_again_after_more_work(self):
        self.look()
        self.enter().release()
        self.assertEqual(1, self.look())

    def test_intake_is_open(self):
        self.intake_closed.clear()
        self.assertEqual(0, self.look())
        self.assertEqual(['waiting for the intake to close'], self.told)
        self.intake_closed.set()
        self.assertEqual(1, self.look())

    def test_work_runs_here(self):
        work = self.enter()
        self.assertEqual(0, self.look())
        work.say('half done', 50)
        self.assertEqual(0, self.look())
        self.assertEqual(1, self.elsewhere.asked, 'once, at the beginning')
        work.release()
        self.assertEqual(1, self.look())
        self.assertEqual(
            ['waiting for work', 'waiting for work (half done, 50 %)',
             'nothing is left'], self.told)

    def test_reads_are_waited_for_as_a_courtesy(self):
        self.enter(on_shutdown=D.DROP)
        self.assertEqual(0, self.look())
        self.clock.advance(4.9)
        self.assertEqual(0, self.look())
        self.clock.advance(0.1)
        self.assertEqual(1, self.look())

    def test_an_operation_needs_us_from_elsewhere(self):
        self.elsewhere.names = ['live migration of vm']
        self.assertEqual(0, self.look())
        self.clock.advance(100)
        self.assertEqual(0, self.look())
        self.assertEqual(['live migration of vm'],
                         self.follower.left_elsewhere())
        self.assertEqual(
            ['waiting for live migration of vm (on another host)'], self.told)
        self.elsewhere.names = []
        self.assertEqual(1, self.look())
        self.assertEqual([], self.follower.left_elsewhere())

    def test_each_look_is_shown(self):
        shown = []
        self.renew(on_look=lambda *left: shown.append(left))
        tie = follower.Tie('live migration of vm', 'op', remaining=9)
        self.elsewhere.names = [tie]
        work = self.enter()
        self.look()
        self.look()
        self.assertEqual([[work]] * 2, [works for works, _ in shown])
        work.release()
        self.look()
        self.assertEqual(([], [tie]), shown[-1])
        self.assertEqual(['live migration of vm'],
                         self.follower.left_elsewhere())

    def test_a_listener_that_fails_harms_nobody(self):
        for listener in ('on_change', 'on_look'):
            self.follower = follower.Follower(
                self.tracker, self.intake_closed, self.elsewhere,
                self.posted.append, clock=self.clock,
                **{listener: lambda *left: 1 / 0})
            self.assertEqual(1, self.look())


class AwayTestCase(_FollowerTestCase):

    def test_away_from_the_beginning(self):
        self.elsewhere.away = True
        self.assertEqual(1, self.look())

    def test_away_after_nothing_was_left(self):
        self.enter()
        self.look()
        self.elsewhere.away = True
        self.tracker.list()[0].release()
        self.assertEqual(1, self.look())

    def test_what_is_known_is_waited_for_longer(self):
        self.elsewhere.names = ['phantom']
        self.look()
        self.elsewhere.away = True
        self.look()
        self.clock.advance(59.9)
        self.assertEqual(0, self.look())
        self.clock.advance(0.1)
        self.assertEqual(1, self.look())
        self.assertEqual(['phantom'], self.follower.left_elsewhere())

    def test_what_was_known_at_the_beginning(self):
        self.elsewhere.names = ['migration']
        work = self.enter()
        self.look()
        self.assertTrue(self.follower._question._pending.given.wait(30))
        self.elsewhere.away = True
        work.release()
        self.assertEqual(0, self.look())
        self.assertEqual(['migration'], self.follower.left_elsewhere())

    def test_silence(self):
        self.look()
        self.assertEqual(0, self.follower.silence())
        self.elsewhere.away = True
        self.enter().release()
        self.look()
        self.clock.advance(3)
        self.assertEqual(3, self.follower.silence())
        self.elsewhere.away = False
        self.enter().release()
        self.look()
        self.assertEqual(0, self.follower.silence())

    def test_back_after_a_long_silence(self):
        """Who answers others is given the time to answer this."""
        def heard():
            self.elsewhere.answering.set()
            return True

        for heard, idle in ((heard, 0), (lambda: False, 1)):
            self.elsewhere.answering.clear()
            self.renew(heard=heard)
            self.elsewhere.names, self.elsewhere.away = ['migration'], True
            work = self.enter()
            self.look()
            self.clock.advance(20)
            self.elsewhere.away = False
            work.release()
            self.assertEqual(idle, self.look())

    def test_back_in_time(self):
        self.elsewhere.names = ['busy']
        self.look()
        self.elsewhere.away = True
        self.clock.advance(1.9)
        self.assertEqual(0, self.look())
        self.elsewhere.away = False
        self.assertEqual(0, self.look())
        self.clock.advance(1.9)
        self.elsewhere.away = True
        self.assertEqual(0, self.look())

    def test_an_early_answer_is_none_to_a_later_question(self):
        self.clock = clocks.Clock()
        self.renew(bound=0.01)
        self.elsewhere.answering.clear()
        work = self.enter()
        self.look()
        early = self.follower._question._pending
        self.elsewhere.names = ['new']
        work.release()
        self.assertEqual(1, self.look())
        self.elsewhere.answering.set()
        self.assertTrue(early.given.wait(30))
        self.renew_bound(30)
        self.enter().release()
        self.assertEqual(0, self.look())
        self.assertEqual(['new'], self.follower.left_elsewhere())

    def test_an_old_answer_of_another_time_does_not_count(self):
        self.clock = clocks.Clock()
        self.renew(bound=0.01)
        self.elsewhere.answering.clear()
        self.assertEqual(1, self.look())
        work = self.enter()
        self.assertEqual(0, self.look())
        self.elsewhere.names = ['new']
        self.elsewhere.answering.set()
        self.renew_bound(30)
        work.release()
        self.assertEqual(0, self.look())
        self.assertEqual(['new'], self.follower.left_elsewhere())

    def renew_bound(self, seconds):
        self.follower._question._bound = seconds


class RunTestCase(_FollowerTestCase):
    """In a thread, by the real clock."""

    def setUp(self):
        super().setUp()
        self.clock = clocks.Clock()
        self.idle = threading.Event()

    def start(self, **options):
        self.renew(**options)
        self.follower._post = lambda event: self.idle.set()
        self.thread = threading.Thread(target=self.follower.run)
        self.thread.start()
        self.addCleanup(self.thread.join, 30)
        self.addCleanup(self.follower.stop)

    def test_the_last_release_is_seen_at_once(self):
        self.start(interval=30)
        self.assertTrue(self.idle.wait(30))
        self.idle.clear()
        work = self.enter()
        self.assertFalse(self.idle.is_set())
        work.release()
        self.assertTrue(self.idle.wait(10))
        self.follower.stop()
        self.enter()  # a change, so that it need not wait for its interval

    def test_no_answer_delays_by_the_bound_at_most(self):
        self.elsewhere.answering.clear()
        before = self.clock.now()
        self.start(bound=0.3, interval=0.05)
        self.assertTrue(self.idle.wait(10))
        self.assertLess(self.clock.now() - before, 10)
        self.assertEqual(2, self.elsewhere.asked, 'early, and when idle')

    def test_stop(self):
        self.intake_closed.clear()
        self.start(interval=0.05)
        self.follower.stop()
        self.thread.join(30)
        self.assertFalse(self.thread.is_alive())
        self.assertFalse(self.idle.is_set())
