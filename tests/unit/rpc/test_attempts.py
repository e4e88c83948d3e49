"""What can be given up: waited for in time, counted while it hangs."""

import threading

from nova_gs.devcloud import waiting
from nova_gs.rpc import attempts
from tests.unit import base


class TestAttempts(base.TestCase):

    def setUp(self):
        super().setUp()
        self.go_on = threading.Event()
        self.addCleanup(self.go_on.set)
        self.attempts = attempts.Attempts(most=2)

    def hang(self):
        self.go_on.wait(60)
        return 'late'

    def test_answer(self):
        attempt = self.attempts.make(lambda: 'answer', 30)
        self.assertEqual('answer', attempt.result(0))

    def test_error(self):
        attempt = self.attempts.make(lambda: [].pop(), 30)
        self.assertRaises(IndexError, attempt.result, 0)

    def test_given_up(self):
        attempt = self.attempts.make(self.hang, 0.01)
        self.assertFalse(attempt.done())
        self.go_on.set()
        self.assertEqual('late', attempt.result(30))

    def test_exhausted(self):
        for exhausted in (False, True):
            self.attempts.make(self.hang, 0.01)
            self.assertEqual(exhausted, self.attempts.exhausted)
        self.go_on.set()
        self.assertTrue(waiting.until(
            lambda: not self.attempts.exhausted, 30))

    def test_what_ended_in_time_does_not_count(self):
        for _ in range(5):
            self.attempts.make(lambda: None, 30)
        self.assertFalse(self.attempts.exhausted)
