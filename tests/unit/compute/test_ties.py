"""Which open operations keep a host, and whose executors are ghosts."""

from oslo_utils import uuidutils

from nova_gs.compute import ties
from nova_gs import objects
from nova_gs import servicegroup
from tests.unit.db import base


class TestTies(base.DatabaseTestCase):
    """Seen by host1."""

    def setUp(self):
        super().setUp()
        self.services = {host: self.serve(host)
                         for host in ('host1', 'host2')}

    def serve(self, host):
        """Let a new process of a host begin; returns its Service."""
        return objects.Service.register(
            self.context, host, 'nova-compute', 'compute', 3,
            uuidutils.generate_uuid())

    def migration(self, step, host, peer_host=None, claimed=False):
        """Record a migration that has come to a step; returns its UUID."""
        operation = self.accept(
            kind='live-migration', step='live_migrate_server', host=None,
            task_state='migrating',
            migration=objects.Migration(source_compute='host1'))
        operation = objects.Operation.claim(
            self.context, operation.uuid, operation.step, 'conductor', 'c')
        if step == operation.step:
            operation.report(host=host, peer_host=peer_host)
        else:
            operation.offer(step, host=host, peer_host=peer_host)
        if claimed:
            self.claim(operation.uuid, step, host)
        return operation.uuid

    def claim(self, uuid, step, host):
        objects.Operation.claim(
            self.context, uuid, step, self.services[host].owner, 'claim')

    def found(self):
        """Return the UUIDs of what ties the present process of host1."""
        found = ties.Ties(
            'host1', self.services['host1'].owner,
            servicegroup.ServiceGroup(self.conf)).find(self.context)
        return [one.uuid for one in found]

    def test_what_is_told_of_it(self):
        uuid = self.migration('live_migration', 'host2', 'host1', True)
        operation = objects.Operation.get_by_uuid(self.context, uuid)
        operation.report(progress=40, remaining=900)
        tie = ties.tie_of(operation)
        self.assertEqual(
            (uuid, 'live_migration', 40, 900),
            (tie.key, tie.phase, tie.progress, tie.remaining))
        self.assertEqual('live-migration of instance %s'
                         % operation.instance_uuid, str(tie))

    def test_nothing_is_open(self):
        self.assertEqual([], self.found())

    def test_what_others_execute_who_are_there(self):
        for claimed in (False, True):
            uuid = self.migration(
                'live_migration', 'host2', 'host1', claimed)
            self.assertIn(uuid, self.found())
        self.services['host2'].announce('draining', 'it is being stopped')
        self.assertEqual(2, len(self.found()))

    def test_ghosts(self):
        for claimed in (False, True):
            self.migration('live_migration', 'host2', 'host1', claimed)
        for leave in (
                lambda host2: host2.announce('stopped'),
                lambda host2: host2.destroy(),
                lambda host2: host2.set_status(forced_down=True)):
            self.services['host2'] = self.serve('host2')
            self.assertEqual(2, len(self.found()))
            leave(self.services['host2'])
            self.assertEqual([], self.found())

    def test_what_is_ours(self):
        uuid = self.migration('live_migration', 'host1', 'host2')
        self.assertEqual([uuid], self.found())
        self.claim(uuid, 'live_migration', 'host1')
        self.assertEqual([uuid], self.found())

    def test_what_was_our_predecessors(self):
        uuid = self.migration('live_migration', 'host1', 'host2', True)
        self.assertEqual([uuid], self.found())
        self.services['host1'] = self.serve('host1')
        self.assertEqual([], self.found())

    def test_what_begins_something_can_wait(self):
        operation = self.accept()
        self.assertEqual([], self.found())
        self.claim(operation.uuid, operation.step, 'host1')
        self.assertEqual([operation.uuid], self.found())

    def test_checks_that_a_conductor_makes(self):
        uuid = self.migration('live_migrate_server', 'host2', 'host1')
        self.services['host2'].announce('stopped')
        self.assertEqual([uuid], self.found())
