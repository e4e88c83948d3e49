"""The inventory of a cloud says what the plays ask of any fleet."""

import pathlib
import re
import sys

import fixtures
import yaml

from nova_gs.devcloud import cloud
from nova_gs.devcloud import inventory
from tests.unit import base

GROUP_VARS = (pathlib.Path(__file__).resolve().parents[3] / 'playbooks'
              / 'nova-graceful-shutdown' / 'group_vars')


class InventoryTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        # Short, because of the sockets.
        self.directory = self.useFixture(
            fixtures.TempDir(rootdir='/tmp')).path
        self.cloud = cloud.Cloud(self.directory)
        self.cloud._prepare()
        self.groups = yaml.safe_load(
            inventory.text(self.cloud))['all']['children']

    def test_hosts(self):
        self.assertEqual(
            {'controllers': ['controller'], 'computes': ['host-a', 'host-b']},
            {name: list(group['hosts'])
             for name, group in self.groups.items()})

    def test_everything_is_local(self):
        said = inventory.make(self.cloud)['all']['vars']
        self.assertEqual(
            ('local', sys.executable),
            (said['ansible_connection'], said['ansible_python_interpreter']))

    def test_variables_are_those_of_nodes(self):
        for name, group in self.groups.items():
            known = yaml.safe_load(
                (GROUP_VARS / (name + '.yaml')).read_text())
            for host, said in group['hosts'].items():
                self.assertEqual(set(known), set(said), host)

    def test_how_to_act_on_a_compute(self):
        said = self.groups['computes']['hosts']['host-b']
        self.assertEqual(
            ['stop', '--dir', self.directory, '--no-wait', 'host-b'],
            said['compute_terminate'][-5:])
        self.assertEqual(['start', '--dir', self.directory, 'host-b'],
                         said['compute_start'][-4:])
        self.assertIn('/hv/host-b/', said['compute_libvirt_uri'])

    def test_when_a_compute_has_ended(self):
        ended = self.groups['computes']['hosts']['host-b']['compute_ended']
        for line, code in (
                ('host-b   running  17 x.log', []),
                ('host-b   stopped (exit code 0) - x.log', ['0']),
                ('host-b   stopped (exit code -9) - x.log', ['-9']),
                ('host-a   stopped (exit code 3) - x.log', []),
                ('libvirtd@host-b   stopped (exit code 3) - x.log', [])):
            self.assertEqual(
                code, re.findall(ended, 'NAME STATE\n%s\nAPI' % line), line)


class SystemdTestCase(base.TestCase):
    """The same, on nodes with systemd."""

    def test_when_a_compute_has_ended(self):
        said = yaml.safe_load((GROUP_VARS / 'computes.yaml').read_text())
        for state, code in (('active', []), ('deactivating', []),
                            ('inactive', ['3']), ('failed', ['3'])):
            lines = ['ActiveState=' + state, 'ExecMainStatus=3']
            for text in ('\n'.join(lines), '\n'.join(reversed(lines))):
                self.assertEqual(
                    code, re.findall(said['compute_ended'], text), text)
