"""What the tests of a cold migration at its two ends share."""

import types

from nova_gs.compute import ports
from nova_gs import exception
from nova_gs.network import built_in
from nova_gs import objects
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit import base

RUNNING, SHUTDOWN = driver.PowerState.RUNNING, driver.PowerState.SHUTDOWN

FANS = exception.HypervisorError(reason='no more fans')
AWAY = exception.HypervisorUnavailable(uri='x', reason='gone')


class Driver(compute.FakeDriver):
    """Has the verbs of a cold migration, too.

    :ivar state: that a guest arrives in
    """

    state = RUNNING

    def check_resize(self, instance, flavor):
        self.called('check_resize', flavor.flavorid)

    def describe_for_resize(self, instance):
        self.called('describe_for_resize')
        return objects.MigrateData(details={'disk': 'one'})

    def leave_for_resize(self, instance, data):
        self.called('leave_for_resize', data.details)
        return data

    def arrive_from_resize(self, instance, data, power_on):
        self.called('arrive_from_resize', data.details, power_on)
        return driver.Guest(instance.uuid, self.state)

    def confirm_resize(self, instance):
        self.called('confirm_resize')

    def leave_for_revert(self, instance):
        self.called('leave_for_revert')
        return objects.MigrateData(details={'disk': 'two'})

    def return_from_resize(self, instance, data, power_on):
        self.called('return_from_resize', data and data.details, power_on)
        return driver.Guest(instance.uuid, self.state)


class ComputeAPI(compute.Failing):
    """The destination; ``sees`` says whether it sees the disk."""

    sees = True

    def check_instance_shared_storage(self, ctxt, host, operation_uuid,
                                      instance, data):
        self.called('check_instance_shared_storage', host)
        return self.sees


def flavor(name, memory_mb):
    return objects.Flavor(id=1, flavorid=name, name=name, vcpus=1,
                          memory_mb=memory_mb, root_gb=1)


class ResizeTestCase(base.TestCase):
    """A resize from ``source`` to ``destination``; one of them is ``HOST``."""

    HOST = None

    def setUp(self):
        super().setUp()
        made = compute.host(self.conf)
        object.__setattr__(made, 'name', self.HOST)
        object.__setattr__(made, 'driver', Driver())
        object.__setattr__(made, 'compute_rpcapi', ComputeAPI())
        object.__setattr__(made, 'peer_is_up',
                           lambda ctxt, name: name not in self.down)
        self.host, self.down = made, set()
        self.driver = made.driver
        self.operation = operation = compute.FakeOperation()
        operation.kind, operation.params = 'resize', {}
        operation.host = self.HOST
        operation.peer_host = (
            'source' if self.HOST == 'destination' else 'destination')
        operation.instance = types.SimpleNamespace(
            uuid=operation.instance_uuid, deleted=False, vm_state='active',
            power_state=1, host=self.HOST, ports=[])
        operation.migration = objects.Migration(
            uuid=operation.migration_uuid, source_compute='source',
            source_node='node-s', dest_compute='destination',
            dest_node='node-d', old_vm_state='active',
            old_flavor=flavor('small', 64), new_flavor=flavor('large', 128))

    def assert_failed(self, reason, status='error', **instance):
        what, values = self.operation.last()
        self.assertEqual(('finish', 'failed', status), (
            what, values['state'], values['migration']['status']))
        self.assertRegex(values['error'], reason)
        written = values['instance'] or {}
        self.assertEqual(instance, {
            name: written.get(name) for name in instance})

    def assert_passed_on(self, step, host, peer_host, status):
        """Return what was offered."""
        what, values = self.operation.last()
        self.assertEqual(('offer', step, host, peer_host, status), (
            what, values['step'], values['host'], values['peer_host'],
            values['migration']['status']))
        self.assertEqual([(step, host)], self.host.publisher.sent)
        return values

    def give_port(self):
        """Give the guest a port of the one network that the host has."""
        self.operation.instance.ports = [
            objects.Port(id='p', network_id=built_in.id_of('lan'))]
        self.flags(group='network', networks=['lan=br0'])
        object.__setattr__(
            self.host, 'plugging', ports.plugging(self.conf))

    def bound(self):
        """Return the details of the port as the last report has it."""
        values = [values for what, values in self.operation.written
                  if what == 'report'][-1]
        port, = values['instance']['ports']
        return port.details
