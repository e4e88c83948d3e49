"""A real socket: what happens to requests when the server stops."""

import http.client
import queue
import socket
import threading
import types

import fixtures

from nova_gs.api import server
from nova_gs import clock
from nova_gs import exception
from tests.unit import base

#: Long enough for a slow machine; nothing waits this long when all is well.
WITHIN = 30


#: More than the kernel keeps of an answer that nobody reads, in bytes.
LARGE = 12 * 1024 * 1024


class HeldApplication:
    """A WSGI application that answers when the test lets it."""

    def __init__(self):
        self.started = threading.Event()
        self.proceed = threading.Event()
        self.bodies = []

    def __call__(self, environ, start_response):
        if environ['PATH_INFO'].startswith('/held'):
            self.started.set()
            self.proceed.wait(WITHIN)
        answer = b'ok'
        if environ['PATH_INFO'].endswith('/large'):
            answer = b'.' * LARGE
        self.bodies.append(environ['wsgi.input'].read())
        start_response('200 OK', [('Content-Length', str(len(answer)))])
        return [answer]


class ServerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.flags(group='api', bind_port=0)
        self.application = HeldApplication()
        self.addCleanup(self.application.proceed.set)

    def start(self, patience=WITHIN, watchdog=None):
        self.server = server.Server(
            self.application, server.listen(self.conf), 2, clock.Clock(),
            patience, watchdog)
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

    def test_a_server_that_serves_pets_the_watchdog(self):
        pets = queue.SimpleQueue()
        watchdog = types.SimpleNamespace(
            pet=lambda: pets.put(None), rest=lambda: 0.01)
        self.start(watchdog=watchdog)
        for _ in range(3):
            pets.get(timeout=WITHIN)

    def test_a_stop_may_have_less_time_than_the_budget(self):
        self.start(patience=None)
        connection = self.connect()
        connection.request('GET', '/held')
        self.assertTrue(self.application.started.wait(WITHIN))
        self.server.stop(within=0.1)
        self.assertEqual(1, self.stopped())

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
        for _ in range(100000):
            with socket.create_connection(self.server.address,
                                          timeout=WITHIN):
                pass

    def hold(self, *requests):
        """Send requests on a connection; returns it when the first runs."""
        raw = socket.create_connection(self.server.address, timeout=WITHIN)
        self.addCleanup(raw.close)
        raw.sendall(b''.join(b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % path
                             for path in requests))
        self.assertTrue(self.application.started.wait(WITHIN))
        return raw

    def everything(self, raw):
        """Return what comes in until the server closes the connection."""
        parts = []
        while True:
            part = raw.recv(1024 * 1024)
            if not part:
                return b''.join(parts)
            parts.append(part)

    def test_last_answer_says_that_it_is_the_last(self):
        self.start()
        raw = self.hold(b'/held')
        self.server.stop()
        self.application.proceed.set()
        self.assertIn(b'\r\nConnection: close\r\n', self.everything(raw))
        self.assertEqual(0, self.stopped())

    def test_all_that_was_asked_at_once_is_answered(self):
        self.start()
        raw = self.hold(b'/held', b'/', b'/')
        self.server.stop()
        self.application.proceed.set()
        first, second, third = self.everything(raw).split(b'HTTP/1.1 ')[1:]
        for answer in (first, second, third):
            self.assertTrue(answer.startswith(b'200 OK'), answer)
            self.assertTrue(answer.endswith(b'ok'), answer)
        self.assertEqual(
            [False, False, True],
            [b'Connection: close' in one for one in (first, second, third)])
        self.assertEqual(0, self.stopped())

    def test_what_comes_too_late_does_not_harm_the_answer(self):
        self.start()
        raw = self.hold(b'/held/large')
        self.server.stop()
        # More than the server reads while it answers.
        raw.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' * 1000)
        self.application.proceed.set()
        answer = self.everything(raw)
        self.assertTrue(answer.endswith(b'.' * 1000))
        self.assertGreater(len(answer), LARGE)
        self.assertEqual(1, answer.count(b'HTTP/1.1 '))
        self.assertEqual(0, self.stopped())

    def limits(self, **seconds):
        for name, value in seconds.items():
            self.useFixture(fixtures.MonkeyPatch(
                'nova_gs.api.server.' + name, value))

    def test_request_that_is_being_sent_is_answered(self):
        self.limits(ASKED_WITHIN=WITHIN)
        self.start()
        raw = socket.create_connection(self.server.address, timeout=WITHIN)
        self.addCleanup(raw.close)
        raw.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n'
                    b'\r\nha')
        # An answer on another connection shows that the first half is read.
        self.assertEqual(b'ok', self.ask(self.connect()))
        self.server.stop()
        self.assertRaises(OSError, self.refused)
        raw.sendall(b'lf')
        self.assertTrue(self.everything(raw).endswith(b'ok'))
        self.assertEqual([b'', b'half'], self.application.bodies)
        self.assertEqual(0, self.stopped())

    def test_request_that_is_never_sent_whole_keeps_nobody(self):
        self.limits(ASKED_WITHIN=0.1)
        self.start(patience=None)
        raw = socket.create_connection(self.server.address, timeout=WITHIN)
        self.addCleanup(raw.close)
        raw.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n'
                    b'\r\nha')
        self.assertEqual(b'ok', self.ask(self.connect()))
        self.server.stop()
        self.assertEqual(0, self.stopped())
        self.assertEqual(b'', self.everything(raw))
        self.assertEqual([b''], self.application.bodies)

    def test_request_right_after_connecting_is_answered(self):
        self.limits(BEGUN_WITHIN=WITHIN)
        self.start()
        connection = self.connect()
        self.server.stop()
        self.assertRaises(OSError, self.refused)
        self.assertEqual(b'ok', self.ask(connection))
        self.assertEqual(0, self.stopped())

    def test_slow_reader_gets_all_of_it(self):
        self.start()
        raw = self.hold(b'/held/large')
        self.server.stop()
        self.application.proceed.set()
        self.assertGreater(len(self.everything(raw)), LARGE)
        self.assertEqual(0, self.stopped())

    def test_answer_that_nobody_reads_keeps_nobody(self):
        self.limits(READ_WITHIN=0.1)
        self.start(patience=None)
        self.hold(b'/held/large')
        self.server.stop()
        self.application.proceed.set()
        self.assertEqual(0, self.stopped())

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


class SecondsLeftTestCase(base.TestCase):

    def left(self, stage, elapsed=0, patience=100, unread_for=0):
        return server.seconds_left(stage, elapsed, patience, unread_for)

    def test_each_stage_has_its_limit(self):
        for stage, limit in (
                (server.Stage.NEW, server.BEGUN_WITHIN),
                (server.Stage.ASKING, server.ASKED_WITHIN),
                (server.Stage.ANSWERING, 100),
                (server.Stage.READING, server.READ_WITHIN),
                (server.Stage.IDLE, 0)):
            self.assertEqual(limit, self.left(stage))

    def test_nothing_outlasts_the_stop(self):
        for stage in server.Stage:
            self.assertLessEqual(self.left(stage, elapsed=100), 0)

    def test_reader_who_goes_on_reading_is_waited_for(self):
        self.assertEqual(
            server.READ_WITHIN, self.left(server.Stage.READING, elapsed=60))
        self.assertLessEqual(self.left(
            server.Stage.READING, unread_for=server.READ_WITHIN), 0)

    def test_without_end_an_answer_is_waited_for_without_end(self):
        self.assertEqual(float('inf'), self.left(
            server.Stage.ANSWERING, elapsed=10000, patience=None))


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
