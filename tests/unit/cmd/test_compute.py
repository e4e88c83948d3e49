"""What nova-compute makes of NOVA_GS_CONCURRENCY, and the others do not."""

import os
import subprocess
import sys

from tests.fixtures import house
from tests.unit import base

#: A program that says what it would run in, instead of running.
PROGRAM = '''
from nova_gs import concurrency
from nova_gs.cmd import common
common.run = lambda name, service: print(name, concurrency.current().value)
from nova_gs.cmd import %s as program
program.main()
'''


class ConcurrencyTestCase(base.TestCase):

    def run_program(self, module, **variables):
        """Return (exit code, what it says, what it complains of)."""
        environ = {name: value for name, value in os.environ.items()
                   if name != 'NOVA_GS_CONCURRENCY'}
        done = subprocess.run(
            [sys.executable, '-c', PROGRAM % module], cwd=house.ROOT,
            env=dict(environ, **variables), text=True, capture_output=True,
            timeout=60, check=False)
        return done.returncode, done.stdout.strip(), done.stderr

    def test_threads(self):
        self.assertEqual((0, 'nova-compute threads', ''),
                         self.run_program('compute'))

    def test_eventlet(self):
        self.assertEqual(
            (0, 'nova-compute eventlet', ''),
            self.run_program('compute', NOVA_GS_CONCURRENCY='eventlet'))

    def test_nonsense_is_refused_in_one_line(self):
        code, said, complaint = self.run_program(
            'compute', NOVA_GS_CONCURRENCY='gevent')
        self.assertEqual((1, ''), (code, said))
        line, = complaint.splitlines()
        self.assertTrue(line.startswith('ERROR: NOVA_GS_CONCURRENCY: '), line)

    def test_others_do_not_ask(self):
        for module, value in (('api', 'eventlet'), ('conductor', 'gevent')):
            self.assertEqual(
                (0, 'nova-%s threads' % module, ''),
                self.run_program(module, NOVA_GS_CONCURRENCY=value))
