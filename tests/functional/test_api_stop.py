"""An API that stops while clients ask, and one that is in the middle of it.

What was answered with 202 is carried out once.  What was not answered at all
has not been recorded at all, so that a client may ask for it again.
"""

import http.client
import socket
import threading

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import load

HOST = 'host-a'

CLIENTS = 6
SERVERS_EACH = 3

KINDS = (load.REBOOT, load.REBOOT, load.BOOT)

#: Seconds from the last answer to the end of the process: on a machine that
#: does much else, and on one that does not (of 95 in 100 stops).
EXIT_WITHIN = (2, 0.3)


class TestApiStop(base.CloudTestCase):

    OPTIONS = {
        'driver': 'fake', 'hosts': 1,
        'settings': ['fake.durations=reboot:0.02',
                     'DEFAULT.service_down_time=20'],
    }

    def test_clients_at_work(self):
        servers = [[self.api.create_server('guest')
                    for _ in range(SERVERS_EACH)] for _ in range(CLIENTS)]
        for uuid in sum(servers, []):
            self.api.await_server(uuid, status='ACTIVE', task_state=None)
        asking = load.Load(self.api.url, CLIENTS, KINDS, servers)
        self.addCleanup(asking.stop)
        asking.start()
        for _ in range(self.times(2, 20)):
            self.assertTrue(asking.wait_for(CLIENTS))
            self.cloud.stop('api', wait=False)
            code, _ = self.await_exit('api')
            self.assertEqual(0, code)
            self.assertTrue(asking.wait_for(CLIENTS, load.UNREACHABLE))
            self.cloud.start('api')
        self.assertTrue(asking.wait_for(CLIENTS))
        account = load.Account(asking.stop(), self.at_rest())
        lost, twice = account.lost_and_twice()
        statuses = account.statuses()
        self.figure('API stop', answers=statuses, lost=len(lost),
                    twice=len(twice))
        self.assertEqual(([], []), (lost, twice))
        self.assertLessEqual(
            set(statuses), {'202', '409', '503', load.UNREACHABLE})
        self.assert_made_once(account)

    def at_rest(self):
        """Wait until nothing is to be done; returns the journal then."""
        self.await_that('everything has come to rest', lambda: all(
            one['status'] == 'ACTIVE' and one['OS-EXT-STS:task_state'] is None
            for one in self.list()), load.PATIENCE, every=0.2)
        return self.hypervisor(HOST).journal()

    def list(self):
        return self.api.get('servers/detail?limit=1000')['servers']

    def assert_made_once(self, account):
        """Each server that is there was asked for, and accepted."""
        there = sorted(one['id'] for one in self.list()
                       if one['name'].startswith('load-'))
        accepted = sorted(one.server for one in account.accepted
                          if one.kind == load.BOOT)
        self.assertEqual(accepted, there)

    def test_request_in_progress(self):
        """It is answered; after that the API is gone at once."""
        server = self.boot(HOST)
        seconds = []
        for _ in range(self.times(2, 100)):
            seconds.append(self.stop_while_answering(server))
            self.cloud.start('api')
        some, full = EXIT_WITHIN
        slow = figures.percentile(seconds, 95)
        self.figure('API stop: last answer to exit', count=len(seconds),
                    seconds_p95=round(slow, 3),
                    seconds_most=round(max(seconds), 3))
        self.assertLess(slow, self.times(some, full))

    def stop_while_answering(self, server):
        """Return the seconds from the answer to the end of the API."""
        hypervisor = self.hypervisor(HOST)
        hypervisor.hold('console_output')
        self.addCleanup(hypervisor.reset)
        count = len(hypervisor.journal('console_output', 'begun'))
        answer, moment = [], []

        def ask():
            connection = self.connect()
            connection.request(
                'POST', '/v2.1/servers/%s/action' % server,
                '{"os-getConsoleOutput": {}}',
                {'Content-Type': 'application/json'})
            response = connection.getresponse()
            answer.append((response.status, response.getheader('Connection'),
                           response.read()))
            moment.append(self.clock.utcnow().timestamp())

        idle = self.connect()
        idle.request('GET', '/')
        idle.getresponse().read()
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        hypervisor.wait_for('console_output', count=count + 1, timeout=30)
        self.cloud.stop('api', wait=False)
        self.await_that('new connections are refused', self.is_refused)
        self.assertEqual(b'', idle.sock.recv(1))
        self.assertEqual([], answer)
        hypervisor.release('console_output')
        code, ended_at = self.await_exit('api')
        asking.join(load.PATIENCE)
        status, connection, body = answer[0]
        self.assertEqual((0, 200, 'close'), (code, status, connection))
        self.assertIn(b'output', body)
        return ended_at - moment[0]

    def connect(self):
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.cloud.parts.site.api_port, timeout=60)
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def is_refused(self):
        try:
            self.connect()
        except (ConnectionRefusedError, ConnectionResetError):
            # Reset: it came in as the socket was being closed.
            return True
        except socket.timeout:
            return False
        return False
