"""Waiting with a deadline and a way out."""

import threading

from nova_gs.devcloud import waiting
from tests.unit import base


class UntilTestCase(base.TestCase):

    def test_returns_the_result(self):
        answers = iter((None, 0, 'yes'))
        self.assertEqual('yes', waiting.until(
            lambda: next(answers), 10, every=0.001))

    def test_looks_once_even_without_time(self):
        self.assertEqual(1, waiting.until(lambda: 1, 0))
        self.assertIsNone(waiting.until(lambda: 0, 0))

    def test_cancelled(self):
        cancelled = threading.Event()
        cancelled.set()
        self.assertRaises(waiting.Cancelled, waiting.until,
                          lambda: False, 10, cancelled)

    def test_true_wins_over_cancelled(self):
        cancelled = threading.Event()
        cancelled.set()
        self.assertTrue(waiting.until(lambda: True, 10, cancelled))
