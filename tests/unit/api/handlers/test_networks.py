"""The built-in network catalogue."""

from falcon import testing

from nova_gs.api.handlers import networks
from tests.unit.api import base


class NetworksTestCase(base.ApiTestCase):

    def test_filters(self):
        for query, count in (('', 1), ('?shared=True', 1),
                             ('?shared=False', 0), ('?name=isolated', 1),
                             ('?name=public', 0), ('?fields=id', 1),
                             ('?router:external=True', 0)):
            found = self.get('/network/v2.0/networks' + query)['networks']
            self.assertEqual(count, len(found), query)

    def test_one(self):
        network, = networks.NETWORKS
        path = '/network/v2.0/networks/'
        self.assertEqual({'network': network}, self.get(path + network['id']))
        self.assert_fault(404, 'Network', self.request('GET', path + 'x'))

    def test_those_of_the_configuration(self):
        self.flags(group='network', networks=['lan', 'dmz=br1'])
        self.client = testing.TestClient(self.make_app())
        path = '/network/v2.0/networks'
        self.assertEqual(
            ['isolated', 'lan', 'dmz'],
            [one['name'] for one in self.get(path)['networks']])
        one, = self.get(path + '?name=dmz')['networks']
        self.assertIn('br1', one['description'])
        self.assertEqual({'network': one}, self.get(path + '/' + one['id']))

    def test_what_else_clients_look_for(self):
        for name in networks.EMPTY:
            self.assertEqual({name: []}, self.get('/network/v2.0/' + name))
        self.assertEqual(404, self.request(
            'GET', '/network/v2.0/firewalls').status_code)
        self.assertEqual('networks', self.get('/network/v2.0')['resources'][
            0]['collection'])
