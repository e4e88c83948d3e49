"""Insisting on what has happened."""

import threading

from nova_gs.compute import records
from nova_gs import exception
from tests.fixtures import compute
from tests.unit import base


class Writes:
    """A write that fails in turn with each of ``errors``."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.tries = 0

    def __call__(self, value):
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return value


class TestRecorder(base.TestCase):

    def setUp(self):
        super().setUp()
        self.leaving = threading.Event()
        self.recorder = records.Recorder(self.leaving)
        self.pauses = []

    def never_leave(self):
        def wait(timeout):
            self.pauses.append(timeout)
            return False

        self.leaving.wait = wait

    def test_taken_at_once(self):
        self.assertEqual(1, self.recorder.insist(Writes(), 1))

    def test_until_it_is_taken(self):
        self.never_leave()
        write = Writes(compute.unreachable(), compute.unreachable())
        self.assertEqual(1, self.recorder.insist(write, 1))
        self.assertEqual(3, write.tries)
        self.assertEqual(2, len(self.pauses))

    def test_refusal_after_an_unknown_outcome_means_taken(self):
        self.never_leave()
        refused = exception.ClaimRefused(
            step='s', operation_id='o', why='final')
        write = Writes(compute.unreachable(), refused)
        self.assertIsNone(self.recorder.insist(write, 1))

    def test_refusal_at_first_is_one(self):
        refused = exception.ClaimRefused(
            step='s', operation_id='o', why='moved')
        self.assertRaises(exception.ClaimRefused, self.recorder.insist,
                          Writes(refused), 1)

    def test_leaving_ends_it(self):
        self.leaving.set()
        write = Writes(compute.unreachable())
        self.assertRaises(exception.PeerUnavailable, self.recorder.insist,
                          write, 1)
        self.assertEqual(1, write.tries)

    def test_mention_tries_once(self):
        self.assertTrue(self.recorder.mention(Writes(), 1))
        write = Writes(compute.unreachable(), compute.unreachable())
        self.assertFalse(self.recorder.mention(write, 1))
        self.assertEqual(1, write.tries)
