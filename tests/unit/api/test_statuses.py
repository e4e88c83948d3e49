"""Server states and what the API calls them."""

import types

import testtools

from nova_gs.api import statuses


def _instance(vm_state, task_state=None):
    return types.SimpleNamespace(vm_state=vm_state, task_state=task_state)


class StatusesTestCase(testtools.TestCase):

    def test_of(self):
        for vm_state, task_state, status in (
                ('active', None, 'ACTIVE'),
                ('active', 'deleting', 'ACTIVE'),
                ('active', 'migrating', 'MIGRATING'),
                ('active', 'rebooting', 'REBOOT'),
                ('stopped', 'rebooting_hard', 'HARD_REBOOT'),
                ('building', 'spawning', 'BUILD'),
                ('stopped', 'powering-on', 'SHUTOFF'),
                ('error', None, 'ERROR'),
                ('sulking', None, 'UNKNOWN')):
            self.assertEqual(
                status, statuses.of(_instance(vm_state, task_state)))

    def test_states_of(self):
        self.assertEqual(({'active'}, None), statuses.states_of('ACTIVE'))
        self.assertEqual(({'active'}, {'migrating'}),
                         statuses.states_of('MIGRATING'))
        self.assertEqual(
            ({'active', 'stopped', 'error'}, {'rebooting_hard'}),
            statuses.states_of('HARD_REBOOT'))
        self.assertEqual((set(), set()), statuses.states_of('PAUSED'))

    def test_known(self):
        self.assertTrue(statuses.known('ACTIVE'))
        self.assertTrue(statuses.known('PAUSED'))
        self.assertFalse(statuses.known('SULKING'))
