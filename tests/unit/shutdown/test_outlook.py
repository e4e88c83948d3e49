"""The line that shows how a stop is getting on."""

import datetime

from nova_gs.shutdown import follower
from nova_gs.shutdown import outlook
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.unit import base

BY = clock_fixture.START + datetime.timedelta(minutes=3)


class OutlookTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.tracker = tracker.Tracker(clock_fixture.ManualClock())
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.outlook = outlook.Outlook()

    def enter(self, uuid, operation=None):
        return self.gate.enter(
            'live_migration', policy.WhileDraining.NEVER,
            policy.OnShutdown.ABORT, operation, uuid)

    def say(self, *ties, phase='draining', exit_at=BY):
        return self.outlook.sentence(phase, outlook.pieces_of(
            self.tracker.list(), ties), exit_at)

    def test_nothing_is_left(self):
        self.assertEqual('draining: nothing is left', self.say())

    def test_what_is_left_and_until_when(self):
        self.enter('vm').say('queued')
        self.assertEqual(
            'draining: 1 of 1 left, by 00:03:00 UTC at the latest: '
            'live_migration of instance vm (queued)', self.say())
        self.assertIn('1 of 1 left, no deadline:', self.say(exit_at=None))
        self.assertIn('calling off: 1 of 1', self.say(phase='aborting'))

    def test_how_far_and_when(self):
        self.enter('vm').say('pre-copy, 9 MiB left', 37, 9 << 20, 61)
        self.assertEqual(
            'draining: 1 of 1 left, 37 % done, ends about 00:01:01 UTC, '
            'by 00:03:00 UTC at the latest: live_migration of instance vm '
            '(pre-copy, 9 MiB left, 37 %)', self.say())

    def test_the_last_one_ends_it(self):
        first, last = self.enter('a'), self.enter('b')
        first.say('x', 80, needed=10)
        self.assertNotIn('ends about', self.say())
        last.say('x', 20, needed=50)
        self.assertIn('50 % done, ends about 00:00:50 UTC', self.say())
        last.say('x', 20, needed=float('inf'))
        self.assertNotIn('ends about', self.say())

    def test_what_has_ended_counts(self):
        first, last = self.enter('a'), self.enter('b')
        self.say()
        first.release()
        self.assertIn('1 of 2 left, 50 % done', self.say())
        last.release()
        self.assertIn('nothing is left', self.say())

    def test_the_steps_of_an_operation_are_one_thing(self):
        work = self.enter('a', 'op')
        work.say('pre-copy', 99)
        self.say()
        work.release()
        self.enter('a', 'op')
        self.assertIn('1 of 1 left, 99 % done', self.say())
        tie = follower.Tie('live-migration of instance a', 'op')
        self.assertIn('1 of 1 left, 99 % done', self.say(tie))

    def test_what_is_done_stays_done(self):
        work = self.enter('a')
        work.say('pre-copy', 80)
        self.say()
        work.say('pre-copy', 60)
        self.assertIn('80 % done', self.say())

    def test_elsewhere(self):
        tie = follower.Tie('live-migration of instance vm', 'op', 'x', 40)
        self.assertIn('40 % done, by 00:03:00 UTC at the latest: '
                      'live-migration of instance vm (on another host)',
                      self.say(tie))
        self.assertIn('1 of 2 left', self.say('a name'))
