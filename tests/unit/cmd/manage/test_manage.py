"""The command line of nova-manage, and once all of it as a process."""

import subprocess
import sys

from nova_gs.cmd.manage import program
from nova_gs import context
from nova_gs import objects
from nova_gs.objects import fields
from tests.fixtures import database
from tests.unit.cmd.manage import base

#: Seconds that a process may take, on a machine that does much else.
WITHIN = 240

_OPTIONS = """
[DEFAULT]
transport_url = fake:/
state_path = {state_path}
[database]
connection = {database}
"""


class CommandLineTestCase(base.ManageTestCase):

    def test_what_makes_no_sense(self):
        for argv in ((), ('db',), ('db', 'drop'), ('planet', 'list'),
                     ('image', 'add', 'only-a-name'),
                     ('service', 'list', '--colour'), ('service', 'drain'),
                     ('service', 'drain', 'host1', '--deadline', 'soon'),
                     ('service', 'drain', 'host1', '--deadline', '-1'),
                     ('service', 'drain', 'host1', '--reason', ''),
                     ('service', 'drain', 'host1', '--reason', 'x' * 256),
                     ('operation', 'show'), ('drain', 'report', 'a', 'b')):
            self.assert_complains(2, '--help', *argv)

    def test_every_command_is_in_the_docstring(self):
        words = ' '.join(program.__doc__.split())
        for command in ('db sync | version', 'image add NAME FILE',
                        'image list | delete ID', 'service list',
                        'service drain HOST', 'service resume HOST',
                        'operation list', 'operation show ID',
                        'drain report [FILE]', 'recovery report [FILE]'):
            self.assertIn('nova-manage ' + command, words)


class ProcessTestCase(base.ManageTestCase):

    def test_a_command_that_talks_to_a_host(self):
        """The libraries that it takes get along with each other."""
        self.useFixture(database.SQLite(self.conf))
        service = objects.Service.register(
            context.get_admin_context(), 'host1', fields.Binary.COMPUTE,
            'compute', 5, 'me')
        service.set_status(forced_down=True)
        path = self.file(_OPTIONS.format(
            state_path=self.conf.state_path,
            database=self.conf.database.connection).encode(), 'nova.conf')
        result = subprocess.run(
            [sys.executable, '-m', 'nova_gs.cmd.manage', '--config-file',
             path, 'service', 'drain', 'host1'],
            capture_output=True, text=True, timeout=WITHIN, check=False)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertIn('its nova-compute is down.', result.stdout)

    def test_a_missing_option_file(self):
        result = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'nova_gs.cmd.manage',
             '--config-file', '/no/such/file', 'db', 'sync'],
            capture_output=True, text=True, timeout=WITHIN, check=False)
        self.assertEqual(2, result.returncode)
        self.assertEqual(
            'nova-manage: --config-file: /no/such/file cannot be read. Name '
            'a file that exists.\n', result.stderr)
