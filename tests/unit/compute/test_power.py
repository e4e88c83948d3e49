"""Switching guests: what the driver is asked, what the record gets."""

from nova_gs.compute import power
from nova_gs import exception
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit import base


class TestPower(base.TestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.driver = self.host.driver
        self.operation = compute.FakeOperation()

    def test_table(self):
        for act, params, asked, vm_state in (
                (power.start, {}, ('power_on',), 'active'),
                (power.stop, {}, ('power_off', power.SHUTDOWN_TIMEOUT),
                 'stopped'),
                (power.stop, {'timeout': 5}, ('power_off', 5), 'stopped'),
                (power.pause, {}, ('pause',), 'paused'),
                (power.unpause, {}, ('unpause',), 'active'),
                (power.suspend, {}, ('suspend',), 'suspended'),
                (power.resume, {}, ('resume',), 'active'),
                (power.reboot, {}, ('reboot', True), 'active'),
                (power.reboot, {'reboot_type': 'HARD'}, ('reboot', True),
                 'active'),
                (power.reboot, {'reboot_type': 'SOFT'}, ('reboot', False),
                 'active')):
            del self.driver.calls[:]
            self.operation.params = params
            changes = act(self.host, self.operation)
            self.assertEqual([asked, ('get_guest',)], self.driver.calls)
            self.assertEqual(vm_state, changes['vm_state'])

    def test_power_state_is_what_the_hypervisor_says(self):
        self.driver.power_state = driver.PowerState.CRASHED
        self.assertEqual(6, power.start(
            self.host, self.operation)['power_state'])

    def test_guest_that_may_run_elsewhere(self):
        self.host.fence.put(self.operation.instance_uuid, 'it left')
        for act in (power.start, power.reboot, power.unpause, power.resume):
            self.assertRaises(exception.GuestFenced, act, self.host,
                              self.operation)
        self.assertEqual([], self.driver.calls)

    def test_failure_is_the_drivers(self):
        self.driver.errors['power_off'] = exception.HypervisorError(
            reason='no')
        self.assertRaises(exception.HypervisorError, power.stop, self.host,
                          self.operation)
