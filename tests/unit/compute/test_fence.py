"""Guests that are not started while they may run elsewhere."""

from nova_gs.compute import fence
from nova_gs.compute import power
from nova_gs import exception
from tests.fixtures import compute
from tests.unit import base


class FenceTestCase(base.TestCase):

    def test_put_and_lift(self):
        guests = fence.Fence('host1')
        guests.require('guest')
        guests.put('guest', 'it is on its way.')
        error = self.assertRaises(
            exception.GuestFenced, guests.require, 'guest')
        self.assertEqual('Instance guest is not started on host host1: it is '
                         'on its way.', str(error))
        guests.require('other')
        self.assertEqual({'guest': 'it is on its way.'}, guests.list())
        guests.lift('guest')
        guests.lift('guest')
        guests.require('guest')

    def test_whatever_starts_a_guest_asks(self):
        host = compute.host(self.conf)
        operation = compute.FakeOperation()
        host.fence.put(operation.instance_uuid, 'it is on its way.')
        for start in (power.start, power.reboot):
            self.assertRaises(exception.GuestFenced, start, host, operation)
        power.stop(host, operation)
        self.assertEqual(['power_off', 'get_guest'], host.driver.names())
