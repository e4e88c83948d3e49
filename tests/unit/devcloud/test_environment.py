"""How our programs are run."""

import os
import subprocess
import sys

import fixtures

from nova_gs.devcloud import environment
from tests.unit import base


class EnvironmentTestCase(base.TestCase):

    def test_foreign_variables_do_not_pass(self):
        for name in ('OS_CLOUD', 'NOTIFY_SOCKET', 'NOVA_GS_CONCURRENCY'):
            self.useFixture(fixtures.EnvironmentVariable(name, 'x'))
        environ = environment.of_services()
        self.assertNotIn('OS_CLOUD', environ)
        self.assertNotIn('NOTIFY_SOCKET', environ)
        self.assertNotIn('NOVA_GS_CONCURRENCY', environ)
        self.assertIn('PATH', environ)

    def test_more_variables(self):
        self.assertEqual('x', environment.of_services(A='x')['A'])

    def test_services_find_us_from_any_directory(self):
        self.useFixture(fixtures.EnvironmentVariable('PYTHONPATH', '.'))
        subprocess.run(
            [sys.executable, '-c', 'import nova_gs'], cwd='/', check=True,
            env=environment.of_services())

    def test_script_beside_the_python_is_preferred(self):
        directory = self.useFixture(fixtures.TempDir()).path
        self.useFixture(fixtures.MonkeyPatch(
            'sys.executable', os.path.join(directory, 'python')))
        words = environment.command('nova-api', '--x')
        self.assertEqual([sys.executable, '-c'], words[:2])
        self.assertIn('nova_gs.cmd import api', words[2])
        self.assertEqual('--x', words[-1])
        script = os.path.join(directory, 'nova-api')
        with open(script, 'w'):
            os.chmod(script, 0o700)
        self.assertEqual([script, '--x'],
                         environment.command('nova-api', '--x'))

    def test_stand_in_is_run_by_the_same_python(self):
        self.assertEqual([sys.executable, '/x/old.py', '--x'],
                         environment.command('/x/old.py', '--x'))
