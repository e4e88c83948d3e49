"""Several things at a time."""

import threading

from nova_gs.devcloud import parallel
from nova_gs.devcloud import waiting
from tests.unit import base


class RunTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.cancelled = threading.Event()

    def endless(self):
        waiting.until(lambda: False, 60, self.cancelled)

    def fail(self):
        raise KeyError('first')

    def test_all_are_done_together(self):
        barrier = threading.Barrier(3, timeout=30)
        parallel.run([barrier.wait] * 3, self.cancelled)
        self.assertFalse(self.cancelled.is_set())

    def test_failure_calls_the_others_off(self):
        self.assertRaises(
            KeyError, parallel.run,
            [self.endless, self.fail, self.endless], self.cancelled)

    def test_called_off_from_outside(self):
        self.cancelled.set()
        self.assertRaises(waiting.Cancelled, parallel.run,
                          [self.endless], self.cancelled)
