"""Whose patience a stop depends on, with a systemctl that is made up."""

import os
import subprocess

import fixtures

from nova_gs import exception
from nova_gs.shutdown import unit
from tests.unit import base

NAME = 'nova-compute.service'


class Systemctl:
    """Answers as ``systemctl show`` does."""

    def __init__(self):
        self.pid = os.getpid()
        self.span = '3min 30s'
        self.error = None
        self.asked = []

    def __call__(self, arguments):
        self.asked.append(arguments)
        if self.error:
            raise self.error
        return 'MainPID=%d\nTimeoutStopUSec=%s\n' % (self.pid, self.span)


class ReadTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.systemctl = Systemctl()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.cgroup = os.path.join(self.folder, 'cgroup')

    def read(self, *cgroups, **environ):
        with open(self.cgroup, 'w') as out:
            out.write(''.join(line + '\n' for line in cgroups))
        return unit.read(environ, self.cgroup, self.folder, self.systemctl)

    def test_by_cgroup(self):
        for line in ('0::/system.slice/nova-compute.service',
                     '1:name=systemd:/system.slice/nova-compute.service',
                     '0::/system.slice/nova-compute.service/sub'):
            found = self.read('4:memory:/', line)
            self.assertEqual((NAME, 210, 'TimeoutStopSec'), (
                found.who, found.seconds, found.option))
            self.assertIn(NAME, found.where)
            self.assertEqual(NAME, self.systemctl.asked[-1][-1])
            self.assertNotIn('--user', self.systemctl.asked[-1])

    def test_unit_of_a_user(self):
        found = self.read('0::/user.slice/user-7.slice/user@7.service/'
                          'app.slice/nova-compute.service')
        self.assertEqual(NAME, found.who)
        self.assertEqual('--user', self.systemctl.asked[-1][0])

    def test_by_invocation(self):
        for name, identity in (('a.service', 'other'), (NAME, 'mine')):
            os.symlink(identity, os.path.join(
                self.folder, 'invocation:' + name))
        self.assertEqual(NAME, self.read(
            '0::/', INVOCATION_ID='mine').who)
        self.assertIsNone(self.read('0::/', INVOCATION_ID='unknown'))

    def test_without_systemd(self):
        self.assertIsNone(self.read())
        self.assertIsNone(self.read('0::/user.slice/session-1.scope'))
        self.assertIsNone(unit.read(
            {'INVOCATION_ID': 'x'}, '/no/such/file', '/no/such/directory',
            self.systemctl))
        self.assertEqual([], self.systemctl.asked)

    def test_a_helper_of_the_unit(self):
        self.systemctl.pid = 1
        self.assertIsNone(self.read('0::/system.slice/' + NAME))

    def test_systemd_that_does_not_answer(self):
        for error in (FileNotFoundError('systemctl'),
                      subprocess.CalledProcessError(1, 'systemctl'),
                      subprocess.TimeoutExpired('systemctl', 2)):
            self.systemctl.error = error
            self.assertIsNone(self.read('0::/system.slice/' + NAME))

    def test_endless(self):
        self.systemctl.span = 'infinity'
        self.assertIsNone(self.read('0::/system.slice/' + NAME).seconds)

    def test_told_by_the_environment(self):
        found = self.read('0::/system.slice/' + NAME,
                          NOVA_GS_STOP_TIMEOUT='210')
        self.assertEqual((210, 'NOVA_GS_STOP_TIMEOUT'), (
            found.seconds, found.option))
        self.assertEqual([], self.systemctl.asked)

    def test_told_nonsense(self):
        for text in ('soon', '0', '-1', 'nan', 'inf'):
            error = self.assertRaises(
                exception.ConfigurationError, self.read,
                NOVA_GS_STOP_TIMEOUT=text)
            self.assertIn('NOVA_GS_STOP_TIMEOUT', str(error))


class ParseTestCase(base.TestCase):

    def test_spans(self):
        for span, seconds in (
                ('30s', 30), ('1min 30s', 90), ('3min', 180),
                ('1h 1min 1s', 3661), ('28min 20s', 1700), ('500ms', 0.5),
                ('1.500s', 1.5), ('1d 2h', 93600), ('1w', 604800),
                ('infinity', None), ('', None)):
            self.assertEqual(seconds, unit.parse(span), span)
