"""Binding and giving back the ports of a guest."""

from nova_gs.compute import ports
from nova_gs import exception
from nova_gs.network import base as network_base
from nova_gs import objects
from tests.fixtures import compute
from tests.unit.db import base

PLUGGED = 'network-vif-plugged'


class FakeNetwork(network_base.Network):
    """Tells of each port; ``error`` lets everything fail."""

    def __init__(self):
        self.error = None
        self.released = []

    def resolve(self, ctxt, wanted):
        return []

    def bind(self, ctxt, instance, bound, host):
        if self.error:
            raise self.error
        bound = [port.obj_clone() for port in bound]
        for port in bound:
            port.vif_type = 'bridge'
        return bound, [(PLUGGED, port.id) for port in bound]

    def release(self, ctxt, instance):
        if self.error:
            raise self.error
        self.released.append(instance.uuid)

    def refresh(self, ctxt, bound):
        return bound


class PortsTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.network = FakeNetwork()
        self.plug(timeout=300)
        self.instance = self.make_instance(
            ports=[objects.Port(id='p', network_id='n')])
        self.operation = self.claimed(
            instance=self.instance, kind='build', step='build_instance',
            task_state='spawning')

    def plug(self, timeout):
        object.__setattr__(self.host, 'plugging', ports.Plugging(
            self.network, timeout, is_fatal=True))

    def bind(self):
        return ports.bind(self.host, self.context, self.operation)

    def test_bind_is_on_record_before_the_guest_is_made(self):
        objects.ExternalEventList.record(self.context, [
            {'instance_uuid': self.instance.uuid, 'name': PLUGGED,
             'tag': 'p', 'status': 'completed'}])
        last = objects.ExternalEventList.last_id(
            self.context, self.instance.uuid)
        self.assertTrue(self.bind())
        stored = objects.Operation.get_by_uuid(
            self.context, self.operation.uuid)
        self.assertEqual(([(PLUGGED, 'p')], last), ports.awaited(stored))
        for instance in (stored.instance, self.operation.instance):
            self.assertEqual(
                ['bridge'], [port.vif_type for port in instance.ports])

    def test_nothing_is_awaited(self):
        """Also when another host has waited for something before."""
        self.assertTrue(self.bind())
        self.plug(timeout=0)
        self.assertFalse(self.bind())
        self.assertEqual([], ports.awaited(self.operation)[0])

    def test_without_ports(self):
        operation = self.claimed()
        self.assertFalse(ports.bind(self.host, self.context, operation))
        self.assertEqual(([], 0), ports.awaited(operation))
        ports.release(self.host, self.context, operation.instance)
        self.assertEqual([], self.network.released)
        self.assertEqual({}, ports.follow(self.host, operation.instance))

    def test_refused(self):
        self.network.error = exception.NetworkFailed(reason='no agent')
        self.assertRaises(exception.NetworkFailed, self.bind)

    def test_release(self):
        ports.release(self.host, self.context, self.instance)
        self.assertEqual([self.instance.uuid], self.network.released)

    def test_what_cannot_be_given_back_keeps_nobody(self):
        self.network.error = exception.NetworkFailed(reason='it is away')
        ports.release(self.host, self.context, self.instance)
        self.assertEqual([], self.network.released)

    def test_follow(self):
        changes = ports.follow(self.host, self.instance)
        self.assertEqual(['bridge'], [
            port.vif_type for port in changes['ports']])
