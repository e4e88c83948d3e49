"""Networks of the configuration."""

from nova_gs import exception
from nova_gs import network
from nova_gs.network import built_in
from nova_gs import objects
from tests.unit import base

LAN, DMZ = built_in.id_of('lan'), built_in.id_of('dmz')


class BuiltInTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()

    def network(self, *networks):
        self.flags(group='network', networks=list(networks))
        return network.load(self.conf)

    def resolve(self, wanted, *networks):
        """Return the names of the networks that ports are on."""
        return [port.network_name for port in self.network(
            *networks or ('lan', 'dmz = br1')).resolve(None, wanted)]

    def test_resolve(self):
        for wanted, names in (
                ('none', []), ('auto', ['lan']), (None, ['lan']),
                ([], ['lan']), ([{'uuid': DMZ}], ['dmz']),
                ([{'uuid': LAN}, {'uuid': DMZ}], ['lan', 'dmz']),
                ([{'uuid': built_in.ISOLATED}], [])):
            self.assertEqual(names, self.resolve(wanted), wanted)

    def test_without_networks(self):
        ports = self.network().resolve(None, 'auto')
        self.assertEqual([], ports)

    def test_refused(self):
        for wanted in ([{'uuid': 'x'}], [{'port': 'p'}],
                       [{'uuid': LAN, 'fixed_ip': '192.0.2.1'}]):
            self.assertRaises(exception.Invalid, self.resolve, wanted)

    def test_each_port_is_another(self):
        one, two = self.network('lan').resolve(
            None, [{'uuid': LAN, 'tag': 'a'}, {'uuid': LAN}])
        self.assertEqual(('a', None), (one.tag, two.tag))
        self.assertNotEqual(one.id, two.id)
        for port in (one, two):
            self.assertRegex(port.mac_address,
                             r'^fa:16:3e(:[0-9a-f]{2}){3}$')

    def test_bind(self):
        networks = self.network('lan', 'dmz=br1')
        ports = networks.resolve(None, [{'uuid': LAN}, {'uuid': DMZ}])
        bound, awaited = networks.bind(None, None, ports, 'host1')
        self.assertEqual(
            [('user', {}), ('bridge', {'bridge_name': 'br1'})],
            [(port.vif_type, port.details) for port in bound])
        self.assertEqual([], awaited)
        self.assertIsNone(ports[0].vif_type)

    def test_host_that_has_other_networks(self):
        ports = self.network('lan').resolve(None, 'auto')
        error = self.assertRaises(
            exception.NetworkFailed, self.network('dmz').bind, None, None,
            ports, 'host1')
        self.assertIn('lan', str(error))

    def test_nonsense(self):
        for networks in (['=br0'], ['lan', 'lan=br0']):
            error = self.assertRaises(
                exception.ConfigurationError, self.network, *networks)
            self.assertIn('[network] networks', str(error))
