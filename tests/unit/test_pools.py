"""Bounded pools and what waits in them."""

import threading

from nova_gs import pools
from tests.unit import base


class TestPool(base.TestCase):

    def setUp(self):
        super().setUp()
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.ran = []
        self.pool = pools.Pool('test', 1)
        self.addCleanup(self.pool.close)
        self.addCleanup(self.go_on.set)

    def work(self, name):
        self.begun.release()
        self.go_on.wait(10)
        self.ran.append(name)

    def fill(self):
        running = self.pool.submit('a', self.work, 'a')
        self.assertTrue(self.begun.acquire(timeout=10))
        return running, self.pool.submit('b', self.work, 'b')

    def test_what_waits_is_not_taken_twice(self):
        self.fill()
        self.assertIsNone(self.pool.submit('b', self.work, 'b again'))

    def test_what_runs_may_come_again(self):
        self.fill()
        self.assertIsNotNone(self.pool.submit('a', self.work, 'a again'))

    def test_waiting_work_can_be_cancelled_and_running_cannot(self):
        running, _ = self.fill()
        self.assertTrue(self.pool.cancel('b'))
        self.assertFalse(self.pool.cancel('a'))
        self.assertFalse(self.pool.cancel('b'))
        self.go_on.set()
        running.result(10)
        self.assertEqual(['a'], self.ran)

    def test_what_waits_is_known(self):
        self.assertEqual([], self.pool.waiting())
        self.fill()
        self.assertEqual(['b'], self.pool.waiting())

    def test_close_drops_what_waits(self):
        running, _ = self.fill()
        self.assertEqual(['b'], self.pool.close())
        self.assertIsNone(self.pool.submit('c', self.work, 'c'))
        self.go_on.set()
        running.result(10)
        self.assertEqual(['a'], self.ran)
