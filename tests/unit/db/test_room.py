"""Room on hosts: counted, reserved, never oversold."""

import functools

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

    def test_all_disks_take_room(self):
        """Root, ephemeral, and swap in whole GiB."""
        self.place(self.build(root_gb=3, flavor=objects.Flavor(
            id=1, flavorid='f', name='f', memory_mb=64, vcpus=1, root_gb=3,
            ephemeral_gb=4, swap=1025)))
        self.assertEqual((128, 1, 9, 1), self.used())
        error = self.assertRaises(exception.NoValidHost, self.place,
                                  self.build(root_gb=2))
        self.assertIn('1 GiB of disk left, 2', str(error))

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
            'cpu_allocation_ratio': 1.5, 'disk_allocation_ratio': 1.25})
        self.place(self.build(memory_mb=1999, vcpus=5, root_gb=11))
        for values in ({'memory_mb': 2}, {'vcpus': 2}, {'root_gb': 2}):
            self.assertRaises(
                exception.NoValidHost, self.place, self.build(
                    **{'memory_mb': 1, 'vcpus': 1, 'root_gb': 1, **values}))
        self.place(self.build(memory_mb=1, vcpus=1, root_gb=1))

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

    def test_a_lost_source_keeps_its_room_until_it_is_given_back(self):
        operation = self.migration()
        operation.offer('live_migration', host='host1', peer_host='host2',
                        reserve_on='host2')
        operation = objects.Operation.claim(
            self.context, operation.uuid, 'live_migration', 'owner', 'it')
        give_back = functools.partial(
            objects.Migration.give_room_back, self.context,
            operation.migration_uuid)
        # It may go on.
        self.assertFalse(give_back('host2'))
        operation.mark_interrupted('cut')
        self.assertEqual(128, self.used()[0])
        self.assertFalse(give_back('host3'))
        self.assertTrue(give_back('host2'))
        self.assertFalse(give_back('host2'))
        self.assertEqual(0, self.used()[0])
        self.assertEqual('error', objects.Migration.get_by_uuid(
            self.context, operation.migration_uuid).status)
        # The operation is for the source to settle, when it returns.
        self.assertEqual('interrupted', objects.Operation.get_by_uuid(
            self.context, operation.uuid).state)


class ColdTestCase(RoomTestCase):
    """What is moved switched off takes room at both ends."""

    SIZES = {'old': 128, 'new': 256}

    def setUp(self):
        super().setUp()
        objects.ComputeNode.report(
            self.context, 'host1', dict(FACTS, hypervisor_hostname='node1'))

    def move(self, dest='host2', **values):
        flavors = {name + '_flavor': objects.Flavor(
            self.context, id=1, flavorid=name, name=name, vcpus=1,
            memory_mb=size, root_gb=1) for name, size in self.SIZES.items()}
        operation = self.migration(
            migration_type='resize', old_vm_state='active', **flavors,
            **values)
        operation.offer(
            'prep_resize', host=dest, peer_host='host1', reserve_on=dest,
            migration={'status': 'pre-migrating'})
        return objects.Operation.claim(
            self.context, operation.uuid, 'prep_resize', dest, 'c')

    def memory(self):
        return tuple(objects.ComputeNode.get_by_host(
            self.context, host).memory_mb_used for host in ('host1', 'host2'))

    def arrive(self, operation, dest='host2', status='post-migrating'):
        operation.report(
            instance={'host': dest, 'memory_mb': 256},
            migration={'status': status})

    def test_until_it_is_settled(self):
        operation = self.move()
        self.assertEqual((128, 256), self.memory())
        operation.report(migration={'status': 'migrating'})
        self.assertEqual((128, 256), self.memory())
        for status in ('post-migrating', 'finished', 'confirming',
                       'reverting'):
            self.arrive(operation, status=status)
            self.assertEqual((128, 256), self.memory(), status)
        for status in ('confirmed', 'error'):
            self.arrive(operation, status=status)
            self.assertEqual((0, 256), self.memory(), status)

    def test_on_its_way_back(self):
        operation = self.move()
        for status in ('post-reverting', 'reverted'):
            operation.report(instance={'host': 'host1', 'memory_mb': 128},
                             migration={'status': status})
            self.assertEqual((128, 0), self.memory(), status)

    def test_both_sizes_on_one_host(self):
        operation = self.move('host1')
        self.assertEqual((384, 0), self.memory())
        self.arrive(operation, 'host1')
        self.assertEqual((384, 0), self.memory())
        self.arrive(operation, 'host1', 'confirmed')
        self.assertEqual((256, 0), self.memory())

    def test_no_oversell(self):
        objects.ComputeNode.report(
            self.context, 'host2', dict(FACTS, memory_mb=256 * 3))
        for _number in range(3):
            self.move()
        error = self.assertRaises(exception.NoValidHost, self.move)
        self.assertIn('0 MiB of memory left, 256 are needed', str(error))
        self.assertEqual(256 * 3, self.memory()[1])

    def test_room_for_those_who_go_back_is_not_given_away(self):
        objects.ComputeNode.report(
            self.context, 'host1', dict(FACTS, memory_mb=128))
        self.arrive(self.move(), status='finished')
        operation = self.build()
        self.assertRaises(
            exception.NoValidHost, operation.offer, 'build_instance',
            host='host1', reserve_on='host1', instance={'node': 'node1'})

    def test_a_delete_gives_all_of_it_back(self):
        operation = self.move()
        self.arrive(operation, status='finished')
        instance = objects.Instance.get_by_uuid(
            self.context, operation.instance_uuid)
        delete = self.accept(
            instance, kind='delete', step='delete_instance', host='host2',
            task_state='deleting', task_states=None)
        objects.Operation.claim(
            self.context, delete.uuid, 'delete_instance', 'host2',
            'd').finish('succeeded', instance={'deleted': True})
        self.assertEqual((0, 0), self.memory())
        self.assertEqual('confirmed', objects.Migration.get_by_uuid(
            self.context, operation.migration_uuid).status)


class ExistingMigrationTestCase(base.DatabaseTestCase):
    """A request that goes on with a migration that was there before."""

    def test_accept(self):
        first = self.claimed(migration=objects.Migration(
            source_compute='host1', old_vm_state='active',
            new_flavor=objects.Flavor(id=1, flavorid='f', name='f',
                                      memory_mb=64, vcpus=1, root_gb=1)))
        first.finish('succeeded', migration={'status': 'finished'})
        migration = objects.Migration.get_by_uuid(
            self.context, first.migration_uuid)
        migration.status = 'confirming'
        second = self.accept(first.instance, step='confirm_resize',
                             migration=migration)
        self.assertEqual(first.migration_uuid, second.migration_uuid)
        self.assertEqual('confirming', objects.Migration.get_by_uuid(
            self.context, first.migration_uuid).status)
        self.assertEqual(
            ('f', 64, 'active'),
            (second.migration.new_flavor.name,
             second.migration.new_flavor.memory_mb,
             second.migration.old_vm_state))

    def test_refused(self):
        migration = objects.Migration(
            self.context, instance_uuid='i', status='finished')
        migration.create()
        migration.status = 'confirming'
        self.assertRaises(
            exception.InvalidState, self.accept, vm_states=('resized',),
            migration=migration)
        self.assertEqual('finished', objects.Migration.get_by_uuid(
            self.context, migration.uuid).status)

    def test_older_peers_do_not_hear_of_flavors(self):
        migration = objects.Migration(
            id=1, uuid='u', old_vm_state='active', old_flavor=objects.Flavor(
                id=1, flavorid='f', name='f'))
        primitive = migration.obj_to_primitive(
            target_version='1.1',
            version_manifest={'Migration': '1.1', 'Flavor': '1.0'})
        self.assertEqual({'id', 'uuid'},
                         set(primitive['nova_gs_object.data']))
