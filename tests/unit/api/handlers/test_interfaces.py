"""The interfaces of a server, and its addresses."""

from nova_gs.api import middleware
from nova_gs import objects
from tests.unit.api import base
from tests.unit.api.handlers import test_locks as users


class InterfacesTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.instance = self.add_instance(ports=[
            objects.Port(
                id='p', network_id='n', network_name='lan', tag='t',
                mac_address='fa:16:3e:00:00:01', fixed_ips=[
                    {'ip_address': '192.0.2.7', 'subnet_id': 's'},
                    {'ip_address': '2001:db8::7', 'subnet_id': 's6'}]),
            objects.Port(network_id='n')])
        self.path = 'servers/%s/os-interface' % self.instance.uuid

    def test_those_that_are_made(self):
        one, = self.get(self.path)['interfaceAttachments']
        self.assertEqual(
            {'port_id': 'p', 'net_id': 'n', 'tag': 't',
             'mac_addr': 'fa:16:3e:00:00:01', 'port_state': 'ACTIVE',
             'fixed_ips': [
                 {'ip_address': '192.0.2.7', 'subnet_id': 's'},
                 {'ip_address': '2001:db8::7', 'subnet_id': 's6'}]}, one)
        self.assertEqual({'interfaceAttachment': one},
                         self.get(self.path + '/p'))
        self.assertNotIn('tag', self.get(self.path + '/p', minor=69)[
            'interfaceAttachment'])

    def test_one_that_is_not_there(self):
        self.assert_fault(404, 'q', self.request('GET', self.path + '/q'))

    def test_of_others(self):
        self.patch(middleware.Identity, '_nobody_checked', users.identify)
        self.assertEqual(404, self.request(
            'GET', self.path, token=users.OWNER).status_code)

    def test_addresses(self):
        server = self.get('servers/' + self.instance.uuid)['server']
        self.assertEqual(
            {'lan': [('192.0.2.7', 4), ('2001:db8::7', 6)]},
            {name: [(one['addr'], one['version']) for one in addresses]
             for name, addresses in server['addresses'].items()})
        self.assertEqual(
            ('fixed', 'fa:16:3e:00:00:01'),
            tuple(server['addresses']['lan'][0][name] for name in (
                'OS-EXT-IPS:type', 'OS-EXT-IPS-MAC:mac_addr')))
