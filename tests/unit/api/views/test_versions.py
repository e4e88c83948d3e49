"""Version documents."""

from tests.unit.api import base


class VersionsTestCase(base.ApiTestCase):

    def test_root(self):
        old, new = self.get('/')['versions']
        self.assertEqual('v2.0', old['id'])
        self.assertEqual(('v2.1', 'CURRENT', '2.1', '2.%d' % base.MAX), tuple(
            new[name] for name in ('id', 'status', 'min_version', 'version')))

    def test_links_can_be_followed(self):
        for version in self.get('/')['versions']:
            link, = version['links']
            path = '/' + link['href'].split('/', 3)[3]
            found = self.get(path)['version']
            self.assertEqual(version['id'], found['id'])
            self.assertIn(link, found['links'])

    def test_what_clients_insist_on(self):
        version = self.get('/v2.1')['version']
        for name in ('id', 'status', 'links', 'version', 'min_version',
                     'updated', 'media-types'):
            self.assertTrue(version[name], name)

    def test_identity(self):
        version = self.get('/identity/v3')['version']
        self.assertEqual(('v3.14', 'stable'),
                         (version['id'], version['status']))
        self.assertTrue(version['links'][0]['href'].endswith('/identity/v3/'))

    def test_catalogues(self):
        for path, name in (('/image', 'v2.16'), ('/network', 'v2.0')):
            version, = self.get(path)['versions']
            self.assertEqual(name, version['id'])
            self.assertEqual('CURRENT', version['status'])
