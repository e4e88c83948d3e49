"""nova-api as a process: how it starts, refuses to start, and stops."""

import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys

from tests.fixtures import database
from tests.unit import base

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = 'from nova_gs.cmd import api; api.main()'

#: Far more than it takes, for machines that are busy.
WITHIN = 60


class ProcessTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        url = self.useFixture(database.SQLite(self.conf)).url
        self.path = os.path.join(self.conf.state_path, 'nova.conf')
        self.options = {
            'DEFAULT': {'transport_url': 'rabbit://127.0.0.1:1/',
                        'state_path': self.conf.state_path},
            'database': {'connection': url},
            'api': {'bind_port': self.free_port()},
        }

    def free_port(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            return listener.getsockname()[1]

    def start(self, *arguments):
        with open(self.path, 'w') as stream:
            for group, options in self.options.items():
                stream.write('[%s]\n' % group)
                for name, value in options.items():
                    stream.write('%s = %s\n' % (name, value))
        process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', PROGRAM,
             '--config-file', self.path, *arguments],
            cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def refused(self, *arguments):
        """Return the one line that a start which must fail leaves."""
        process = self.start(*arguments)
        # Its log goes to stdout; stderr is for who started it.
        _, err = process.communicate(timeout=WITHIN)
        self.assertEqual(1, process.returncode, err)
        line, = err.splitlines()
        return line

    def serving(self):
        """Start it and return the process once it listens."""
        process = self.start()
        self.heard = []
        for line in process.stdout:
            self.heard.append(line)
            if 'nova-api listens' in line:
                return process
        self.fail(''.join(self.heard))

    def test_serves_and_stops(self):
        process = self.serving()
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.options['api']['bind_port'], timeout=WITHIN)
        self.addCleanup(connection.close)
        connection.request('GET', '/v2.1/servers')
        self.assertEqual(b'{"servers": []}', connection.getresponse().read())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(WITHIN))

    def test_busy_port(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            self.options['api']['bind_port'] = listener.getsockname()[1]
            self.assertIn('[api] bind_port', self.refused())

    def test_bad_option(self):
        self.options['api']['threads'] = 'many'
        self.assertIn('threads', self.refused())

    def test_beyond_loopback(self):
        self.options['api']['bind_host'] = '0.0.0.0'
        self.assertIn('[api] bind_host', self.refused())

    def test_no_schema(self):
        self.options['database']['connection'] = 'sqlite:///%s' % (
            os.path.join(self.conf.state_path, 'empty.sqlite'))
        self.assertIn('nova-manage db sync', self.refused())
