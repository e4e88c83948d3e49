"""Binding and giving back the ports of a guest."""

from nova_gs.compute import ports
from nova_gs import exception
from nova_gs.network import base as network_base
from nova_gs import objects
from tests.fixtures import compute
from tests.unit.db import base

PLUGGED = 'network-vif-plugged'


class FakeNetwork(network_base.Network):
    """Tells of each port; ``error`` lets everything fail.

    :ivar one_at_a_time: whether ports have one binding at most
    :ivar ahead: {host: IDs of ports that are bound there ahead}
    """

    def __init__(self):
        self.error = None
        self.released = []
        self.one_at_a_time = False
        self.ahead = {}

    def resolve(self, ctxt, wanted):
        return []

    def bind(self, ctxt, instance, bound, host):
        if self.error:
            raise self.error
        bound = [port.obj_clone() for port in bound]
        for port in bound:
            port.vif_type = 'bridge'
        return bound, [(PLUGGED, port.id) for port in bound]

    def bind_ahead(self, ctxt, instance, bound, host):
        if self.one_at_a_time:
            return None
        found = self.bind(ctxt, instance, bound, host)
        self.ahead[host] = [port.id for port in bound]
        return found

    def bind_arrived(self, ctxt, instance, bound, host):
        return self.bind(ctxt, instance, bound, host)[0]

    def unbind_ahead(self, ctxt, instance, bound, host):
        if self.error:
            raise self.error
        self.ahead.pop(host, None)

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


class AheadTestCase(PortsTestCase):
    """The ports of a guest that is to move here."""

    def setUp(self):
        super().setUp()
        self.data = objects.MigrateData()

    def expect(self, plugged=('p',)):
        awaited = ports.bind_ahead(
            self.host, self.context, self.instance, self.data)
        self.data.plugged = list(plugged)
        ports.say_what_is_awaited(self.host, awaited, self.data)
        return self.data.told('waits_for')

    def test_source_is_told_what_to_wait_for(self):
        self.assertEqual(
            {'events': [[PLUGGED, 'p']], 'after': 0, 'timeout': 300,
             'is_fatal': True}, self.expect())
        self.assertEqual(['bridge'], [
            port.vif_type for port in self.data.ports])
        self.assertEqual({'host1': ['p']}, self.network.ahead)

    def test_what_nobody_can_see_is_not_waited_for(self):
        self.assertIsNone(self.expect(plugged=()))
        self.assertEqual(1, len(self.data.ports))

    def test_waits_are_switched_off(self):
        self.plug(timeout=0)
        self.assertIsNone(self.expect())
        self.flags(group='compute', live_migration_wait_for_vif_plug=False)
        self.assertFalse(ports.plugging(self.conf).waits_for_moves)
        object.__setattr__(self.host, 'plugging', ports.Plugging(
            self.network, 300, True, waits_for_moves=False))
        self.assertIsNone(self.expect())

    def test_one_binding_at_a_time(self):
        self.network.one_at_a_time = True
        self.assertIsNone(self.expect())
        self.assertIsNone(self.data.told('ports'))

    def test_source_of_an_older_release(self):
        self.data.VERSION = '1.1'
        self.assertEqual([], ports.bind_ahead(
            self.host, self.context, self.instance, self.data).events)
        self.assertEqual({}, self.network.ahead)

    def test_network_that_is_away(self):
        self.network.error = exception.NetworkFailed(reason='it is away')
        self.assertRaises(exception.NetworkFailed, self.expect)
        object.__setattr__(self.host, 'plugging', ports.Plugging(
            self.network, 300, is_fatal=False))
        self.assertIsNone(self.expect())
        self.assertIsNone(self.data.told('ports'))

    def test_what_was_made_ready_is_taken_back(self):
        self.expect()
        for _twice in range(2):
            ports.unbind_ahead(self.host, self.instance)
            self.assertEqual({}, self.network.ahead)
        ports.unbind_ahead(self.host, objects.Instance(uuid='i', ports=[]))
