"""How each kind of port is plugged into a domain."""

from xml.etree import ElementTree

from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.libvirt import interfaces
from tests.unit import base

ID = '8f6b2a10-3c4d-4e5f-9a6b-7c8d9e0f1a2b'


class InterfacesTestCase(base.TestCase):

    def add(self, vif_type, **details):
        objects.register_all()
        devices = ElementTree.Element('devices')
        interfaces.add(devices, objects.Port(
            id=ID, network_id='n', mac_address='fa:16:3e:00:00:01',
            vif_type=vif_type, details=details))
        interface, = devices
        self.assertEqual('fa:16:3e:00:00:01',
                         interface.find('mac').get('address'))
        self.assertEqual('virtio', interface.find('model').get('type'))
        return interface

    def test_bridge(self):
        interface = self.add('bridge', bridge_name='br0')
        self.assertEqual('bridge', interface.get('type'))
        self.assertEqual('br0', interface.find('source').get('bridge'))
        # What Neutron's agents look for.
        self.assertEqual('tap8f6b2a10-3c',
                         interface.find('target').get('dev'))
        self.assertIsNone(interface.find('virtualport'))

    def test_open_vswitch(self):
        port = self.add('ovs', bridge_name='br-int').find('virtualport')
        self.assertEqual(
            ('openvswitch', ID),
            (port.get('type'), port.find('parameters').get('interfaceid')))

    def test_user(self):
        interface = self.add('user')
        self.assertEqual('user', interface.get('type'))
        self.assertIsNone(interface.find('source'))

    def test_what_is_not_known(self):
        for vif_type in ('vhostuser', None):
            error = self.assertRaises(
                exception.HypervisorError, self.add, vif_type)
            self.assertIn(ID, str(error))
