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
                ('paused', None, 'PAUSED'),
                ('suspended', 'resuming', 'SUSPENDED'),
                ('error', None, 'ERROR'),
                ('active', 'resize_prep', 'RESIZE'),
                ('stopped', 'resize_migrating', 'RESIZE'),
                ('active', 'resize_migrated', 'RESIZE'),
                ('active', 'resize_finish', 'RESIZE'),
                ('resized', None, 'VERIFY_RESIZE'),
                ('resized', 'resize_confirming', 'VERIFY_RESIZE'),
                ('resized', 'resize_reverting', 'REVERT_RESIZE'),
                ('active', 'resize_reverting', 'REVERT_RESIZE'),
                ('sulking', None, 'UNKNOWN')):
            self.assertEqual(
                status, statuses.of(_instance(vm_state, task_state)))

    def test_states_of(self):
        self.assertEqual(({'active'}, None), statuses.states_of('ACTIVE'))
        self.assertEqual(({'active'}, {'migrating'}),
                         statuses.states_of('MIGRATING'))
        self.assertEqual(
            ({'active', 'stopped', 'paused', 'suspended', 'error'},
             {'rebooting_hard'}),
            statuses.states_of('HARD_REBOOT'))
        self.assertEqual((set(), set()), statuses.states_of('RESCUE'))

    def test_known(self):
        self.assertTrue(statuses.known('ACTIVE'))
        self.assertTrue(statuses.known('RESCUE'))
        self.assertFalse(statuses.known('SULKING'))
