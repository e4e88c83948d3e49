"""Hosts with post-copy: what they need, and what is changed for them."""

import os
import stat

import fixtures

from nova_gs.devcloud import layout
from nova_gs.devcloud import post_copy
from tests.unit import base

STATUS = 'Name:\tx\nCapEff:\t%016x\n'


class ObstacleTestCase(base.TestCase):
    """Root of a machine that has everything, but for what a test takes."""

    def setUp(self):
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir())
        self.patch('_SYSCTL', self.file('sysctl', '0'))
        self.can((1 << 41) - 1)
        self.useFixture(fixtures.MonkeyPatch('os.geteuid', lambda: 0))
        self.useFixture(fixtures.MonkeyPatch(
            'shutil.which', lambda name: '/usr/bin/' + name))

    def patch(self, name, value):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.devcloud.post_copy.' + name, value))

    def file(self, name, text):
        path = self.folder.join(name)
        with open(path, 'w') as out:
            out.write(text)
        return path

    def can(self, mask):
        self.patch('_STATUS', self.file('status', STATUS % mask))

    def test_none(self):
        self.assertIsNone(post_copy.obstacle())

    def test_not_root(self):
        self.useFixture(fixtures.MonkeyPatch('os.geteuid', lambda: 1000))
        self.assertIn('root', post_copy.obstacle())

    def test_root_of_a_container(self):
        self.can((1 << 41) - 1 - (1 << 19))
        self.assertIn('CAP_SYS_PTRACE', post_copy.obstacle())
        self.assertNotIn('DAC', post_copy.obstacle())

    def test_kernel_without_it(self):
        os.unlink(self.folder.join('sysctl'))
        self.assertIn('userfaultfd', post_copy.obstacle())

    def test_no_setpriv(self):
        self.useFixture(fixtures.MonkeyPatch(
            'shutil.which', lambda name: None))
        self.assertIn('util-linux', post_copy.obstacle())


class CommandTestCase(base.TestCase):

    def test_capabilities_are_what_is_asked_for(self):
        command = post_copy.command('host-a', '', (1, 2))
        self.assertEqual(['host-a', '', '1', '2'], command[-4:])
        self.assertNotIn('--mount', command)
        for kind in ('inh', 'ambient'):
            self.assertIn('--%s-caps=+dac_override,+sys_ptrace' % kind,
                          ' '.join(command))

    def test_kvm_is_hidden_in_a_mount_namespace(self):
        self.assertIn('--mount', post_copy.command('host-a', '/x', (1, 2)))


class HandOverTestCase(base.TestCase):

    def test_user_gets_the_directory_and_a_way_to_it(self):
        files = layout.Layout(self.useFixture(fixtures.TempDir()).path)
        directory = files.hypervisor('host-a')
        os.makedirs(os.path.join(directory, 'run'))
        os.symlink('/nowhere', os.path.join(directory, 'run', 'link'))
        owned = {}
        self.useFixture(fixtures.MonkeyPatch(
            'os.chown', lambda path, user, group, **kwargs: owned.update(
                {os.path.relpath(path, directory): (user, group)})))
        post_copy.hand_over(files, directory, (1, 2))
        self.assertEqual(
            {'.': (1, 2), 'run': (1, 2), 'run/link': (1, 2)}, owned)
        for path in (files.directory, os.path.dirname(directory)):
            self.assertEqual(
                0o711, stat.S_IMODE(os.stat(path).st_mode), path)
