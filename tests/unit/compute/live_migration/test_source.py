"""A migration at its source, with every step held or broken."""

import threading

import fixtures

from nova_gs.compute.live_migration import deadline
from nova_gs.compute.live_migration import source
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import live_migration
from tests.fixtures import compute
from tests.unit.compute.live_migration import base

ROLLBACK = 'rollback_live_migration_at_destination'
POST = 'post_live_migration_at_destination'


class TestArrival(base.SourceTestCase):

    def test_new_host_is_committed_before_the_destination_is_told(self):
        self.begin()
        self.wait_started()
        self.assertFalse(self.tracker.empty())
        self.host.driver.handle.end(arrived=True, downtime_ms=12)
        self.wait_over()
        what, values = self.operation.last()
        self.assertEqual(('offer', POST, 'host2', 'host1'), (
            what, values['step'], values['host'], values['peer_host']))
        self.assertEqual({'host': 'host2', 'node': 'node2'},
                         values['instance'])
        self.assertEqual([(POST, 'host2')], self.host.publisher.sent)
        self.assertEqual(['preparing', 'running', 'post-migrating'],
                         self.operation.statuses())

    def test_source_is_not_tidied_before_the_destination_agrees(self):
        self.begin()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertNotIn('finish_migration', self.host.driver.names())

    def test_clean_up_completes(self):
        source.clean_up(self.host, self.operation)
        self.assertEqual(
            [('finish_migration', live_migration.Side.SOURCE, True)],
            self.host.driver.calls)
        what, values = self.operation.last()
        self.assertEqual(('finish', 'succeeded'), (what, values['state']))
        self.assertEqual({'status': 'completed'}, values['migration'])

    def test_clean_up_completes_although_tidying_fails(self):
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='no'))
        source.clean_up(self.host, self.operation)
        self.assertEqual('completed', self.operation.statuses()[-1])


class TestFailure(base.SourceTestCase):

    def ending(self):
        return self.operation.last()[1]['params']['ending']

    def test_destination_cannot_make_room(self):
        self.host.compute_rpcapi.errors['pre_live_migration'] = (
            exception.HypervisorError(reason='no room'))
        self.begin()
        self.wait_over()
        self.assertNotIn('start_migration', self.host.driver.names())
        self.assertEqual([(ROLLBACK, 'host2')], self.host.publisher.sent)
        self.assertEqual({
            'state': 'failed', 'migration_status': 'error',
            'reason': 'The live migration to host2 failed, the server stays '
                      'on host1: no room'}, self.ending())

    def test_driver_cannot_start(self):
        self.host.driver.errors['start_migration'] = (
            exception.HypervisorError(reason='no bridge'))
        self.begin()
        self.wait_over()
        self.assertIn('no bridge', self.ending()['reason'])

    def test_hypervisor_went_away_while_it_began(self):
        self.host.driver.errors['start_migration'] = (
            exception.HypervisorUnavailable(uri='here', reason='gone'))
        self.begin()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual(POST, self.operation.last()[1]['step'])

    def test_hypervisor_went_away_before_it_began(self):
        self.host.driver.errors['start_migration'] = (
            exception.HypervisorUnavailable(uri='here', reason='gone'))
        self.host.driver.handle = None
        self.begin()
        self.wait_over()
        self.assertIn('gone', self.ending()['reason'])

    def test_source_cannot_be_looked_at(self):
        self.host.driver.errors['start_migration'] = (
            exception.HypervisorError(reason='no bridge'))
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        self.begin()
        self.wait_over()
        self.assertIn('no bridge', self.ending()['reason'])

    def test_guest_is_deleted_on_its_way(self):
        self.host.driver.errors['finish_migration'] = (
            exception.GuestNotFound(instance_id='uuid'))
        self.begin()
        self.wait_started()
        self.host.driver.handle.end(arrived=False, reason='it was destroyed')
        self.wait_over()
        self.assertEqual([(ROLLBACK, 'host2')], self.host.publisher.sent)
        self.assertEqual(
            'The live migration to host2 failed, the server is not on host1 '
            'any more: it was destroyed', self.ending()['reason'])

    def test_driver_gives_up(self):
        self.begin()
        self.wait_started()
        self.host.driver.handle.end(arrived=False, reason='broken pipe')
        self.wait_over()
        self.assertIn('broken pipe', self.ending()['reason'])
        self.assertIn(('finish_migration', live_migration.Side.SOURCE, False),
                      self.host.driver.calls)

    def test_bug_is_a_failure_too(self):
        self.host.driver.errors['start_migration'] = KeyError('x')
        self.begin()
        self.wait_over()
        self.assertEqual('failed', self.ending()['state'])


class TestFailureWithoutPeer(base.SourceTestCase):

    peer_up = False

    def test_ends_here_when_the_destination_is_gone(self):
        self.host.driver.errors['start_migration'] = (
            exception.HypervisorError(reason='gone'))
        self.begin()
        self.wait_over()
        what, values = self.operation.last()
        self.assertEqual(('finish', 'failed'), (what, values['state']))
        self.assertIn('gone', values['error'])
        self.assertEqual([], self.host.publisher.sent)


class TestRecording(base.SourceTestCase):

    def test_progress_that_cannot_be_written_harms_nothing(self):
        self.operation.errors['report'] = [
            compute.unreachable() for _ in range(100)]
        self.begin()
        self.wait_started()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual('offer', self.operation.last()[0])

    def test_arrival_is_insisted_on(self):
        self.host.recorder._leaving.clear()
        self.host.recorder._leaving.wait = lambda timeout: False
        self.operation.errors['offer'] = [
            compute.unreachable(), compute.unreachable()]

        def write(what, **values):
            if self.operation.errors.get(what):
                raise self.operation.errors[what].pop(0)
            self.operation.written.append((what, values))

        self.operation._write = write
        self.begin()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual('offer', self.operation.last()[0])


class TestWaitingForPorts(base.SourceTestCase):
    """The destination has said what to wait for."""

    #: What the record has; an exception is raised once, then nothing is.
    seen = ()

    def setUp(self):
        super().setUp()
        self.looked = threading.Event()
        self.waits_for = {'events': [['network-vif-plugged', 'p']],
                          'after': 3, 'timeout': 300, 'is_fatal': True}
        self.host.compute_rpcapi.pre_live_migration = self.make_room
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.ExternalEventList.since',
            classmethod(self.since)))

    def make_room(self, ctxt, host, operation_uuid, instance, data):
        data.waits_for = self.waits_for
        return data

    def since(self, cls, ctxt, instance_uuid, after):
        self.assertEqual(3, after)
        self.looked.set()
        return [objects.ExternalEvent(
            name='network-vif-plugged', tag='p', status=status)
            for status in self.seen]

    def wait_looked(self):
        self.assertTrue(self.looked.wait(10))

    def ending(self):
        return self.operation.last()[1]['params']['ending']

    def test_moves_when_it_is_told(self):
        self.begin()
        self.wait_looked()
        self.assertNotIn('start_migration', self.host.driver.names())
        self.assertIs(deadline.Stage.WAITING,
                      self.departures.under_way()[0].stage)
        self.seen = ('completed',)
        self.host.plugging.waits.nudge(self.operation.instance_uuid)
        self.wait_started()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertEqual(POST, self.operation.last()[1]['step'])

    def test_failed(self):
        self.seen = ('failed',)
        self.begin()
        self.wait_over()
        self.assertEqual('failed', self.ending()['state'])
        self.assertIn('host2', self.ending()['reason'])
        self.assertNotIn('start_migration', self.host.driver.names())
        self.assertEqual([(ROLLBACK, 'host2')], self.host.publisher.sent)

    def test_called_off(self):
        self.begin()
        self.wait_looked()
        self.departures.abort('migration-uuid')
        self.wait_over()
        self.assertEqual('aborted', self.ending()['state'])
        self.assertNotIn('start_migration', self.host.driver.names())

    def test_not_in_time(self):
        for is_fatal in (True, False):
            self.waits_for.update(timeout=0, is_fatal=is_fatal)
            self.operation = compute.FakeOperation()
            self.begin()
            if not is_fatal:
                self.wait_started()
                self.host.driver.handle.end(arrived=True)
            self.wait_over()
            self.assertEqual(not is_fatal, 'start_migration' in (
                self.host.driver.names()))

    def test_nothing_to_wait_for(self):
        self.waits_for = None
        self.begin()
        self.wait_started()
        self.host.driver.handle.end(arrived=True)
        self.wait_over()
        self.assertFalse(self.looked.is_set())
