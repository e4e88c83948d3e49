"""Judging again and again, and acting once."""

import queue
import threading
import types

from nova_gs.compute.live_migration import calling_off
from nova_gs.compute.live_migration import deadline
from nova_gs import exception
from nova_gs.shutdown import deadlines
from tests.fixtures import compute
from tests.unit import base

S = deadline.Stage
PATIENCE = 10


class FakeMigration:

    def __init__(self, uuid='m', stage=S.COPYING, needed=deadline.NEVER):
        self.uuid = uuid
        self.stage = stage
        self.needed = needed
        self.is_forced = False
        self.is_settled = False

    def estimate(self):
        return self.needed


class FakeSide:
    """Notes what is asked; a verb in ``errors`` raises, in order.

    ``blocked`` keeps verbs from ending until it is set.
    """

    def __init__(self, *migrations):
        self.migrations = {one.uuid: one for one in migrations}
        self.calls = queue.Queue()
        self.looks = queue.Queue()
        self.errors = []
        self.blocked = threading.Event()
        self.blocked.set()
        self.away = None

    def under_way(self):
        self.looks.put(self)
        if self.away:
            raise self.away
        return list(self.migrations.values())

    def abort(self, uuid, reason):
        self._called('abort', uuid, reason)
        self.migrations[uuid].is_settled = True

    def force_complete(self, uuid):
        self._called('force_complete', uuid)
        self.migrations[uuid].is_forced = True

    def leave(self, uuid, reason):
        self._called('leave', uuid, reason)
        self.migrations[uuid].is_settled = True

    def _called(self, *call):
        self.calls.put(call)
        self.blocked.wait(PATIENCE)
        if self.errors:
            raise self.errors.pop(0)


class CallingOffTestCase(base.TestCase):
    """10 s until RELEASE_DUE, of which 5 are for rollbacks."""

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.stop = types.SimpleNamespace(
            calls_off=True, hurried=False,
            deadlines=deadlines.Deadlines(0, 10, 20))
        self.leaving = threading.Event()

    def make(self, policy='abort'):
        self.flags(group='shutdown', live_migration_at_deadline=policy)
        return calling_off.CallingOff(
            self.host, self.conf.shutdown, self.stop, self.leaving)

    def done(self, off):
        """Wait until what was decided has been carried out."""
        for thread in threading.enumerate():
            if thread.name == 'call-off':
                thread.join(PATIENCE)

    def calls(self, side):
        found = []
        while not side.calls.empty():
            found.append(side.calls.get())
        return found

    def look(self, off, side):
        """Look once; return the verbs that were called."""
        off.look(side)
        self.done(off)
        return [call[0] for call in self.calls(side)]


class TestLook(CallingOffTestCase):

    def test_each_policy(self):
        for policy, verbs in (('abort', ['abort']),
                              ('force_complete', ['force_complete']),
                              ('resume', ['leave'])):
            side = FakeSide(FakeMigration())
            off = self.make(policy)
            self.assertEqual(verbs, self.look(off, side))
            self.assertEqual([], self.look(off, side), 'it was done twice')

    def test_user_is_told_who_had_to_stop(self):
        for policy in ('abort', 'resume'):
            side, off = FakeSide(FakeMigration()), self.make(policy)
            off.look(side)
            self.done(off)
            (_verb, uuid, reason), = self.calls(side)
            self.assertEqual('m', uuid)
            self.assertIn('nova-compute on host host1', reason)

    def test_user_is_told_something_else(self):
        side = FakeSide(FakeMigration())
        off = calling_off.CallingOff(
            self.host, self.conf.shutdown, self.stop, self.leaving,
            'had to be empty')
        off.look(side)
        self.done(off)
        self.assertEqual(
            [('abort', 'm', 'nova-compute on host host1 had to be empty')],
            self.calls(side))

    def test_what_will_end_in_time_is_judged_again(self):
        migration = FakeMigration(needed=5)
        side, off = FakeSide(migration), self.make()
        self.assertEqual([], self.look(off, side))
        self.host.clock.advance(4)
        # The estimate was wrong: it still needs as long.
        self.assertEqual(['abort'], self.look(off, side))

    def test_whatever_the_estimate_there_is_time_for_a_rollback(self):
        migration = FakeMigration(needed=0.1)
        side, off = FakeSide(migration), self.make()
        self.host.clock.advance(4.8)
        self.assertEqual([], self.look(off, side))
        self.host.clock.advance(0.2)
        self.assertEqual(['abort'], self.look(off, side))

    def test_what_was_forced_in_vain_is_called_off(self):
        side, off = FakeSide(FakeMigration()), self.make('force_complete')
        self.assertEqual(['force_complete'], self.look(off, side))
        self.host.clock.advance(4)
        self.assertEqual([], self.look(off, side))
        self.host.clock.advance(1)
        self.assertEqual(['abort'], self.look(off, side))

    def test_second_sigterm(self):
        side, off = FakeSide(FakeMigration(needed=1)), self.make()
        self.assertEqual([], self.look(off, side))
        self.stop.hurried = True
        self.assertEqual(['abort'], self.look(off, side))

    def test_queued_ones_under_each_policy(self):
        for policy in ('abort', 'force_complete', 'resume'):
            side = FakeSide(FakeMigration(stage=S.WAITING))
            self.assertEqual(['abort'], self.look(self.make(policy), side))

    def test_what_could_not_be_done_is_tried_again(self):
        side, off = FakeSide(FakeMigration()), self.make()
        side.errors = [compute.unreachable(),
                       exception.HypervisorError(reason='busy')]
        for _ in range(3):
            self.assertEqual(['abort'], self.look(off, side))
        self.assertEqual([], self.look(off, side))

    def test_one_that_hangs_keeps_no_other_waiting(self):
        first, second = FakeMigration('first'), FakeMigration('second')
        side, off = FakeSide(first), self.make()
        side.blocked.clear()
        off.look(side)
        self.assertEqual('first', side.calls.get(timeout=PATIENCE)[1])
        side.migrations['second'] = second
        off.look(side)
        self.assertEqual('second', side.calls.get(timeout=PATIENCE)[1])
        off.look(side)
        side.blocked.set()
        self.done(off)
        self.assertEqual([], self.calls(side), 'it was done twice')


class TestRun(CallingOffTestCase):

    def start(self, *sides):
        thread = threading.Thread(
            target=self.make().run, args=sides, daemon=True)
        thread.start()
        return thread

    def end(self, thread):
        self.stop.calls_off = False
        self.leaving.set()
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())

    def test_until_the_host_is_released(self):
        side = FakeSide()
        thread = self.start(side)
        side.looks.get(timeout=PATIENCE)
        # What comes in late is judged as well.
        side.migrations['late'] = FakeMigration('late')
        self.assertEqual('late', side.calls.get(timeout=PATIENCE)[1])
        self.end(thread)

    def test_whatever_goes_wrong_it_goes_on(self):
        side = FakeSide()
        side.away = KeyError('a bug')
        thread = self.start(side)
        for _ in range(2):
            side.looks.get(timeout=PATIENCE)
        side.migrations['m'] = FakeMigration()
        side.errors = [KeyError('another')]
        side.away = None
        for _ in range(2):
            self.assertEqual('abort', side.calls.get(timeout=PATIENCE)[0])
        self.end(thread)

    def test_one_side_that_cannot_tell_keeps_no_other_waiting(self):
        away, side = FakeSide(), FakeSide(FakeMigration())
        away.away = compute.unreachable()
        thread = self.start(away, side)
        self.assertEqual('abort', side.calls.get(timeout=PATIENCE)[0])
        for _ in range(2):
            away.looks.get(timeout=PATIENCE)
        away.migrations['back'] = FakeMigration('back')
        away.away = None
        self.assertEqual('back', away.calls.get(timeout=PATIENCE)[1])
        self.end(thread)
