import hashlib
import os

import libvirt

from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver as contract
from nova_gs.virt import drivers
from nova_gs.virt.libvirt import arrival
from nova_gs.virt.libvirt import driver
from nova_gs.virt.libvirt import orders
from nova_gs.virt import live_migration
from tests.fixtures import clock
from tests.fixtures import conf as conf_fixture
from tests.fixtures import libvirt as fake
from tests.unit import base
from tests.unit.virt.libvirt import test_wiring

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
INTERNAL = libvirt.VIR_ERR_INTERNAL_ERROR
SIDE = live_migration.Side


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.world = fake.World()
        self.instance = objects.Instance(
            uuid=UUID, display_name='one', user_id='u', project_id='p',
            memory_mb=64, vcpus=1, root_gb=0)
        self.virt, self.host = self.make('a')

    def make(self, name, path=None, **options):
        conf = self.useFixture(conf_fixture.Conf()).conf
        conf.set_override('host', name)
        conf.set_override('instances_path', path or self.conf.state_path)
        options.setdefault('connection_uri', 'fake://' + name)
        options.setdefault('live_migration_uri', 'fake://%s')
        for option, value in options.items():
            conf.set_override(option, value, group='libvirt')
        host = self.world.host(name)
        virt = driver.LibvirtDriver(
            conf, self.world.open, clock.ManualClock())
        virt.init_host()
        self.addCleanup(virt.close)
        return virt, host

    def image(self):
        path = os.path.join(self.conf.state_path, 'image')
        with open(path, 'wb') as image:
            image.write(bytes(1 << 20))
        return objects.Image(
            id='zeros', path=path, disk_format='raw',
            checksum=hashlib.sha256(bytes(1 << 20)).hexdigest())

    def spawn(self):
        self.virt.spawn(self.instance, self.image())

    def files(self, directory=''):
        path = os.path.join(self.conf.state_path, directory, UUID)
        return sorted(os.listdir(path)) if os.path.exists(path) else []

    def state(self):
        return self.virt.get_guest(UUID).power_state

    def refused(self, error, text, verb, *arguments):
        error = self.assertRaises(error, verb, *arguments)
        self.assertIn(text, str(error))


class TestHost(TestCase):

    def test_load(self):
        self.assertIsInstance(
            drivers.load(self.virt.conf), driver.LibvirtDriver)

    def test_describe(self):
        self.virt._host._host_ip = '127.0.0.1'
        facts = self.virt.describe_host()
        self.assertEqual(('a', 'QEMU'), (
            facts.hypervisor_hostname, facts.hypervisor_type))
        self.host.fail('getInfo', INTERNAL)
        self.refused(exception.HypervisorError, 'Describing host a failed',
                     self.virt.describe_host)

    def test_no_libvirtd(self):
        self.host.stop()
        for verb, arguments in (
                (self.virt.init_host, ()), (self.virt.list_guests, ()),
                (self.virt.get_guest, (UUID,)),
                (self.virt.destroy, (self.instance,)),
                (self.virt.power_on, (self.instance,))):
            self.refused(exception.HypervisorUnavailable, 'fake://a', verb,
                         *arguments)

    def test_close(self):
        self.virt.close()
        self.assertEqual([], self.host.connections)

    def test_list(self):
        self.host.domains[UUID] = {'state': fake.SHUTOFF}
        self.assertEqual(
            [contract.Guest(UUID, contract.PowerState.SHUTDOWN)],
            self.virt.list_guests())
        self.host.fail('listAllDomains', INTERNAL)
        self.refused(exception.HypervisorError, 'Listing the guests',
                     self.virt.list_guests)

    def test_no_guest(self):
        self.assertRaises(exception.GuestNotFound, self.virt.get_guest, UUID)


class TestSpawn(TestCase):

    def test_spawn(self):
        self.spawn()
        self.assertEqual(contract.PowerState.RUNNING, self.state())
        self.assertEqual(['console.log', 'disk', 'storage-id'], self.files())
        self.assertEqual(b'', self.virt.console_output(self.instance))

    def test_failure_leaves_nothing(self):
        for call in ('defineXML', 'create'):
            self.host.fail(call, INTERNAL, 'no')
            self.refused(
                exception.HypervisorError,
                'Building guest %s on host a failed: no.' % UUID, self.spawn)
            self.assertEqual([], self.files())
            self.assertEqual({}, self.host.domains)

    def test_no_image(self):
        image = self.image()
        os.unlink(image.path)
        self.refused(exception.HypervisorError, 'No such file',
                     self.virt.spawn, self.instance, image)
        self.assertEqual([], self.files())

    def test_there_already(self):
        self.spawn()
        self.refused(exception.HypervisorError, 'has it already', self.spawn)
        self.assertEqual(3, len(self.files()))

    def test_what_may_run_keeps_its_disk(self):
        self.host.fail('create', INTERNAL, 'no')
        self.host.fail('undefineFlags', INTERNAL, 'nor that')
        self.refused(
            exception.HypervisorError, 'no. What was made of it may be left, '
            'since Removing guest %s on host a failed: nor that.' % UUID,
            self.spawn)
        self.assertEqual(3, len(self.files()))

    def test_over_the_rest_of_a_killed_one(self):
        self.virt._disks.create(self.instance, self.image())
        self.spawn()
        self.assertEqual(contract.PowerState.RUNNING, self.state())


class TestPower(TestCase):

    def setUp(self):
        super().setUp()
        self.spawn()

    def test_destroy(self):
        for _twice in range(2):
            self.virt.destroy(self.instance)
            self.assertEqual([], self.files())
            self.assertEqual({}, self.host.domains)

    def test_destroy_fails(self):
        self.host.fail('destroy', INTERNAL)
        self.refused(exception.HypervisorError, 'Removing guest',
                     self.virt.destroy, self.instance)
        self.assertEqual(3, len(self.files()))

    def test_off_and_on(self):
        self.virt.power_off(self.instance)
        self.assertEqual(contract.PowerState.SHUTDOWN, self.state())
        self.assertNotIn('shutdown', self.host.calls)
        self.virt.power_on(self.instance)
        self.assertEqual(contract.PowerState.RUNNING, self.state())

    def test_off_gently(self):
        self.virt.power_off(self.instance, 30)
        self.assertEqual(contract.PowerState.SHUTDOWN, self.state())
        self.assertNotIn('destroy', self.host.calls)

    def test_reboot(self):
        self.virt.reboot(self.instance, hard=True)
        self.assertIn('destroy', self.host.calls)
        self.assertEqual(contract.PowerState.RUNNING, self.state())

    def test_soft_reboot(self):
        self.virt.reboot(self.instance, hard=False)
        self.assertNotIn('destroy', self.host.calls)
        self.assertIn('shutdown', self.host.calls)
        self.assertEqual(contract.PowerState.RUNNING, self.state())

    def test_soft_reboot_of_the_deaf(self):
        self.virt.conf.set_override(
            'wait_soft_reboot_seconds', 0, group='libvirt')
        self.host.ignores_shutdown = True
        self.virt.reboot(self.instance, hard=False)
        self.assertIn('destroy', self.host.calls)
        self.assertEqual(contract.PowerState.RUNNING, self.state())

    def test_no_guest(self):
        self.host.domains.clear()
        for verb, arguments in ((self.virt.power_on, ()),
                                (self.virt.power_off, ()),
                                (self.virt.reboot, (True,))):
            self.assertRaises(
                exception.GuestNotFound, verb, self.instance, *arguments)


class TestMigration(TestCase):

    def setUp(self):
        super().setUp()
        self.spawn()
        self.destination, self.peer = self.make('b')

    def data(self):
        # libvirt fills in the machine type; the fake one does not.
        data = self.destination.check_migration(
            self.instance, self.virt.describe_for_migration(self.instance))
        return self.destination.accept_migration(self.instance, data)

    def migrate(self):
        handle = self.virt.start_migration(self.instance, self.data())
        self.assertTrue(handle.wait(20).arrived)
        return self.peer.domains[UUID]['migrated']

    def test_plain(self):
        self.assertEqual(('fake://b', {}, orders.MIGRATE), self.migrate())
        self.assertIsNone(self.virt.finish_migration(
            self.instance, SIDE.SOURCE, True))
        self.assertEqual(
            contract.PowerState.RUNNING, self.destination.finish_migration(
                self.instance, SIDE.DESTINATION, True).power_state)
        self.assertEqual(3, len(self.files()))

    def test_ports(self):
        """A tap waits for the guest, is its own, and goes with it."""
        wires = test_wiring.FakeTaps()
        self.destination._wiring._taps = wires
        port = objects.Port(
            id='p1', network_id='n', mac_address='fa:16:3e:00:00:01',
            vif_type='bridge', details={'bridge_name': 'br0'})
        self.instance.ports = [port]
        data = self.destination.check_migration(
            self.instance, self.virt.describe_for_migration(self.instance))
        data.ports = self.instance.ports
        data = self.destination.accept_migration(self.instance, data)
        self.assertEqual(['p1'], data.plugged)
        self.assertEqual({'tapp1': ('br0', UUID)}, wires.made)
        self.destination.finish_migration(
            self.instance, SIDE.DESTINATION, False)
        self.assertEqual({}, wires.made)
        self.destination.accept_migration(self.instance, data)
        handle = self.virt.start_migration(self.instance, data)
        self.assertTrue(handle.wait(20).arrived)
        params = self.peer.domains[UUID]['migrated'][1]
        self.assertEqual({'destination_xml', 'persistent_xml'}, set(params))
        self.destination.finish_migration(
            self.instance, SIDE.DESTINATION, True)
        self.assertEqual(1, len(wires.made))
        self.destination.destroy(self.instance)
        self.assertEqual({}, wires.made)

    def test_options(self):
        for name, value in (('live_migration_bandwidth', 9),
                            ('live_migration_trust_storage', True),
                            ('live_migration_permit_post_copy', True),
                            ('live_migration_post_copy_bandwidth', 4)):
            self.virt.conf.set_override(name, value, group='libvirt')
        for address, uri in (('192.0.2.1', 'tcp://192.0.2.1'),
                             ('2001:db8::1', 'tcp://[2001:db8::1]')):
            self.destination.conf.set_override(
                'live_migration_inbound_addr', address, group='libvirt')
            self.assertEqual(
                ('fake://b', {libvirt.VIR_MIGRATE_PARAM_BANDWIDTH: 9,
                              libvirt.VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY: 4,
                              libvirt.VIR_MIGRATE_PARAM_URI: uri},
                 orders.MIGRATE | libvirt.VIR_MIGRATE_UNSAFE
                 | libvirt.VIR_MIGRATE_POSTCOPY), self.migrate())
            self.host.domains[UUID] = self.peer.domains.pop(UUID)

    def test_auto_converge(self):
        self.virt.conf.set_override(
            'live_migration_permit_auto_converge', True, group='libvirt')
        self.assertEqual(
            orders.MIGRATE | libvirt.VIR_MIGRATE_AUTO_CONVERGE,
            self.migrate()[2])
        self.host.domains[UUID] = self.peer.domains.pop(UUID)
        self.virt.conf.set_override(
            'live_migration_permit_post_copy', True, group='libvirt')
        self.assertEqual(orders.MIGRATE | libvirt.VIR_MIGRATE_POSTCOPY,
                         self.migrate()[2])

    def test_no_bandwidth_for_a_post_copy_that_is_not_permitted(self):
        self.virt.conf.set_override(
            'live_migration_post_copy_bandwidth', 4, group='libvirt')
        self.assertEqual({}, self.migrate()[1])

    def test_no_guest_to_start_with(self):
        data = self.data()
        self.host.domains.clear()
        self.assertRaises(exception.GuestNotFound, self.virt.start_migration,
                          self.instance, data)
        self.assertEqual(2, len(self.host.connections))

    def test_did_not_arrive(self):
        self.peer.domains[UUID] = {'state': fake.SHUTOFF}
        self.assertIsNone(self.destination.finish_migration(
            self.instance, SIDE.DESTINATION, False))
        self.assertEqual({}, self.peer.domains)
        self.assertEqual(UUID, self.virt.finish_migration(
            self.instance, SIDE.SOURCE, False).uuid)
        self.assertEqual(3, len(self.files()))

    def test_contradiction(self):
        self.refused(exception.HypervisorError, 'runs here although',
                     self.virt.finish_migration, self.instance, SIDE.SOURCE,
                     True)
        self.assertRaises(
            exception.GuestNotFound, self.destination.finish_migration,
            self.instance, SIDE.DESTINATION, True)

    def test_look_for_arrival(self):
        for state, expected in (
                (None, live_migration.Arrival.NOTHING),
                (arrival.INCOMING, live_migration.Arrival.COMING),
                (fake.RUNNING, live_migration.Arrival.HERE)):
            self.peer.domains.clear()
            if state:
                self.peer.domains[UUID] = {'state': state}
            self.assertIs(expected, self.destination.look_for_arrival(
                self.instance))

    def test_adopt(self):
        data = self.data()
        self.assertIsNone(self.virt.adopt_migration(self.instance, data))
        self.host.jobs[UUID] = fake.Job()
        handle = self.virt.adopt_migration(self.instance, data)
        self.assertIsNone(handle.wait(0))
        self.world.open('fake://a').lookupByUUIDString(UUID).finish_job(
            'fake://b', None)
        self.assertTrue(handle.wait(20).arrived)

    def test_adopt_what_has_ended_with_the_guest_away(self):
        data = self.data()
        state = self.host.domains.pop(UUID)
        handle = self.virt.adopt_migration(self.instance, data)
        self.assertIn('on neither host', handle.wait(20).reason)
        self.peer.domains[UUID] = state
        handle = self.virt.adopt_migration(self.instance, data)
        self.assertTrue(handle.wait(20).arrived)

    def test_adopt_what_was_paused_to_end_it(self):
        data = self.data()
        self.host.domains[UUID] = {'state': (
            libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER)}
        handle = self.virt.adopt_migration(self.instance, data)
        self.assertFalse(handle.wait(20).arrived)
        self.assertEqual(
            contract.PowerState.RUNNING,
            self.virt.get_guest(self.instance.uuid).power_state)

    def test_adopt_what_stood_still_before(self):
        self.virt.pause(self.instance)
        self.assertIsNone(
            self.virt.adopt_migration(self.instance, self.data()))
        self.assertEqual(contract.PowerState.PAUSED, self.state())

    def test_stands_still_and_stays(self):
        self.virt.pause(self.instance)
        self.host.held = True
        handle = self.virt.start_migration(self.instance, self.data())
        while UUID not in self.host.jobs:
            self.assertIsNone(handle.wait(0.005))
        self.host.fail('resume', INTERNAL)
        self.host.jobs[UUID].end(fake.error(
            libvirt.VIR_ERR_OPERATION_ABORTED))
        self.assertTrue(handle.wait(20).aborted)
        self.assertNotIn('resume', self.host.calls)

    def test_checks_that_fail(self):
        self.host.fail('jobStats', INTERNAL)
        self.refused(exception.HypervisorError, 'Describing guest',
                     self.virt.describe_for_migration, self.instance)
        data = self.virt.describe_for_migration(self.instance)
        self.peer.fail('getType', INTERNAL)
        self.refused(exception.HypervisorError, 'Checking guest',
                     self.destination.check_migration, self.instance, data)
        self.peer.domains[UUID] = {'state': fake.SHUTOFF}
        self.refused(exception.MigrationPreCheckError, 'already',
                     self.destination.accept_migration, self.instance, data)


class TestBlockMigration(TestCase):
    """From host a to host c, which has its own storage."""

    def setUp(self):
        super().setUp()
        self.instance.flavor = objects.Flavor(ephemeral_gb=1, swap=2)
        self.spawn()
        self.destination, self.peer = self.make(
            'c', os.path.join(self.conf.state_path, 'c'))

    def agree(self, image=True):
        data = self.destination.check_migration(
            self.instance, self.virt.describe_for_migration(self.instance))
        return self.destination.accept_migration(
            self.instance, data, self.image() if image else None)

    def test_spawned_with_three_disks(self):
        self.assertEqual(
            ['console.log', 'disk', 'disk.eph0', 'disk.swap', 'storage-id'],
            self.files())
        self.assertEqual(2 << 20, os.path.getsize(
            self.virt._disks.disk(UUID, 'disk.swap')))

    def test_arrives(self):
        data = self.agree()
        self.assertIn('incoming', self.files('c'))
        handle = self.virt.start_migration(self.instance, data)
        self.assertTrue(handle.wait(20).arrived)
        _uri, params, flags = self.peer.domains[UUID]['migrated']
        self.assertEqual(['vda', 'vdb', 'vdc'], params.pop('migrate_disks'))
        for name in ('destination_xml', 'persistent_xml'):
            self.assertIn(
                os.path.join(self.destination.conf.instances_path, UUID,
                             'disk.eph0'), params.pop(name))
        self.assertEqual({}, params)
        # The fake libvirt does not say what is below a disk.
        self.assertEqual(
            orders.MIGRATE | libvirt.VIR_MIGRATE_NON_SHARED_DISK, flags)
        self.assertIn('leaving', self.files())
        for _twice in range(2):
            self.destination.finish_migration(
                self.instance, SIDE.DESTINATION, True)
            self.virt.finish_migration(self.instance, SIDE.SOURCE, True)
            self.assertEqual([], self.files())
            self.assertEqual(5, len(self.files('c')))

    def test_only_what_was_written_where_the_base_is(self):
        data = self.agree()
        data.disks['vda']['base'] = 'checksum'
        handle = self.virt.start_migration(self.instance, data)
        self.assertTrue(handle.wait(20).arrived)
        self.assertEqual(
            orders.MIGRATE | libvirt.VIR_MIGRATE_NON_SHARED_INC,
            self.peer.domains[UUID]['migrated'][2])

    def test_stays(self):
        data = self.agree()
        self.host.held = True
        handle = self.virt.start_migration(self.instance, data)
        while UUID not in self.host.jobs:
            self.assertIsNone(handle.wait(0.005))
        self.host.jobs[UUID].end(fake.error(
            libvirt.VIR_ERR_OPERATION_FAILED))
        self.assertFalse(handle.wait(20).arrived)
        for _twice in range(2):
            self.destination.finish_migration(
                self.instance, SIDE.DESTINATION, False)
            self.virt.finish_migration(self.instance, SIDE.SOURCE, False)
            self.assertEqual(5, len(self.files()))
            self.assertEqual([], self.files('c'))

    def test_what_runs_at_the_source_keeps_its_files(self):
        data = self.agree()
        self.virt._baggage.pledge(UUID, data.details['dest_storage_id'])
        self.refused(exception.HypervisorError, 'runs here although',
                     self.virt.finish_migration, self.instance, SIDE.SOURCE,
                     True)
        self.assertEqual(6, len(self.files()))

    def test_what_has_arrived_and_is_off_keeps_its_files(self):
        self.agree()
        self.peer.domains[UUID] = {'state': fake.SHUTOFF}
        self.refused(exception.HypervisorError, 'was switched off',
                     self.destination.finish_migration, self.instance,
                     SIDE.DESTINATION, False)
        self.assertEqual(6, len(self.files('c')))

    def test_shared_storage_keeps_everything(self):
        """Even if markers of an earlier block migration were left there."""
        neighbour, peer = self.make('b')
        for mark in ('incoming', 'leaving'):
            for virt in (self.virt, neighbour):
                virt._baggage._put(UUID, mark, 'elsewhere')
                data = neighbour.accept_migration(
                    self.instance, neighbour.check_migration(
                        self.instance,
                        self.virt.describe_for_migration(self.instance)))
                self.assertEqual(5, len(self.files()))
                neighbour.finish_migration(
                    self.instance, SIDE.DESTINATION, False)
                virt._baggage._put(UUID, mark, 'elsewhere')
                handle = self.virt.start_migration(self.instance, data)
                self.assertTrue(handle.wait(20).arrived)
                self.virt.finish_migration(self.instance, SIDE.SOURCE, True)
                self.assertEqual(5, len(self.files()))
                self.host.domains[UUID] = peer.domains.pop(UUID)
