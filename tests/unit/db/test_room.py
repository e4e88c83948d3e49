"""Room on hosts: counted, reserved, never oversold."""

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base

FACTS = {'hypervisor_hostname': 'node2', 'hypervisor_type': 'fake',
         'hypervisor_version': 1, 'host_ip': '127.0.0.1', 'vcpus': 4,
         'memory_mb': 1024, 'local_gb': 10, 'cpu_info': {'arch': 'x86_64'}}


class RoomTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.node = objects.ComputeNode.report(
            self.context, 'host2', FACTS)

    def build(self, **values):
        """Return a build, claimed by a conductor."""
        instance = self.make_instance(
            host=None, vm_state='building', **values)
        operation = self.accept(
            instance, kind='build', step='build_server', host=None,
            task_state='scheduling')
        return objects.Operation.claim(
            self.context, operation.uuid, 'build_server', 'conductor',
            operation.uuid)

    def migration(self, instance=None, **values):
        """Return a live migration, claimed by a conductor."""
        operation = self.accept(
            instance, kind='live-migration', step='live_migrate_server',
            task_state='migrating',
            migration=objects.Migration(source_compute='host1', **values))
        return objects.Operation.claim(
            self.context, operation.uuid, 'live_migrate_server',
            'conductor', operation.uuid)

    def used(self):
        node = objects.ComputeNode.get_by_host(self.context, 'host2')
        return (node.memory_mb_used, node.vcpus_used, node.local_gb_used,
                node.running_vms)

    def place(self, operation):
        operation.offer('build_instance', host='host2', reserve_on='host2',
                        instance={'node': 'node2'})

    def test_a_build_takes_room(self):
        operation = self.build()
        self.place(operation)
        self.assertEqual((128, 1, 1, 1), self.used())
        self.assertEqual('host2', operation.instance.host)
        self.assertEqual('host2', objects.Instance.get_by_uuid(
            self.context, operation.instance_uuid).host)

    def test_a_migration_takes_room_until_it_ends(self):
        operation = self.migration()
        operation.offer('live_migration', host='host1', peer_host='host2',
                        reserve_on='host2')
        self.assertEqual((128, 1, 1, 0), self.used())
        self.assertEqual('host2', operation.migration.dest_compute)
        stored = objects.Operation.get_by_uuid(self.context, operation.uuid)
        self.assertEqual('queued', stored.migration.status)
        claimed = objects.Operation.claim(
            self.context, operation.uuid, 'live_migration', 'me', 'mine')
        claimed.report(instance={'host': 'host2'},
                       migration={'status': 'post-migrating'})
        self.assertEqual((128, 1, 1, 1), self.used())
        claimed.finish('succeeded', migration={'status': 'completed'})
        self.assertEqual((128, 1, 1, 1), self.used())

    def test_a_wish_takes_no_room(self):
        self.migration(dest_compute='host2')
        self.assertEqual((0, 0, 0, 0), self.used())

    def test_a_deleted_instance_takes_no_room(self):
        instance = self.make_instance(host='host2')
        instance.deleted = True
        instance.save()
        self.assertEqual((0, 0, 0, 0), self.used())

    def test_what_is_lacking(self):
        for values, lacking in (
                ({'memory_mb': 2000}, '1024 MiB of memory left, 2000'),
                ({'vcpus': 5}, '4 CPUs left, 5'),
                ({'root_gb': 11}, '10 GiB of disk left, 11')):
            operation = self.build(**values)
            error = self.assertRaises(
                exception.NoValidHost, self.place, operation)
            self.assertIn(lacking, str(error))
            stored = objects.Operation.get_by_uuid(
                self.context, operation.uuid)
            self.assertEqual('build_server', stored.step)
            self.assertEqual(operation.uuid, stored.claim_id)
            self.assertIsNone(stored.instance.host)

    def test_ratios_and_reserve(self):
        objects.ComputeNode.report(self.context, 'host2', {
            'reserved_memory_mb': 24, 'ram_allocation_ratio': 2.0,
            'cpu_allocation_ratio': 1.5})
        self.place(self.build(memory_mb=2000, vcpus=6))
        self.assertRaises(
            exception.NoValidHost, self.place, self.build(memory_mb=1))

    def test_an_unknown_host(self):
        operation = self.build()
        error = self.assertRaises(
            exception.NoValidHost, operation.offer, 'build_instance',
            host='host9', reserve_on='host9')
        self.assertIn('has not reported', str(error))

    def test_never_oversold(self):
        operations = [self.build(memory_mb=300) for _ in range(8)]

        def place(number, store):
            operation = operations[number]
            return store.operations.offer(
                operation.uuid, operation.step, operation.claim_id,
                {'step': 'build_instance', 'host': 'host2'},
                reserve_on='host2')

        results = self.at_once(8, place)
        placed = [one for one in results if isinstance(one, dict)]
        refused = [one for one in results
                   if isinstance(one, exception.NoValidHost)]
        self.assertEqual((3, 5), (len(placed), len(refused)), results)
        self.assertEqual((900, 3, 3, 3), self.used())
        node = objects.ComputeNode.get_by_host(self.context, 'host2')
        self.assertEqual(self.node.generation + 3, node.generation)
