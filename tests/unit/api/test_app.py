"""What is the same for every request."""

import sys

import falcon
from falcon import testing
import fixtures

from nova_gs.api import app
from nova_gs import exception
from tests.unit.api import base


class EveryRequestTestCase(base.ApiTestCase):

    def test_request_ids_are_one(self):
        first, second = (self.request('GET', 'servers') for _ in range(2))
        ours = first.headers['x-openstack-request-id']
        self.assertEqual(ours, first.headers['x-compute-request-id'])
        self.assertNotEqual(ours, second.headers['x-compute-request-id'])

    def test_request_id_also_of_errors(self):
        for path in ('nothing', 'servers/nothing'):
            result = self.request('GET', path)
            self.assertIn('x-openstack-request-id', result.headers)
            self.assert_fault(404, 'could not be found', result)

    def test_a_database_that_is_away_is_told_and_not_logged_each_time(self):
        log = self.useFixture(fixtures.FakeLogger('nova_gs.api.faults'))

        def away(*args, **kwargs):
            raise exception.DatabaseUnavailable(
                condition='does not answer',
                effect=exception.DatabaseUnavailable.NOT_READ)

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.InstanceList.get_by_filters', away))
        self.assert_fault(503, 'the database does not answer',
                          self.request('GET', 'servers'))
        self.assertEqual('', log.output)

    def test_version_is_echoed(self):
        headers = self.request('GET', 'servers', minor=47).headers
        self.assertEqual('compute 2.47', headers['openstack-api-version'])
        self.assertEqual('2.47', headers['x-openstack-nova-api-version'])
        self.assertIn('OpenStack-API-Version', headers['vary'])

    def test_version_out_of_range(self):
        self.assert_fault(406, 'Maximum'.lower(), self.request(
            'GET', 'servers', minor=base.MAX + 1))

    def test_documents_take_no_version(self):
        result = self.request('GET', '/v2.1', minor=base.MAX + 1)
        self.assertEqual(200, result.status_code)

    def test_slash_at_the_end(self):
        for path in ('/v2.1/', '/v2.1/servers/', '/image/', '/network/'):
            result = self.request('GET', path)
            self.assertIn(result.status_code, (200, 300), path)

    def test_wrong_method(self):
        self.assert_fault(405, 'Not Allowed',
                          self.request('DELETE', 'servers'))

    def test_not_json(self):
        for body, kind, code in (
                (b'{"server"', 'application/json', 400),
                (b'', 'application/json', 400),
                (b'<server/>', 'application/xml', 415)):
            result = self.client.simulate_post(
                '/v2.1/servers', body=body, headers={'Content-Type': kind})
            self.assertEqual(code, result.status_code)

    def test_action_needs_one_known_name(self):
        instance = self.add_instance()
        path = 'servers/%s/action' % instance.uuid
        for body in ({}, {'reboot': {'type': 'SOFT'}, 'os-stop': None},
                     {'dance': None}, ['reboot'], None):
            self.assertEqual(
                400, self.request('POST', path, body).status_code)

    def test_bug_shows_no_insides(self):
        def broken(*args):
            raise KeyError('secret')
        self.compute.get_console_output = broken
        result = self.act(self.add_instance(), 'os-getConsoleOutput', {})
        self.assert_fault(500, 'KeyError', result)
        self.assertNotIn('secret', result.text)
        self.assertIn(result.headers['x-openstack-request-id'], result.text)


class KeystoneTestCase(base.ApiTestCase):
    """Users told apart by the headers that keystonemiddleware adds."""

    def make_app(self):
        self.flags(group='api', auth_strategy='keystone')
        self.patch(app, '_keystone', lambda conf, wsgi: _Guard(wsgi))
        return super().make_app()

    def _get(self, path, user=None, roles='member,reader', **kwargs):
        headers = {'X-User-Id': user, 'X-Project-Id': user,
                   'X-Roles': roles} if user else {}
        return self.client.simulate_get(path, headers=headers, **kwargs)

    def test_discovery_needs_no_token(self):
        for path in ('/', '/v2.1', '/v2.1/', '/v2', '/identity/v3', '/image',
                     '/network/', '/network/v2.0'):
            self.assertIn(self._get(path).status_code, (200, 300), path)

    def test_everything_else_does(self):
        for path in ('/v2.1/servers', '/image/v2/images',
                     '/network/v2.0/networks'):
            self.assertEqual(401, self._get(path).status_code, path)
            self.assertEqual(
                200, self._get(path, user='u').status_code, path)

    def test_other_projects_servers_do_not_exist(self):
        mine = self.add_instance(project_id='u', user_id='u')
        others = self.add_instance(project_id='v')
        found = self._get('/v2.1/servers', user='u').json['servers']
        self.assertEqual([mine.uuid], [server['id'] for server in found])
        self.assertEqual(404, self._get(
            '/v2.1/servers/' + others.uuid, user='u').status_code)
        self.assertEqual(200, self._get(
            '/v2.1/servers/' + others.uuid, user='w',
            roles='admin').status_code)

    def test_what_only_administrators_may(self):
        for path in ('os-services', 'os-hypervisors', 'os-migrations',
                     'servers?all_tenants=1'):
            result = self._get('/v2.1/' + path, user='u')
            self.assert_fault(403, "Policy doesn't allow", result)
            self.assertEqual(200, self._get(
                '/v2.1/' + path, user='u', roles='admin').status_code)

    def test_users_do_not_see_hosts(self):
        mine = self.add_instance(project_id='u', user_id='u')
        server = self._get('/v2.1/servers/' + mine.uuid,
                           user='u').json['server']
        self.assertNotIn('OS-EXT-SRV-ATTR:host', server)
        self.assertIn('hostId', server)
        found = self._get('/v2.1/servers', user='u',
                          params={'host': 'elsewhere'}).json['servers']
        self.assertEqual(1, len(found))

    def test_without_the_package(self):
        self.flags(group='api', auth_strategy='keystone')
        self.patch(app, '_keystone', _REAL_KEYSTONE)
        # None makes the import fail, installed or not.
        self.useFixture(fixtures.MonkeyPatch(
            'sys.modules', {**sys.modules, 'keystonemiddleware': None}))
        error = self.assertRaises(
            exception.ConfigurationError, app.create, self.conf, None, None,
            None)
        self.assertIn('auth_strategy', str(error))


_REAL_KEYSTONE = app._keystone


class _Guard:
    """Lets pass whoever has a user id, as keystonemiddleware would."""

    def __init__(self, application):
        self._application = application

    def __call__(self, environ, start_response):
        if 'HTTP_X_USER_ID' in environ:
            return self._application(environ, start_response)
        start_response('401 Unauthorized', [('Content-Type', 'text/plain')])
        return [b'Authentication required']


class FrameworkTestCase(testing.TestCase):
    """What is taken for granted of Falcon."""

    def test_fixed_names_come_before_parameters(self):
        class Say:
            def __init__(self, word):
                self.on_get = lambda req, resp, **names: setattr(
                    resp, 'text', self.word)
                self.word = word

        wsgi = falcon.App()
        wsgi.add_route('/servers/{server_id}', Say('one'))
        wsgi.add_route('/servers/detail', Say('all'))
        client = testing.TestClient(wsgi)
        self.assertEqual('all', client.simulate_get('/servers/detail').text)
        self.assertEqual('one', client.simulate_get('/servers/a').text)
