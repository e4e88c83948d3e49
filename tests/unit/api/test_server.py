"""A real socket: what happens to requests when the server stops."""

import http.client
import socket
import threading

from nova_gs.api import server
from nova_gs import clock
from nova_gs import exception
from tests.unit import base

#: Long enough for a slow machine; nothing waits this long when all is well.
WITHIN = 30


class HeldApplication:
    """A WSGI application that answers when the test lets it."""

    def __init__(self):
        self.started = threading.Event()
        self.proceed = threading.Event()

    def __call__(self, environ, start_response):
        if environ['PATH_INFO'] == '/held':
            self.started.set()
            self.proceed.wait(WITHIN)
        start_response('200 OK', [('Content-Length', '2')])
        return [b'ok']


class ServerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.flags(group='api', bind_port=0)
        self.application = HeldApplication()
        self.addCleanup(self.application.proceed.set)

    def start(self, patience=WITHIN):
        self.server = server.Server(
            self.application, server.listen(self.conf), 2, clock.Clock(),
            patience)
        self.left = []
        self.thread = threading.Thread(
            target=lambda: self.left.append(self.server.run()), daemon=True)
        self.thread.start()
        self.addCleanup(self.stopped)
        self.addCleanup(self.server.stop)
        self.addCleanup(self.server.stop)

    def stopped(self):
        """Wait for the end; return how many answers are missing."""
        self.thread.join(WITHIN)
        self.assertFalse(self.thread.is_alive())
        return self.left[0]

    def connect(self):
        connection = http.client.HTTPConnection(
            *self.server.address, timeout=WITHIN)
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def ask(self, connection, path='/'):
        connection.request('GET', path)
        return connection.getresponse().read()

    def test_idle_stop_is_prompt(self):
        self.start()
        connection = self.connect()
        self.assertEqual(b'ok', self.ask(connection))
        self.server.stop()
        self.assertEqual(0, self.stopped())
        self.assertEqual(b'', connection.sock.recv(1))

    def test_stop_before_run(self):
        self.start()
        self.server.stop()
        self.assertEqual(0, self.stopped())

    def test_what_is_being_answered_is_answered(self):
        self.start()
        connection = self.connect()
        connection.request('GET', '/held')
        self.assertTrue(self.application.started.wait(WITHIN))
        self.server.stop()
        self.assertRaises(OSError, self.refused)
        self.application.proceed.set()
        self.assertEqual(b'ok', connection.getresponse().read())
        self.assertEqual(0, self.stopped())

    def refused(self):
        """Connect again and again until the listener is gone."""
        for _ in range(1000):
            with socket.create_connection(self.server.address,
                                          timeout=WITHIN) as late:
                late.recv(1)

    def test_patience_ends(self):
        self.start(patience=0.1)
        connection = self.connect()
        connection.request('GET', '/held')
        self.assertTrue(self.application.started.wait(WITHIN))
        self.server.stop()
        self.assertEqual(1, self.stopped())

    def test_second_stop_waits_for_no_answer(self):
        self.start(patience=None)
        connection = self.connect()
        connection.request('GET', '/held')
        self.assertTrue(self.application.started.wait(WITHIN))
        self.server.stop()
        self.server.stop()
        self.assertEqual(1, self.stopped())


class ListenTestCase(base.TestCase):

    def refused(self, **options):
        self.flags(group='api', **options)
        error = self.assertRaises(
            exception.ConfigurationError, server.listen, self.conf)
        self.assertNotIn('\n', str(error))
        return str(error)

    def test_busy_port(self):
        self.flags(group='api', bind_port=0)
        first = server.listen(self.conf)
        self.addCleanup(first.close)
        text = self.refused(bind_port=first.getsockname()[1])
        self.assertIn('[api] bind_port', text)
        self.assertIn('in use', text)

    def test_not_our_address(self):
        text = self.refused(bind_host='192.0.2.1', bind_port=0,
                            allow_unauthenticated_remote=True)
        self.assertIn('[api] bind_host', text)

    def test_beyond_loopback_only_when_forced(self):
        for host in ('0.0.0.0', '::', '192.0.2.1', '::ffff:192.0.2.1'):
            text = self.refused(bind_host=host, bind_port=0)
            self.assertIn('[api] bind_host', text)
            self.assertIn('allow_unauthenticated_remote', text)

    def test_forced_or_authenticated(self):
        for options in ({'allow_unauthenticated_remote': True},
                        {'auth_strategy': 'keystone',
                         'allow_unauthenticated_remote': False}):
            self.flags(group='api', bind_host='0.0.0.0', bind_port=0,
                       **options)
            server.listen(self.conf).close()

    def test_loopback_by_name(self):
        self.flags(group='api', bind_host='localhost', bind_port=0)
        server.listen(self.conf).close()
