"""The port itself."""

import socket
import urllib.request

from nova_gs import exception
from nova_gs.metrics import endpoint
from nova_gs.metrics import families
from nova_gs.rpc import times
from tests.fixtures import drained
from tests.unit import base


class TestEndpoint(base.TestCase):

    def setUp(self):
        super().setUp()
        self.addCleanup(times.seat_observer, None, None)
        self.daemon = drained.Drained(self.conf)
        self.endpoint = endpoint.Endpoint(self.daemon)
        self.addCleanup(self.endpoint.close)

    def read(self, port):
        with urllib.request.urlopen(
                'http://127.0.0.1:%d/metrics' % port, timeout=60) as answer:
            return answer.read().decode()

    def listen(self):
        return self.endpoint.listen(self.endpoint.gather())

    def test_read(self):
        port = self.listen()
        with self.daemon.enter():
            text = self.read(port)
        self.assertIn(
            'nova_operations{kind="live-migration",phase="",state="running",'
            'step="live_migration"} 1.0', text)
        for family in families.ALL:
            self.assertIn('# HELP %s ' % family.full_name, text)

    def test_the_process_itself(self):
        self.assertIn('process_open_fds', self.read(self.listen()))

    def test_a_port_that_is_taken(self):
        with socket.socket() as other:
            other.bind(('127.0.0.1', 0))
            other.listen()
            self.daemon.port = other.getsockname()[1]
            error = self.assertRaises(
                exception.ConfigurationError, self.listen)
        self.assertIn('[metrics] host and port: 127.0.0.1:%d cannot be '
                      'listened on (Address already in use)'
                      % self.daemon.port, str(error))

    def test_an_address_that_is_none_of_ours(self):
        self.flags('metrics', host='192.0.2.1')
        error = self.assertRaises(exception.ConfigurationError, self.listen)
        self.assertIn('192.0.2.1', str(error))

    def test_a_port_beyond_the_last(self):
        """A worker's may be, which no option's bounds tell."""
        self.daemon.port = 65536
        self.assertRaises(exception.ConfigurationError, self.listen)

    def test_begin_tries_as_long_as_the_daemon_does(self):
        said = []

        def patiently(what, attempt, *failures):
            said.append((what, failures))
            self.answered = self.read(attempt())

        self.daemon.patiently = patiently
        self.endpoint.begin().join(60)
        self.assertEqual(
            [('the metrics port', (exception.ConfigurationError,))], said)
        self.assertIn('nova_drain_phase', self.answered)
