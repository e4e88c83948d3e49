"""Insisting on what has happened."""

import functools
import threading

from nova_gs.compute import records
from nova_gs import exception
from nova_gs.rpc import client as rpc_client
from tests.fixtures import clock
from tests.fixtures import compute
from tests.unit import base


class Writes:
    """A write that fails in turn with each of ``errors``."""

    def __init__(self, *errors, name='finish'):
        self.errors = list(errors)
        self.tries = 0
        self.__name__ = name

    def __call__(self, value):
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return value


class Watched:
    """A write that tells somebody."""

    __name__ = 'finish'

    def __init__(self, tell):
        self._tell = tell

    def __call__(self):
        self._tell()


class Outbox:
    """Notes what it is told; ``full`` keeps nothing."""

    full = False

    def __init__(self):
        self.said = []

    def keep(self, write, args, kwargs):
        self.said.append(('keep', args))
        return None if self.full else 'claim'

    def drop(self, claim_id):
        self.said.append(('drop', claim_id))


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

    def keep(self):
        """Give the recorder an outbox, and a time to move by hand."""
        self.clock = clock.ManualClock()
        self.stopping = threading.Event()
        self.outbox = Outbox()
        self.recorder = records.Recorder(
            self.leaving, self.stopping, self.outbox, self.clock)

        def wait(timeout):
            self.clock.advance(timeout)
            return False

        self.leaving.wait = wait

    def test_persisting_on_a_claim(self):
        self.keep()
        claim = Writes(compute.unreachable(), compute.unreachable())
        self.assertEqual('operation', self.recorder.persist(
            functools.partial(claim, 'operation')))
        self.assertEqual(3, claim.tries)
        refused = exception.ClaimRefused(
            step='s', operation_id='o', why='taken')
        self.assertRaises(
            exception.ClaimRefused, self.recorder.persist,
            functools.partial(Writes(compute.unreachable(), refused), 1))

    def test_claim_does_not_keep_a_stop_for_ever(self):
        self.keep()
        claim = Writes(*[compute.unreachable() for _ in range(1000)])
        self.stopping.set()
        began = self.clock.now()
        self.assertRaises(exception.PeerUnavailable, self.recorder.persist,
                          functools.partial(claim, 1))
        self.assertEqual(records.STOPPING_PATIENCE,
                         self.clock.now() - began)

    def test_claim_ends_when_the_process_leaves(self):
        self.leaving.set()
        claim = Writes(compute.unreachable(), compute.unreachable())
        self.assertRaises(exception.PeerUnavailable, self.recorder.persist,
                          functools.partial(claim, 1))
        self.assertEqual(1, claim.tries)

    def test_what_is_not_taken_is_kept_meanwhile(self):
        self.keep()
        self.assertEqual(1, self.recorder.insist(Writes(), 1))
        self.assertEqual([], self.outbox.said)
        write = Writes(compute.unreachable(), compute.unreachable())
        self.recorder.insist(write, 1)
        self.assertEqual([('keep', (1,)), ('drop', 'claim')],
                         self.outbox.said)

    def test_in_silence_it_is_kept_before_it_is_tried(self):
        self.keep()
        self.recorder.mention(Writes(compute.unreachable()), 1)
        seen = []
        self.recorder.insist(Watched(lambda: seen.extend(self.outbox.said)))
        self.assertEqual([('keep', ())], seen)
        self.assertEqual('drop', self.outbox.said[-1][0])
        # It was answered.
        del self.outbox.said[:]
        self.recorder.insist(Writes(), 1)
        self.assertEqual([], self.outbox.said)

    def test_in_silence_a_refusal_is_one_all_the_same(self):
        self.keep()
        self.recorder.mention(Writes(compute.unreachable()), 1)
        self.assertRaises(
            exception.ClaimRefused, self.recorder.insist,
            Writes(exception.ClaimRefused(
                step='s', operation_id='o', why='moved')), 1)
        self.assertEqual('drop', self.outbox.said[-1][0])

    def test_mentioning_takes_little_time_in_silence(self):
        bounds = []
        watched = Watched(lambda: bounds.append(rpc_client.bounded(60)))
        self.recorder.mention(watched)
        self.recorder.mention(Writes(compute.unreachable()), 1)
        self.recorder.mention(watched)
        self.recorder.mention(watched)
        self.assertEqual([1, 0.2, 1], bounds)

    def test_what_is_refused_after_all_is_dropped(self):
        self.keep()
        self.recorder.insist(Writes(
            compute.unreachable(), exception.ClaimRefused(
                step='s', operation_id='o', why='final')), 1)
        self.assertEqual('drop', self.outbox.said[-1][0])

    def away_for(self, seconds):
        """Insist while nobody answers for so many tries."""
        write = Writes(*[compute.unreachable() for _ in range(seconds)])
        self.recorder.insist(write, 1)
        return write

    def test_a_kept_end_delays_a_stop_for_a_while_only(self):
        self.keep()
        self.away_for(100)
        self.stopping.set()
        self.away_for(59)
        write = Writes(*[compute.unreachable() for _ in range(100)])
        self.assertRaises(
            exception.PeerUnavailable, self.recorder.insist, write, 1)
        self.assertEqual(60, write.tries)
        self.assertEqual('keep', self.outbox.said[-1][0])

    def test_what_cannot_be_kept_is_insisted_on(self):
        self.keep()
        self.stopping.set()
        self.outbox.full = True
        self.away_for(100)

    def test_what_others_wait_for_is_insisted_on(self):
        self.keep()
        self.stopping.set()
        self.recorder.insist(Writes(
            *[compute.unreachable() for _ in range(100)], name='offer'), 1)

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
