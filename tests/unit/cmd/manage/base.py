"""Running nova-manage in this process."""

import io
import os

import fixtures

from nova_gs.cmd.manage import program
from tests.unit import base


class ManageTestCase(base.TestCase):

    def run_it(self, *argv):
        """Run a command; returns (exit code, what it said, complaint)."""
        said, complaint = io.StringIO(), io.StringIO()
        with fixtures.MonkeyPatch('sys.stdout', said), \
                fixtures.MonkeyPatch('sys.stderr', complaint):
            try:
                code = program.execute(program.parse(argv), self.conf)
            except SystemExit as leaving:
                code = leaving.code
        return code, said.getvalue(), complaint.getvalue()

    def assert_complains(self, code, words, *argv):
        """Assert that a command ends with one line that has some words."""
        result = self.run_it(*argv)
        self.assertEqual((code, ''), result[:2], result)
        self.assertEqual(1, result[2].count('\n'), result[2])
        self.assertTrue(result[2].startswith('nova-manage: '), result[2])
        self.assertIn(words, result[2])

    def file(self, content, name='disk.img'):
        path = os.path.join(self.conf.state_path, name)
        with open(path, 'wb') as writer:
            writer.write(content)
        return path
