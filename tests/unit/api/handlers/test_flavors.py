"""See, make and remove flavors."""

from tests.unit.api import base

COMMON = {'id', 'name', 'ram', 'disk', 'vcpus', 'swap', 'links',
          'OS-FLV-EXT-DATA:ephemeral', 'OS-FLV-DISABLED:disabled',
          'os-flavor-access:is_public', 'rxtx_factor'}


class FlavorsTestCase(base.ApiTestCase):

    def create(self, minor=base.MAX, **more):
        return self.request('POST', 'flavors', {'flavor': {
            'name': 'tiny', 'ram': 64, 'vcpus': 1, 'disk': 1, **more}},
            minor=minor)

    def test_members(self):
        for minor in (1, 55, 61, base.MAX):
            more = {'description'} if minor >= 55 else set()
            brief = self.get('flavors', minor=minor)['flavors'][0]
            self.assertEqual({'id', 'name', 'links'} | more, set(brief))
            if minor >= 61:
                more.add('extra_specs')
            for flavor in (
                    self.get('flavors/detail', minor=minor)['flavors'][0],
                    self.get('flavors/1', minor=minor)['flavor']):
                self.assertEqual(COMMON | more, set(flavor))

    def test_swap(self):
        for minor, swap in ((74, ''), (75, 0)):
            self.assertEqual(
                swap, self.get('flavors/1', minor=minor)['flavor']['swap'])

    def test_create_as_clients_do(self):
        for more, flavor_id in (
                ({'id': None}, None), ({'id': 'auto', 'name': 'b'}, None),
                ({'id': 77, 'name': 'c', 'ram': '64',
                  'os-flavor-access:is_public': 'True'}, '77'),
                ({'id': '78', 'name': 'd', 'swap': 0,
                  'OS-FLV-EXT-DATA:ephemeral': 0, 'rxtx_factor': 1.0},
                 '78')):
            result = self.create(**more)
            self.assertEqual(200, result.status_code, result.text)
            flavor = result.json['flavor']
            self.assertEqual(64, flavor['ram'])
            self.assertIs(True, flavor['os-flavor-access:is_public'])
            self.assertIn(flavor_id, (None, flavor['id']))

    def test_create_refused(self):
        self.create(id='9')
        for code, more in ((409, {'id': '9', 'name': 'x'}),
                           (400, {'ram': 0}), (400, {'name': ''}),
                           (400, {'nonsense': 1}), (400, {'id': ' 1'})):
            self.assertEqual(code, self.create(**more).status_code, more)
        self.assertEqual(400, self.create(
            minor=54, description='d').status_code)

    def test_delete(self):
        self.create(id='9')
        self.assertEqual(202, self.request(
            'DELETE', 'flavors/9').status_code)
        for method in ('GET', 'DELETE'):
            self.assert_fault(404, 'Flavor 9', self.request(
                method, 'flavors/9'))

    def test_private(self):
        self.create(id='9', **{'os-flavor-access:is_public': False})
        for query, count in (('', 2), ('?is_public=None', 3),
                             ('?is_public=True', 2), ('?is_public=0', 1)):
            self.assertEqual(count, len(self.get('flavors' + query)[
                'flavors']))

    def test_filters_and_pages(self):
        for query, names in (('?minRam=200', ['m1.small']),
                             ('?minDisk=2', []),
                             ('?marker=1', ['m1.small']),
                             ('?limit=1', ['m1.ticker'])):
            body = self.get('flavors' + query)
            self.assertEqual(names, [
                flavor['name'] for flavor in body['flavors']])
        self.assertIn('marker=1', body['flavors_links'][0]['href'])
        self.assertEqual(400, self.request(
            'GET', 'flavors?minRam=much').status_code)

    def test_extra_specs(self):
        self.assertEqual({'extra_specs': {}},
                         self.get('flavors/1/os-extra_specs'))
