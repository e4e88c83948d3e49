"""The small client of the API, against a server that says what it is told."""

import http.server
import json
import threading

from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors
from tests.unit import base


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers from ``server.answers``: {(method, path): [answer, ...]}.

    An answer is (status, body); the last one is given again and again.
    """

    protocol_version = 'HTTP/1.1'

    def answer(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers),
                                 json.loads(body) if body else None))
        answers = self.server.answers.get((self.command, self.path)) or [
            (404, {'itemNotFound': {'code': 404, 'message': 'no such'}})]
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        data = b'' if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(data)))
        self.send_header('x-openstack-request-id', 'req-1')
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *args):
        pass


class ClientTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(
            ('127.0.0.1', 0), Handler)
        self.server.answers, self.server.seen = {}, []
        thread = threading.Thread(
            target=self.server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.client = api_client.Client(
            'http://127.0.0.1:%d' % self.server.server_port)

    def on(self, method, path, *answers):
        self.server.answers[method, path] = list(answers)

    def test_path_is_below_the_version_or_the_root(self):
        self.on('GET', '/v2.1/x', (200, {'a': 1}))
        self.on('GET', '/x', (300, {'a': 2}))
        self.assertEqual({'a': 1}, self.client.get('x'))
        self.assertEqual({'a': 2}, self.client.get('/x'))

    def test_both_microversion_headers_are_sent(self):
        self.on('GET', '/v2.1/x', (200, {}))
        self.client.request('GET', 'x', microversion='2.1')
        headers = self.server.seen[0][2]
        self.assertEqual('compute 2.1', headers['OpenStack-API-Version'])
        self.assertEqual('2.1', headers['X-OpenStack-Nova-API-Version'])

    def test_refusal_has_status_and_sentence(self):
        self.on('POST', '/v2.1/x', (409, {'conflictingRequest': {
            'code': 409, 'message': 'Host a is draining'}}))
        error = self.assertRaises(
            api_client.ApiError, self.client.request, 'POST', 'x', {})
        self.assertEqual(409, error.status)
        self.assertIn('Host a is draining', str(error))
        self.assertEqual('req-1', error.response.request_id)

    def test_nobody_there(self):
        client = api_client.Client('http://127.0.0.1:1')
        self.assertFalse(client.answers())
        self.assertRaises(api_client.ApiUnreachable, client.get, 'x')

    def test_answers(self):
        self.on('GET', '/', (300, {}))
        self.assertTrue(self.client.answers())
        self.on('GET', '/', (500, None))
        self.assertFalse(self.client.answers())

    def test_create_server(self):
        self.on('GET', '/image/v2/images', (200, {'images': [
            {'id': 'i-1', 'name': 'ticker'}]}))
        self.on('POST', '/v2.1/servers', (202, {'server': {'id': 'u'}}))
        self.assertEqual('u', self.client.create_server('n', host='host-a'))
        self.assertEqual(
            {'server': {'name': 'n', 'imageRef': 'i-1', 'flavorRef': '1',
                        'networks': 'none', 'host': 'host-a'}},
            self.server.seen[-1][3])

    def test_no_such_image(self):
        self.on('GET', '/image/v2/images', (200, {'images': []}))
        self.assertRaises(errors.DevcloudError, self.client.image_id, 'x')

    def test_live_migrate(self):
        self.on('POST', '/v2.1/servers/u/action', (202, None))
        response = self.client.live_migrate('u', 'host-b')
        self.assertEqual((202, 'req-1', None), (
            response.status, response.request_id, response.body))
        self.assertEqual(
            {'os-migrateLive': {'host': 'host-b',
                                'block_migration': 'auto'}},
            self.server.seen[-1][3])

    def test_service(self):
        path = '/v2.1/os-services?host=a&binary=nova-compute'
        self.on('GET', path, (200, {'services': [{'host': 'a'}]}),
                (200, {'services': []}))
        self.assertEqual({'host': 'a'}, self.client.service('a'))
        self.assertIsNone(self.client.service('a'))

    def test_await_server(self):
        def server(status, task_state):
            return (200, {'server': {'status': status,
                                     'OS-EXT-STS:task_state': task_state}})

        self.on('GET', '/v2.1/servers/u', server('BUILD', 'spawning'),
                server('ACTIVE', 'spawning'), server('ACTIVE', None))
        self.client.await_server('u', 30, status='ACTIVE', task_state=None)
        self.assertEqual(3, len(self.server.seen))

    def test_await_server_in_error_says_why(self):
        self.on('GET', '/v2.1/servers/u', (200, {'server': {
            'status': 'ERROR', 'fault': {'message': 'no room'}}}))
        error = self.assertRaises(
            errors.DevcloudError, self.client.await_server, 'u', 30,
            status='ACTIVE')
        self.assertIn('no room', str(error))
        self.client.await_server('u', 30, status='ERROR')

    def test_await_server_in_vain(self):
        self.on('GET', '/v2.1/servers/u', (200, {'server': {
            'status': 'BUILD'}}))
        error = self.assertRaises(
            errors.DevcloudError, self.client.await_server, 'u', 0,
            status='ACTIVE')
        self.assertIn('BUILD', str(error))

    def test_await_gone(self):
        self.on('GET', '/v2.1/servers/u', (200, {'server': {}}),
                (404, {'itemNotFound': {'message': 'x'}}))
        self.client.await_gone('u', 30)
        self.on('GET', '/v2.1/servers/u', (200, {'server': {}}))
        self.assertRaises(
            errors.DevcloudError, self.client.await_gone, 'u', 0)

    def test_what_is_no_json_is_shown_as_it_is(self):
        self.assertEqual('<html>', api_client._parse(b'<html>'))
        self.assertEqual('<html>', api_client._message('<html>'))
