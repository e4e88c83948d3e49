"""A newcomer does what doc/source/admin/walk.rst says, word by word."""

import os
import pathlib
import shlex
import shutil
import tempfile

import fixtures
import testtools

from nova_gs.devcloud import environment
from nova_gs.devcloud import layout
from nova_gs.devcloud import power
from tests.fixtures import plugin
from tests.fixtures import walk
from tests.functional import test_openstack_client as clients

PAGE = pathlib.Path(plugin.ROOT, 'doc', 'source', 'admin', 'walk.rst')

#: Seconds for one command, on a machine that does much else.
WITHIN = 150


class TestWalk(testtools.TestCase):

    def programs(self):
        """Return a directory with our programs, for PATH."""
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for name in ('devcloud', 'nova-manage'):
            script = folder / name
            script.write_text('#!/bin/sh\nPYTHONPATH=%s exec %s "$@"\n' % (
                shlex.quote(environment.of_services()['PYTHONPATH']),
                shlex.join(environment.command(name))))
            script.chmod(0o755)
        (folder / 'openstack').symlink_to(clients.client())
        return str(folder)

    def shell(self):
        """Return a terminal with a cloud's directory of its own."""
        # Short: the paths of UNIX sockets below it are bounded.
        directory = tempfile.mkdtemp(prefix='ngs-')
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.addCleanup(power.end, layout.Layout(directory), patience=0)
        return self.useFixture(walk.Shell(dict(
            os.environ, DEVCLOUD_DIR=directory, COLUMNS='160',
            PATH=os.pathsep.join((self.programs(), os.environ['PATH'])),
            PYTHONIOENCODING='utf-8',
            **self.useFixture(plugin.Plugin()).environment),
            self.useFixture(fixtures.TempDir()).path))

    def test_every_command_of_the_page(self):
        steps = walk.steps(PAGE.read_text(encoding='utf-8'))
        self.assertEqual(
            ('devcloud up', 'devcloud down'),
            tuple(' '.join(step.command.split()[:2])
                  for step in (steps[0], steps[-1])))
        shell = self.shell()
        for step in steps:
            code, printed = shell.run(step.command, WITHIN)
            self.assertEqual(0, code, '%s\n%s' % (step.command, printed))
            self.assertTrue(
                walk.matches(step.output, printed),
                '$ %s\nThe page shows:\n%s\nIt printed:\n%s' % (
                    step.command, '\n'.join(step.output), printed))
