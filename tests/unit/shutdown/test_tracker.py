"""Works, the tracker, and the gate with many at it at once."""

import threading

from nova_gs import exception
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.unit import base

D, F, W = policy.OnShutdown, policy.Fate, policy.WhileDraining


class _TrackerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock_fixture.ManualClock()
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')

    def enter(self, name='build_instance', while_draining=W.NEVER,
              on_shutdown=D.FINISH, **about):
        return self.gate.enter(name, while_draining, on_shutdown, **about)

    def names(self):
        return [work.name for work in self.tracker.list()]


class WorkTestCase(_TrackerTestCase):

    def test_block_holds_and_releases(self):
        self.clock.advance(5)
        with self.enter(operation_uuid='op', instance_uuid='vm') as work:
            self.assertEqual([work], self.tracker.list())
            self.assertEqual(('op', 'vm', 5), (
                work.operation_uuid, work.instance_uuid, work.since))
            self.assertEqual(self.clock.utcnow(), work.began_at)
        self.assertTrue(self.tracker.empty())
        self.assertIs(F.FINISHED, work.fate)

    def test_block_releases_on_error(self):
        def fail():
            with self.enter():
                raise ValueError

        self.assertRaises(ValueError, fail)
        self.assertTrue(self.tracker.empty())

    def test_handed_over_outlives_the_block(self):
        with self.enter() as work:
            work.hand_over()
        self.assertEqual([work], self.tracker.list())
        work.release()
        self.assertTrue(self.tracker.empty())

    def test_release_twice(self):
        work = self.enter()
        work.release(F.ABORTED)
        work.release(F.LEFT)
        self.assertIs(F.ABORTED, work.fate)

    def test_a_marked_fate_stays(self):
        with self.enter() as work:
            work.mark(F.LEFT)
        self.assertIs(F.LEFT, work.fate)

    def test_ids_differ(self):
        self.assertNotEqual(self.enter().id, self.enter().id)

    def test_in_words(self):
        work = self.enter('live_migration', instance_uuid='vm')
        self.assertEqual('live_migration of instance vm', str(work))
        work.say('copying memory', 37)
        self.assertEqual(
            'live_migration of instance vm (copying memory, 37 %)', str(work))

    def test_how_long_it_still_takes(self):
        self.clock.advance(5)
        work = self.enter()
        work.say('copying memory', 37, 9 << 20, 20)
        self.assertEqual((9 << 20, 25), (
            work.remaining,
            (work.ends_at - clock_fixture.START).total_seconds()))
        for needed in (None, float('inf'), 1e12):
            work.say('copying memory', 37, needed=needed)
            self.assertIsNone(work.ends_at, needed)
        self.assertIsNone(work.remaining)


class TrackerTestCase(_TrackerTestCase):

    def test_oldest_first(self):
        for name in 'cab':
            self.enter(name)
        self.assertEqual(['c', 'a', 'b'], self.names())

    def test_reads_do_not_hold(self):
        self.enter('get_console_output', on_shutdown=D.DROP)
        self.assertFalse(self.tracker.empty())
        self.assertEqual([], self.tracker.holding())

    def test_history(self):
        self.enter('before').release()
        self.tracker.begin_history()
        self.enter('read', on_shutdown=D.DROP).release()
        self.enter('after').release(F.ABORTED)
        self.assertEqual([('after', F.ABORTED)], [
            (work.name, work.fate) for work in self.tracker.history()])

    def test_every_change_wakes_the_waiting(self):
        changes = [self.enter, lambda: self.tracker.list()[0].say('half'),
                   lambda: self.tracker.list()[0].release()]
        for change in changes:
            seen = self.tracker.changes
            waiter = threading.Thread(
                target=self.tracker.wait_change, args=(30, seen))
            waiter.start()
            change()
            waiter.join(30)
            self.assertFalse(waiter.is_alive())
            self.assertNotEqual(seen, self.tracker.changes)

    def test_a_change_before_the_wait_is_not_missed(self):
        seen = self.tracker.changes
        self.enter()
        self.assertEqual(seen + 1, self.tracker.wait_change(30, seen))

    def test_wait_ends_without_a_change(self):
        seen = self.tracker.changes
        self.assertEqual(seen, self.tracker.wait_change(0.01))

    def test_listeners(self):
        told = []

        def listen():
            # From another thread: the lock must be free.
            other = threading.Thread(
                target=lambda: told.append(len(self.tracker.list())))
            other.start()
            other.join(30)

        self.tracker.listen(self.fail_loudly)
        self.tracker.listen(listen)
        with self.enter():
            pass
        self.assertEqual([1, 0], told)

    def fail_loudly(self):
        raise ValueError('a listener failed')


class GateTestCase(_TrackerTestCase):

    def test_narrow(self):
        self.gate.narrow('the kernel is updated', '12:00')
        error = self.assertRaises(exception.HostDraining, self.enter)
        self.assertEqual(
            {'host': 'host1', 'reason': 'the kernel is updated',
             'deadline': '12:00'}, error.kwargs)
        self.enter('post', W.OPEN_OPERATION)
        self.enter('event', W.ALWAYS)
        self.assertEqual(['post', 'event'], self.names())

    def test_let_go(self):
        self.gate.let_go('a new kernel', 'for ever')
        error = self.assertRaises(exception.HostDraining, self.enter)
        self.assertEqual('a new kernel', error.kwargs['reason'])
        self.enter('delete', lets_go=True)
        self.enter('post', W.OPEN_OPERATION)
        self.enter('abort', W.ALWAYS)
        self.assertEqual(['delete', 'post', 'abort'], self.names())

    def test_open_again(self):
        self.gate.let_go('first', 'for ever')
        self.gate.hand_back('op')
        self.gate.open()
        self.enter()
        self.assertEqual([], self.gate.handed_back)

    def test_a_stop_is_not_opened(self):
        for close, openness in (
                (lambda: self.gate.narrow('stop', 'soon'),
                 policy.Openness.STEPS_ONLY),
                (self.gate.close, policy.Openness.CLOSED)):
            self.gate.let_go('first', 'for ever')
            close()
            for change in (self.gate.open,
                           lambda: self.gate.let_go('late', 'for ever')):
                change()
                self.assertIs(openness, self.gate.openness)
                error = self.assertRaises(
                    exception.HostDraining, self.enter, lets_go=True)
                self.assertNotEqual('late', error.kwargs['reason'])

    def test_what_was_refused_belongs_to_one_time(self):
        for reason in ('first', 'second'):
            self.gate.let_go(reason, 'for ever')
            self.assertRaises(exception.HostDraining, self.enter, reason)
            self.gate.hand_back(reason)
            # With other words it is still the same time.
            self.gate.let_go('more', 'for ever')
            self.assertEqual(({reason: 1}, [reason]), (
                self.gate.refused, self.gate.handed_back))
            self.gate.open()
            self.assertEqual({reason: 1}, self.gate.refused)
        self.gate.let_go('third', 'for ever')
        self.assertRaises(exception.HostDraining, self.enter, 'third')
        self.gate.narrow('stop', 'soon')
        self.assertEqual({'third': 1}, self.gate.refused)

    def test_close(self):
        self.gate.close()
        for while_draining in W:
            self.assertRaises(exception.HostDraining, self.enter,
                              while_draining=while_draining)
        self.assertTrue(self.tracker.empty())

    def test_narrow_does_not_open(self):
        self.gate.close()
        self.gate.narrow('again', 'soon')
        self.assertIs(policy.Openness.CLOSED, self.gate.openness)

    def test_refused_are_counted(self):
        self.gate.close()
        for name in 'aba':
            self.assertRaises(exception.HostDraining, self.enter, name)
        self.assertEqual({'a': 2, 'b': 1}, self.gate.refused)

    def test_close_if_idle(self):
        self.enter('read', on_shutdown=D.DROP)
        work = self.enter()
        self.assertFalse(self.gate.close_if_idle())
        self.assertIs(policy.Openness.OPEN, self.gate.openness)
        work.release()
        self.assertTrue(self.gate.close_if_idle())
        self.assertIs(policy.Openness.CLOSED, self.gate.openness)

    def race(self, close):
        """Let 16 threads enter while the gate closes.

        :param close: callable that closes it
        """
        start = threading.Barrier(17)
        entered = []

        def enter():
            start.wait(30)
            try:
                while True:
                    entered.append(self.enter())
            except exception.HostDraining:
                pass

        threads = [threading.Thread(target=enter) for _ in range(16)]
        for thread in threads:
            thread.start()
        start.wait(30)
        close()
        running = self.tracker.list()
        for thread in threads:
            thread.join(30)
        self.assertEqual(running, self.tracker.list())
        self.assertEqual({work.id for work in entered},
                         {work.id for work in running})
        self.assertEqual({'build_instance': 16}, self.gate.refused)

    def test_nothing_slips_in_after_close(self):
        for _ in range(5):
            self.renew()
            self.race(self.gate.close)

    def test_nothing_slips_in_after_narrow(self):
        for _ in range(5):
            self.renew()
            self.race(lambda: self.gate.narrow('stop', 'soon'))

    def test_nothing_slips_in_after_let_go(self):
        for _ in range(5):
            self.renew()
            self.race(lambda: self.gate.let_go('quiet', 'for ever'))

    def test_idle_and_closed_in_one(self):
        late = []

        def come_and_go():
            try:
                while True:
                    with self.enter():
                        if self.gate.openness is policy.Openness.CLOSED:
                            late.append(True)
            except exception.HostDraining:
                pass

        threads = [threading.Thread(target=come_and_go) for _ in range(8)]
        for thread in threads:
            thread.start()
        while not self.gate.close_if_idle():
            self.tracker.wait_change(30)
        for thread in threads:
            thread.join(30)
        self.assertEqual([], late)
        self.assertTrue(self.tracker.empty())

    def renew(self):
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')
