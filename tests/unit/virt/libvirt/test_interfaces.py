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


class RewireTestCase(base.TestCase):
    """The same interface on another host."""

    MAC = 'fa:16:3e:00:00:01'

    def setUp(self):
        super().setUp()
        objects.register_all()

    def port(self, vif_type, **details):
        return objects.Port(id=ID, network_id='n', mac_address=self.MAC,
                            vif_type=vif_type, details=details)

    def xml(self, port):
        domain = ElementTree.Element('domain')
        interfaces.add(ElementTree.SubElement(domain, 'devices'), port)
        interface = domain.find('devices/interface')
        ElementTree.SubElement(interface, 'address', slot='0x02')
        ElementTree.SubElement(interface, 'backend', tap='/dev/net/tun')
        return ElementTree.tostring(domain, encoding='unicode')

    def rewire(self, before, after, plugged=()):
        """Return an interface's type, source, target and the rest."""
        interface, = ElementTree.fromstring(interfaces.rewire(
            self.xml(before), [after], plugged)).find('devices')
        found = {one.tag: one.attrib for one in interface}
        self.assertEqual({'slot': '0x02'}, found.pop('address'))
        self.assertEqual({'address': self.MAC}, found.pop('mac'))
        self.assertEqual({'type': 'virtio'}, found.pop('model'))
        found.pop('rom')
        return interface.get('type'), found

    def test_other_bridge(self):
        self.assertEqual(
            ('bridge', {'source': {'bridge': 'br1'},
                        'target': {'dev': 'tap8f6b2a10-3c'}}),
            self.rewire(self.port('user'),
                        self.port('bridge', bridge_name='br1')))

    def test_tap_that_is_there(self):
        self.assertEqual(
            ('ethernet', {'target': {'dev': 'tap8f6b2a10-3c',
                                     'managed': 'no'}}),
            self.rewire(self.port('bridge', bridge_name='br0'),
                        self.port('bridge', bridge_name='br1'), [ID]))

    def test_user(self):
        self.assertEqual(('user', {}), self.rewire(
            self.port('bridge', bridge_name='br0'), self.port('user'), [ID]))

    def test_interface_of_nobody(self):
        other = self.port('user')
        other.mac_address = 'fa:16:3e:00:00:02'
        self.assertEqual('bridge', self.rewire(
            self.port('bridge', bridge_name='br0'), other)[0])

    def test_what_is_seen(self):
        user, bridged = self.xml(self.port('user')), self.xml(
            self.port('bridge', bridge_name='br0'))
        self.assertFalse(interfaces.has_wires(user))
        self.assertTrue(interfaces.has_wires(bridged))
        self.assertEqual(set(), interfaces.taps_needed(bridged))
        self.assertEqual({'tap8f6b2a10-3c'}, interfaces.taps_needed(
            interfaces.rewire(bridged, [self.port('bridge')], [ID])))
