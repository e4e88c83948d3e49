"""The migrations that leave a host: called off, forced, left, taken up."""

from nova_gs.compute.live_migration import deadline
from nova_gs import exception
from nova_gs.shutdown import policy
from nova_gs.virt import live_migration
from tests.fixtures import compute
from tests.unit.compute.live_migration import base

S = deadline.Stage


class TestCallingOff(base.SourceTestCase):

    def ending(self):
        return self.operation.last()[1]['params']['ending']

    def test_running(self):
        self.begin()
        self.wait_started()
        self.departures.abort('migration-uuid')
        self.wait_over()
        self.assertEqual({
            'state': 'aborted', 'migration_status': 'cancelled',
            'reason': 'The live migration to host2 was called off, the '
                      'server stays on host1: asked for by a user'},
            self.ending())
        self.assertIs(policy.Fate.ABORTED, self.work.fate)

    def test_reason(self):
        self.begin()
        self.wait_started()
        self.departures.abort('migration-uuid', 'host2 had to be stopped')
        self.wait_over()
        self.assertTrue(self.ending()['reason'].endswith(
            'the server stays on host1: host2 had to be stopped'))

    def test_reason_of_what_ends_before_the_hypervisor_answers(self):
        handle = self.host.driver.handle
        abort = handle.abort

        def abort_slowly():
            abort()
            self.wait_over()

        handle.abort = abort_slowly
        self.begin()
        self.wait_started()
        self.departures.abort('migration-uuid')
        self.assertTrue(self.ending()['reason'].endswith(
            'the server stays on host1: asked for by a user'))

    def test_queued_ends_at_once_and_touches_nobody(self):
        first = compute.FakeOperation()
        first.migration_uuid = 'first'
        self.begin(first)
        self.wait_started()
        self.begin()
        self.departures.abort('migration-uuid')
        what, values = self.operation.last()
        self.assertEqual(('finish', 'aborted'), (what, values['state']))
        self.assertEqual('cancelled', self.operation.statuses()[-1])
        self.assertEqual(1, self.host.compute_rpcapi.names().count(
            'pre_live_migration'))
        self.host.driver.handle.end(arrived=True)
        self.wait_over()

    def test_past_the_point(self):
        self.begin()
        self.wait_started()

        self.host.driver.handle.refuses_abort = (
            exception.MigrationNotAbortable(
                migration_id='m', instance_id='i', status='post-copy'))
        self.assertRaises(exception.MigrationNotAbortable,
                          self.departures.abort, 'migration-uuid')
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual('post-migrating', self.operation.statuses()[-1])
        self.assertIs(policy.Fate.FINISHED, self.work.fate)

    def test_unknown(self):
        self.assertRaises(exception.MigrationNotFound,
                          self.departures.abort, 'other')
        self.assertRaises(exception.MigrationNotFound,
                          self.departures.force_complete, 'other')

    def test_record_that_is_not_ours_any_more_is_no_bug(self):
        self.operation.errors['offer'] = [exception.ClaimRefused(
            step='live_migration', operation_id='o', why='taken')]
        self.begin()
        self.wait_started()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual([], self.departures.under_way())
        self.assertNotEqual('mark_interrupted', self.operation.last()[0])

    def test_bug_leaves_nobody_waiting(self):
        self.operation.errors['offer'] = [KeyError('x')]
        self.begin()
        self.wait_started()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        what, values = self.operation.last()
        self.assertEqual('mark_interrupted', what)
        self.assertIn('host1', values['error'])


class TestForcing(base.SourceTestCase):

    def test_running(self):
        self.begin()
        self.wait_started()
        departure, = self.departures.under_way()
        self.assertFalse(departure.is_forced)
        self.departures.force_complete('migration-uuid')
        self.assertTrue(self.host.driver.handle.forced)
        self.assertTrue(departure.is_forced)
        self.host.driver.handle.end(arrived=True)
        self.wait_over()

    def test_queued(self):
        first = compute.FakeOperation()
        first.migration_uuid = 'first'
        self.begin(first)
        self.wait_started()
        self.begin()
        self.assertRaises(exception.MigrationNotFound,
                          self.departures.force_complete, 'migration-uuid')
        self.departures.abort('migration-uuid')
        self.host.driver.handle.end(arrived=True)
        self.wait_over()


class TestStages(base.SourceTestCase):

    def wait_for(self, condition):
        with self.tracker.lock:
            self.assertTrue(self.tracker.lock.wait_for(condition, 10))

    def test_from_the_queue_to_the_end(self):
        first = compute.FakeOperation()
        first.migration_uuid = 'first'
        self.begin(first)
        self.wait_started()
        self.begin()
        running, waiting = self.departures.under_way()
        self.wait_for(lambda: running.work.progress is not None)
        self.assertEqual(('first', S.COPYING, False),
                         (running.uuid, running.stage, running.is_settled))
        self.assertEqual((S.WAITING, False),
                         (waiting.stage, waiting.is_settled))
        self.host.driver.handle.phase = 'post-copy'
        self.wait_for(lambda: running.stage is S.PAST)
        self.departures.abort('migration-uuid')
        self.assertTrue(waiting.is_settled)
        self.host.driver.handle.end(arrived=True)
        self.wait_over()

    def test_progress_makes_the_estimate(self):
        self.begin()
        self.wait_started()
        departure, = self.departures.under_way()
        self.wait_for(lambda: len(departure._samples) >= 1)
        self.assertIsNone(departure.estimate())
        self.host.clock.advance(5)
        self.wait_for(lambda: len(departure._samples) >= 2)
        # 40 bytes were left at each look.
        self.assertEqual(deadline.NEVER, departure.estimate())
        self.host.driver.handle.end(arrived=True)
        self.wait_over()


class TestLeaving(base.SourceTestCase):

    def test_running(self):
        self.begin()
        self.wait_started()
        departure, = self.departures.under_way()
        self.departures.leave('migration-uuid', 'left to itself')
        self.assertTrue(departure.is_settled)
        self.wait_over()
        self.assertEqual(('mark_interrupted', {'error': 'left to itself'}),
                         self.operation.last())
        self.assertEqual(
            (policy.Fate.LEFT, policy.OnShutdown.RESUME),
            (self.work.fate, self.work.on_shutdown))
        self.assertEqual([], self.departures.under_way())
        self.assertNotIn('finish_migration', self.host.driver.names())

    def test_although_nobody_can_be_told(self):
        self.operation.errors['mark_interrupted'] = [compute.unreachable()]
        self.begin()
        self.wait_started()
        self.departures.leave('migration-uuid', 'left to itself')
        self.wait_over()
        self.assertIs(policy.Fate.LEFT, self.work.fate)

    def test_what_has_ended_in_time(self):
        self.host.driver.handle.end(arrived=True)
        self.begin()
        self.wait_over()
        self.assertRaises(exception.MigrationNotFound, self.departures.leave,
                          'migration-uuid', 'left to itself')


class TestAdopting(base.SourceTestCase):

    def ending(self):
        return self.operation.last()[1]['params']['ending']

    def test_arrives(self):
        self.adopt()
        self.assertFalse(self.tracker.empty())
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        what, values = self.operation.last()
        self.assertEqual(
            ('offer', 'post_live_migration_at_destination',
             {'host': 'host2', 'node': 'node2'}),
            (what, values['step'], values['instance']))
        for verb in ('start_migration', 'pre_live_migration'):
            self.assertNotIn(verb, self.host.driver.names()
                             + self.host.compute_rpcapi.names())

    def test_fails(self):
        self.adopt()
        self.host.driver.handle.end(arrived=False, reason='broken pipe')
        self.wait_over()
        self.assertIn('broken pipe', self.ending()['reason'])
        # The destination had made room for it.
        self.assertEqual('rollback_live_migration_at_destination',
                         self.operation.last()[1]['step'])

    def test_can_be_called_off_and_forced_at_once(self):
        self.adopt()
        self.departures.force_complete('migration-uuid')
        self.departures.abort('migration-uuid')
        self.wait_over()
        self.assertTrue(self.host.driver.handle.forced)
        self.assertEqual(('aborted', 'cancelled'), (
            self.ending()['state'], self.ending()['migration_status']))

    def test_more_than_run_at_a_time(self):
        """What moves all the same is not kept waiting."""
        blocking = self.fill_up()
        self.adopt()
        self.departures.abort('migration-uuid')
        self.wait_until_left(1)
        self.assertEqual('aborted', self.ending()['state'])
        blocking.end(arrived=True)
        self.wait_over()

    def test_what_does_not_move_waits_for_nobody(self):
        blocking = self.fill_up()
        self.host.driver.handle = None
        self.adopt()
        self.wait_until_left(1)
        self.assertEqual('failed', self.ending()['state'])
        blocking.end(arrived=True)
        self.wait_over()

    def test_others_wait_for_it(self):
        self.adopt()
        adopted, self.host.driver.handle = (
            self.host.driver.handle, compute.FakeHandle())
        second = compute.FakeOperation()
        second.migration_uuid = 'second'
        self.begin(second)
        self.assertFalse(self.host.driver.started.wait(0.05))
        adopted.end(arrived=True)
        self.wait_started()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()

    def fill_up(self):
        """Let another one take the only place; returns its handle."""
        first = compute.FakeOperation()
        first.migration_uuid = 'first'
        self.begin(first)
        self.wait_started()
        blocking, self.host.driver.handle = (
            self.host.driver.handle, compute.FakeHandle())
        return blocking

    def wait_until_left(self, count):
        """Wait until the tracker has no more than so many works."""
        with self.tracker.lock:
            self.assertTrue(self.tracker.lock.wait_for(
                lambda: len(self.tracker._works) <= count, 10))

    def test_guest_that_nothing_moves_stays(self):
        self.host.driver.handle = None
        self.adopt()
        self.wait_over()
        self.assertEqual('failed', self.ending()['state'])
        self.assertIn('does not move the guest', self.ending()['reason'])
        self.assertIn(('finish_migration', live_migration.Side.SOURCE, False),
                      self.host.driver.calls)

    def test_guest_is_fenced_until_it_is_over(self):
        self.adopt()
        error = self.assertRaises(
            exception.GuestFenced, self.host.fence.require, 'instance-uuid')
        self.assertIn('instance-uuid is not started on host host1: it is on '
                      'its way', str(error))
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.host.fence.require('instance-uuid')

    def test_guest_that_is_here_is_not_fenced(self):
        self.host.driver.handle = None
        self.adopt()
        self.assertEqual({}, self.host.fence.list())
        self.wait_over()
