"""The unmodified ``openstack`` client, with what ``devcloud env`` prints."""

import json
import os
import shutil
import subprocess
import sys

from tests.functional import base

#: Seconds for one command; most of it is the client's own start.
WITHIN = 120


def client():
    """Return the path of the client beside this Python, or in PATH."""
    beside = os.path.join(os.path.dirname(sys.executable), 'openstack')
    return beside if os.path.exists(beside) else shutil.which('openstack')


class TestOpenStackClient(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 2,
               'settings': ['fake.durations=start_migration:0.5']}

    def openstack(self, *words, microversion=None):
        """Run a command and return what it prints, parsed if it is JSON."""
        command = [client()]
        if microversion:
            command += ['--os-compute-api-version', microversion]
        done = subprocess.run(
            command + list(words), capture_output=True, text=True,
            timeout=WITHIN, env=dict(os.environ, **self.cloud.environment()))
        self.assertEqual(0, done.returncode, done.stderr)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def show(self, column):
        return self.openstack('server', 'show', 'one', '-f', 'value', '-c',
                              column).strip()

    def test_a_servers_life(self):
        self.openstack(
            'server', 'create', '--image', 'ticker', '--flavor', 'm1.ticker',
            '--nic', 'none', '--host', 'host-a', '--wait', 'one',
            microversion='2.74')
        self.assertEqual('host-a', self.show('OS-EXT-SRV-ATTR:host'))
        self.openstack('server', 'migrate', '--live-migration', '--host',
                       'host-b', '--wait', 'one')
        self.assertEqual('host-b', self.show('OS-EXT-SRV-ATTR:host'))
        self.assertEqual('None', self.show('OS-EXT-STS:task_state'))
        migration, = self.openstack('server', 'migration', 'list', '-f',
                                    'json')
        self.assertEqual('completed', migration['Status'])
        actions = self.openstack('server', 'event', 'list', 'one', '-f',
                                 'json')
        self.assertEqual(['live-migration', 'create'],
                         [action['Action'] for action in actions])
        self.assertIn('TICK', self.openstack('console', 'log', 'show', 'one'))
        self.openstack('server', 'stop', 'one')
        self.api.await_server(self.show('id'), status='SHUTOFF',
                              task_state=None)
        self.openstack('server', 'delete', '--wait', 'one')
        self.assertEqual([], self.openstack('server', 'list', '-f', 'json'))

    def test_cold_moves(self):
        self.api.request('POST', 'flavors', {'flavor': {
            'id': 'big', 'name': 'm1.big', 'ram': 192, 'disk': 1,
            'vcpus': 1}})
        uuid = self.boot('host-a', name='one')
        # It looks every five seconds.
        wait = ('--wait',) * self.times(0, 1)
        self.openstack('server', 'resize', '--flavor', 'm1.big', *wait, 'one')
        self.api.await_server(uuid, status='VERIFY_RESIZE', task_state=None)
        self.openstack('server', 'resize', 'revert', 'one')
        self.api.await_server(uuid, status='ACTIVE', task_state=None,
                              host='host-a')
        self.openstack('server', 'migrate', '--host', 'host-b', *wait, 'one',
                       microversion='2.56')
        self.api.await_server(uuid, status='VERIFY_RESIZE', task_state=None)
        self.openstack('server', 'migrate', 'confirm', 'one')
        self.api.await_server(uuid, status='ACTIVE', task_state=None,
                              host='host-b')
        self.assertEqual(
            [('migration', 'confirmed'), ('resize', 'reverted')],
            [(row['Type'], row['Status']) for row in self.openstack(
                'server', 'migration', 'list', '--server', 'one', '-f',
                'json')])
        self.api.delete_server(uuid)
        self.api.await_gone(uuid)

    def test_services(self):
        states = {row['Host']: row['State'] for row in self.openstack(
            'compute', 'service', 'list', '-f', 'json')}
        self.assertEqual({'conductor': 'up', 'host-a': 'up', 'host-b': 'up'},
                         states)
        self.openstack('compute', 'service', 'set', '--disable',
                       '--disable-reason', 'new fans', 'host-b',
                       'nova-compute')
        self.addCleanup(self.openstack, 'compute', 'service', 'set',
                        '--enable', 'host-b', 'nova-compute')
        shown, = self.openstack(
            'compute', 'service', 'list', '--host', 'host-b', '--long', '-f',
            'json')
        self.assertEqual(('disabled', 'new fans'),
                         (shown['Status'], shown['Disabled Reason']))
