"""The built-in image catalogue."""

from nova_gs import objects
from tests.unit.api import base


class ImagesTestCase(base.ApiTestCase):

    def names(self, query=''):
        return [image['name'] for image in
                self.get('/image/v2/images' + query)['images']]

    def setUp(self):
        super().setUp()
        self.other = objects.Image(
            self.ctxt, id='6d9b1a3e-5f0c-4c1d-9d0a-0e5f6a7b8c90',
            name='other', path='/images/other', disk_format='qcow2',
            size=2048, checksum='11' * 32)
        self.other.create()

    def test_root_as_glance_answers(self):
        self.assertEqual(300, self.request('GET', '/image').status_code)
        self.assertEqual(300, self.request('GET', '/image/').status_code)

    def test_filters(self):
        both = 'in:%s,%s' % (self.image.id, self.other.id)
        for query, names in (
                ('', ['other', 'ticker']),
                ('?id=' + both, ['other', 'ticker']),
                ('?id=in:' + self.other.id, ['other']),
                ('?name=ticker', ['ticker']),
                ('?name=none', []),
                ('?name=in:%22other%22', ['other']),
                ('?status=active&disk_format=raw', ['ticker'])):
            self.assertEqual(names, sorted(self.names(query)), query)

    def test_pages(self):
        first = self.get('/image/v2/images?limit=1')
        rest = self.get('/image' + first['next'])
        self.assertEqual(1, len(rest['images']))
        self.assertNotEqual(first['images'], rest['images'])

    def test_one(self):
        image = self.get('/image/v2/images/' + self.other.id)
        self.assertEqual(
            ('other', 'active', 'qcow2', 2048, 'sha256', '11' * 32),
            tuple(image[name] for name in (
                'name', 'status', 'disk_format', 'size', 'os_hash_algo',
                'os_hash_value')))
        self.assertNotIn('path', image)
        self.assert_fault(404, 'Image x', self.request(
            'GET', '/image/v2/images/x'))
