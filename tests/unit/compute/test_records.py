"""Insisting on what has happened."""

import functools
import threading

import fixtures

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


class Lost:
    """An operation that was marked as interrupted; it is ``tried`` again."""

    uuid, kind, instance_uuid = 'operation', 'reboot', 'instance'

    def __init__(self, comes_back=True, marked_again=0):
        self.comes_back = comes_back
        self.marked_again = marked_again
        self.is_ours = False
        self.tried = []

    def take_back(self):
        self.is_ours = self.comes_back and not self.marked_again
        self.marked_again = max(0, self.marked_again - 1)
        return self.comes_back

    def finish(self, state):
        self._write('finish')
        return state

    def mark_interrupted(self, error):
        self._write('mark_interrupted')

    def _write(self, what):
        self.tried.append(what)
        if not self.is_ours:
            raise exception.ClaimRefused(
                step='s', operation_id='operation', why='taken')


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

    def test_whatever_is_wrong_with_it_a_mention_hurts_nobody(self):
        for error in (KeyError('bug'), exception.NotFound()):
            self.assertFalse(self.recorder.mention(Writes(error), 1))

    def test_silence_is_said_once_and_that_it_is_over(self):
        log = self.useFixture(fixtures.FakeLogger('nova_gs.compute.records'))
        self.recorder.mention(Writes(compute.unreachable()), 1)
        self.assertEqual('', log.output)
        inner = Writes(compute.unreachable(), compute.unreachable())
        # Another outcome falls due in the same silence.
        outer = Writes(compute.unreachable())
        go_on = self.recorder._try_on

        def nested(*args):
            self.recorder._try_on = go_on
            self.recorder.insist(inner, 1)
            return go_on(*args)

        self.recorder._try_on = nested
        self.recorder.insist(outer, 1)
        said = log.output.splitlines()
        self.assertEqual(2, len(said), said)
        self.assertIn('cannot be recorded yet', said[0])
        self.assertIn('are recorded again', said[1])


class TestLost(base.TestCase):
    """What is marked as interrupted while this process goes on with it."""

    def setUp(self):
        super().setUp()
        self.leaving = threading.Event()
        self.recorder = records.Recorder(self.leaving)

    def test_taken_back_and_written(self):
        operation = Lost()
        self.assertEqual(
            'failed', self.recorder.insist(operation.finish, 'failed'))
        self.assertEqual(['finish', 'finish'], operation.tried)

    def test_marked_once_more_before_this_host_is_heard_of(self):
        operation = Lost(marked_again=2)
        self.recorder.insist(operation.finish, 'failed')
        self.assertEqual(4 * ['finish'], operation.tried)

    def test_what_is_only_mentioned_too(self):
        self.assertTrue(self.recorder.mention(Lost().finish, 'failed'))

    def test_what_is_settled_stays_so(self):
        operation = Lost(comes_back=False)
        self.assertRaises(exception.ClaimRefused, self.recorder.insist,
                          operation.finish, 'failed')
        self.assertEqual(['finish'], operation.tried)

    def test_a_process_that_has_to_go_leaves_it(self):
        """It has marked it so by itself, and the report says that."""
        self.leaving.set()
        self.assertRaises(exception.ClaimRefused, self.recorder.insist,
                          Lost().finish, 'failed')

    def test_a_mark_is_not_taken_back_to_be_made_again(self):
        operation = Lost()
        self.assertFalse(self.recorder.mention(
            operation.mark_interrupted, 'error'))
        self.assertFalse(operation.is_ours)
