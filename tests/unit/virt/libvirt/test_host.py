import socket
from unittest import mock

import libvirt

from nova_gs import exception
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import disks
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import host
from tests.fixtures import libvirt as fake
from tests.unit import base


class TestHost(base.TestCase):

    def setUp(self):
        super().setUp()
        world = fake.World()
        self.hypervisor = world.host('a')
        storage = disks.Disks(self.conf.state_path, 'a')
        self.host = host.Host(
            self.conf, connections.Connector('fake://a', world.open),
            storage)

    def test_describe(self):
        self.flags('libvirt', live_migration_inbound_addr='192.0.2.7')
        facts = self.host.describe()
        self.assertEqual(
            ('QEMU', 7002000, 'a', '192.0.2.7', 4, 2048),
            (facts.hypervisor_type, facts.hypervisor_version,
             facts.hypervisor_hostname, facts.host_ip, facts.vcpus,
             facts.memory_mb))
        self.assertEqual(
            {'arch': 'x86_64', 'model': 'Nehalem', 'vendor': 'Intel',
             'topology': {'sockets': 1, 'cores': 2, 'threads': 2},
             'features': ['avx', 'vmx']}, facts.cpu_info)

    def test_address_of_the_name(self):
        self.conf.set_override('host', 'localhost')
        self.assertEqual('127.0.0.1', self.host.describe().host_ip)

    def test_address_of_a_name_that_nobody_knows(self):
        with mock.patch.object(socket, 'gethostbyname',
                               autospec=True) as resolve:
            resolve.side_effect = socket.gaierror('not known')
            for _twice in range(2):
                self.assertEqual('127.0.0.1', self.host.describe().host_ip)
            resolve.assert_called_once_with('host1')

    def test_describe_without_libvirtd(self):
        self.hypervisor.stop()
        self.assertRaises(exception.HypervisorUnavailable,
                          self.host.describe)

    def test_kvm_where_it_works(self):
        self.hypervisor.virt_types.append('kvm')
        self.assertEqual('kvm', self.host.virt_type())
        self.assertEqual('kvm', self.host.virt_type())
        self.assertEqual(
            1, self.hypervisor.calls.count('getDomainCapabilities'))
        self.assertEqual({}, self.hypervisor.domains)

    def test_kvm_is_tried(self):
        self.hypervisor.virt_types.append('kvm')
        self.hypervisor.fail('createXML', libvirt.VIR_ERR_INTERNAL_ERROR)
        self.assertEqual('qemu', self.host.virt_type())
        self.assertEqual({}, self.hypervisor.domains)

    def test_qemu_where_it_does_not(self):
        self.assertEqual('qemu', self.host.virt_type())
        self.assertEqual(
            domain_xml.Platform('qemu', 'pc', self.host._disks.cache_mode(),
                                has_screen=True),
            self.host.platform())

    def test_kvm_is_not_ruled_out_by_a_lost_connection(self):
        self.hypervisor.stop()
        self.assertRaises(exception.HypervisorUnavailable,
                          self.host.virt_type)
        self.hypervisor.up = True
        self.hypervisor.virt_types.append('kvm')
        self.assertEqual('kvm', self.host.virt_type())

    def test_what_is_asked_for_must_work(self):
        self.flags('libvirt', virt_type='kvm')
        error = self.assertRaises(
            exception.HypervisorError, self.host.virt_type)
        self.assertIn('cannot run kvm guests of machine type pc', str(error))

    def test_what_is_asked_for(self):
        self.hypervisor.virt_types.append('kvm')
        self.flags('libvirt', virt_type='qemu')
        self.assertEqual('qemu', self.host.virt_type())
