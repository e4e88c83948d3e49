import os

import libvirt

from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.libvirt import baggage
from nova_gs.virt.libvirt import compatibility
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import disks
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import host
from tests.fixtures import conf as conf_fixture
from tests.fixtures import libvirt as fake
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
XML = ('<domain type="%s"><os><type machine="pc-7">hvm</type></os>'
       '<cpu><model>Nehalem</model></cpu></domain>')


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.world = fake.World()
        self.path = self.conf.state_path + '/instances'
        self.source, self.a = self.make('a')
        self.destination, self.b = self.make('b')
        self.a.domains[UUID] = {'state': fake.RUNNING, 'xml': XML % 'qemu'}
        self.storage.create(
            objects.Instance(uuid=UUID, root_gb=0), self.image())

    def image(self):
        path = self.conf.state_path + '/image'
        with open(path, 'wb') as image:
            image.truncate(1 << 20)
        return objects.Image(
            id='zeros', path=path, disk_format='raw', checksum=(
                '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909'
                'fcb58'))

    def make(self, name, path=None):
        conf = self.useFixture(conf_fixture.Conf()).conf
        conf.set_override('host', name)
        conf.set_override('live_migration_uri', 'fake://%s?no_tty=%2f',
                          group='libvirt')
        hypervisor = self.world.host(name)
        hypervisor.machines.append('pc-7')
        connector = connections.Connector(hypervisor.uri, self.world.open)
        self.storage = disks.Disks(path or self.path, name)
        self.storage.prepare()
        return compatibility.Compatibility(
            conf, connector, self.storage,
            host.Host(conf, connector, self.storage),
            baggage.Baggage(self.storage, name)), hypervisor

    def refused(self, text, check, *arguments):
        error = self.assertRaises(
            exception.MigrationPreCheckError, check, *arguments)
        self.assertIn(text, str(error))


class TestCompatibility(TestCase):

    def test_both_agree(self):
        data = self.source.describe(UUID)
        self.assertEqual(
            ('a', 'QEMU', 7002000, 'pc-7', 'qemu'),
            (data.source_host, data.hypervisor_type, data.hypervisor_version,
             data.machine_type, data.details['virt_type']))
        data = self.destination.complete(UUID, data)
        self.assertIs(False, data.block_migration)
        self.assertEqual(('b', 'fake://b?no_tty=%2f', None), (
            data.dest_host, data.target_uri, data.target_addr))
        self.assertNotIn('compareHypervisorCPU', self.b.calls)
        self.destination.check_room(UUID, data)

    def test_address(self):
        self.destination._conf.set_override(
            'live_migration_inbound_addr', '192.0.2.2', group='libvirt')
        data = self.destination.complete(UUID, self.source.describe(UUID))
        self.assertEqual('192.0.2.2', data.target_addr)

    def test_screen_on_an_address_of_the_source(self):
        self.a.domains[UUID]['xml'] = (XML % 'qemu').replace('<cpu>', (
            '<devices><graphics type="vnc"><listen type="address" '
            'address="192.0.2.1"/></graphics></devices><cpu>'))
        data = self.source.describe(UUID)
        self.refused('[vnc] server_listen', self.destination.complete, UUID,
                     data)
        self.destination._conf.set_override(
            'server_listen', '192.0.2.1', group='vnc')
        self.destination.complete(UUID, data)

    def test_screen_anywhere_or_an_older_source(self):
        data = self.source.describe(UUID)
        self.assertEqual('', data.details['screen_listen'])
        for details in ({'screen_listen': '0.0.0.0'},
                        {'screen_listen': '::'}, {}):
            data.details.pop('screen_listen', None)
            data.details.update(details)
            self.destination.complete(UUID, data)

    def test_source_has_no_such_guest(self):
        self.assertRaises(exception.GuestNotFound,
                          self.destination.describe, UUID)

    def test_guest_is_off(self):
        self.a.domains[UUID]['state'] = fake.SHUTOFF
        self.refused('is not running on host a (it is shutdown)',
                     self.source.describe, UUID)

    def test_guest_stands_still(self):
        self.assertEqual('', self.source.describe(UUID).details['paused'])
        self.a.domains[UUID]['state'] = (libvirt.VIR_DOMAIN_PAUSED,
                                         libvirt.VIR_DOMAIN_PAUSED_USER)
        self.assertEqual('1', self.source.describe(UUID).details['paused'])

    def test_guest_is_busy(self):
        self.a.jobs[UUID] = fake.Job()
        self.refused('still busy', self.source.describe, UUID)

    def test_guest_without_storage_id(self):
        self.storage.remove(UUID)
        self.refused('storage-id', self.source.describe, UUID)

    def test_same_host(self):
        self.refused('are the same host a', self.source.complete, UUID,
                     self.source.describe(UUID))

    def test_storage_elsewhere(self):
        other, _host = self.make('c', self.conf.state_path + '/else')
        data = self.source.describe(UUID)
        data.block_migration = False
        self.refused('not shared', other.complete, UUID, data)

    def test_storage_of_another_one(self):
        data = self.source.describe(UUID)
        for storage_id, mode in (('', None), ('other', False)):
            data.details['storage_id'] = storage_id
            data.block_migration = mode
            self.refused('not shared', self.destination.complete, UUID, data)

    def test_guest_is_there_already(self):
        self.b.domains[UUID] = {'state': fake.SHUTOFF}
        self.refused(
            'virsh undefine ' + domain_xml.name_of(UUID),
            self.destination.complete, UUID, self.source.describe(UUID))

    def test_other_hypervisor(self):
        data = self.source.describe(UUID)
        data.hypervisor_type = 'Xen'
        self.refused('host a runs Xen, host b runs QEMU',
                     self.destination.complete, UUID, data)

    def test_older_hypervisor(self):
        self.b.version = 6001005
        self.refused('QEMU on host b (6.1.5) is older than on host a (7.2.0)',
                     self.destination.complete, UUID,
                     self.source.describe(UUID))
        self.b.version = 8000000
        self.destination.complete(UUID, self.source.describe(UUID))

    def test_no_such_machine(self):
        self.b.machines.remove('pc-7')
        self.refused('Host b cannot run qemu guests of machine type pc-7',
                     self.destination.complete, UUID,
                     self.source.describe(UUID))

    def test_processor(self):
        self.a.domains[UUID]['xml'] = XML % 'kvm'
        self.b.virt_types.append('kvm')
        data = self.source.describe(UUID)
        for result in (libvirt.VIR_CPU_COMPARE_IDENTICAL,
                       libvirt.VIR_CPU_COMPARE_SUPERSET):
            self.b.cpu_result = result
            self.destination.complete(UUID, data)
        self.b.cpu_result = libvirt.VIR_CPU_COMPARE_INCOMPATIBLE
        self.refused('processors of host b', self.destination.complete, UUID,
                     data)


class TestBlockMigration(TestCase):
    """Of a guest whose files the destination does not see."""

    def setUp(self):
        super().setUp()
        self.other, self.c = self.make('c', self.conf.state_path + '/else')
        directory = os.path.join(self.path, UUID)
        base_ = os.path.join(self.path, '_base', 'checksum')
        self.drives = (
            '<devices><disk><driver type="qcow2"/><source file="%s/disk"/>'
            '<backingStore type="file"><format type="raw"/>'
            '<source file="%s"/></backingStore><target dev="vda"/></disk>'
            '</devices></domain>' % (directory, base_))
        self.set_drives(self.drives)

    def set_drives(self, drives):
        self.a.domains[UUID]['xml'] = (XML % 'qemu').replace(
            '</domain>', drives)

    def test_described(self):
        data = self.source.describe(UUID)
        used = data.disks['vda'].pop('used')
        self.assertGreater(used, 0)
        self.assertEqual({'vda': {
            'file': 'disk', 'format': 'qcow2', 'size': 1 << 20,
            'base': 'checksum', 'base_format': 'raw'}}, data.disks)

    def test_when_need_be(self):
        for mode in (None, True):
            data = self.source.describe(UUID)
            data.block_migration = mode
            self.assertIs(True, self.other.complete(
                UUID, data).block_migration)
        self.assertIs(False, self.destination.complete(
            UUID, self.source.describe(UUID)).block_migration)

    def test_not_wanted(self):
        data = self.source.describe(UUID)
        data.block_migration = False
        self.refused('or ask for a block migration', self.other.complete,
                     UUID, data)

    def test_not_of_what_is_shared(self):
        data = self.source.describe(UUID)
        data.block_migration = True
        self.refused('nothing to copy', self.destination.complete, UUID, data)

    def test_not_onto_itself(self):
        """The same storage, which the destination has at another path."""
        link = self.conf.state_path + '/link'
        os.symlink(self.path, link)
        other, _host = self.make('d', link)
        for mode in (None, True, False):
            data = self.source.describe(UUID)
            data.block_migration = mode
            self.refused('at the same path', other.complete, UUID, data)

    def test_files_elsewhere(self):
        for drives in (self.drives.replace('/disk"', '/deeper/disk"'),
                       self.drives.replace('_base', 'bases'),
                       self.drives.replace('file="', 'dev="', 1)):
            self.set_drives(drives)
            self.refused('has disks of it elsewhere', self.other.complete,
                         UUID, self.source.describe(UUID))

    def test_source_that_is_too_old(self):
        data = objects.MigrateData.obj_from_primitive(
            self.source.describe(UUID).obj_to_primitive(
                target_version='1.0'))
        self.refused('host a is too old', self.other.complete, UUID, data)

    def test_something_is_in_the_way(self):
        path = os.path.join(self.conf.state_path, 'else', UUID)
        os.makedirs(path)
        with open(path + '/disk', 'w'):
            pass
        self.refused(path + ' on host c is in the way', self.other.complete,
                     UUID, self.source.describe(UUID))

    def test_no_space(self):
        data = self.source.describe(UUID)
        data.disks['vda']['used'] = 1 << 60
        self.refused('MiB left', self.other.complete, UUID, data)
