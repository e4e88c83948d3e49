"""Neutron's ports, with devcloud's stand-in for it."""

import threading

from nova_gs import context
from nova_gs.devcloud import neutron_server
from nova_gs import exception
from nova_gs import network
from nova_gs import objects
from tests.unit import base

NETWORK_ID = neutron_server.NETWORK['id']
PLUGGED = 'network-vif-plugged'


class WithStandIn(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.told = []
        self.stand_in = neutron_server.Neutron(
            lambda port, name: self.told.append((port['id'], name)), 3600)
        server = neutron_server.serve(('127.0.0.1', 0), self.stand_in)
        self.addCleanup(server.server_close)
        thread = threading.Thread(
            target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 60)
        self.addCleanup(server.shutdown)
        self.flags(group='neutron',
                   url='http://127.0.0.1:%d' % server.server_address[1])
        self.network = network.load(self.conf)
        self.ctxt = context.RequestContext(
            user_id='u', project_id='admin', overwrite=False)

    def instance(self, wanted='auto'):
        return objects.Instance(
            uuid='i', project_id='admin',
            ports=self.network.resolve(self.ctxt, wanted))

    def bind(self, instance, host='host1'):
        """Bind and return what is awaited."""
        instance.ports, awaited = self.network.bind(
            self.ctxt, instance, instance.ports, host)
        return awaited

    def given(self, **values):
        return self.stand_in.create({'network_id': NETWORK_ID, **values})


class NeutronTestCase(WithStandIn):

    def test_resolve(self):
        for wanted in ('auto', None, [{'uuid': NETWORK_ID}]):
            port, = self.network.resolve(self.ctxt, wanted)
            self.assertEqual((None, 'private', True), (
                port.id, port.network_name, port.is_made))
        self.assertEqual([], self.network.resolve(self.ctxt, 'none'))
        self.assertEqual([], self.stand_in.ports())

    def test_given_port(self):
        made = self.given()
        port, = self.network.resolve(self.ctxt, [{'port': made['id']}])
        self.assertEqual(
            (made['id'], made['mac_address'], False),
            (port.id, port.mac_address, port.is_made))

    def test_refused(self):
        used = self.given(device_id='another')
        foreign = self.given(project_id='foreign')
        for wanted, error in (
                ({'uuid': 'x'}, exception.Invalid),
                ({'port': 'x'}, exception.Invalid),
                ({'port': foreign['id']}, exception.Invalid),
                ({'port': used['id']}, exception.Conflict),
                ({'uuid': NETWORK_ID, 'fixed_ip': '192.0.2.1'},
                 exception.Invalid)):
            self.assertRaises(error, self.network.resolve, self.ctxt,
                              [wanted])

    def test_bind_makes_what_is_missing(self):
        instance = self.instance()
        awaited = self.bind(instance)
        made, = self.stand_in.ports()
        self.assertEqual([(PLUGGED, made['id'])], awaited)
        self.assertEqual(
            ('i', 'host1', 'compute:nova'),
            (made['device_id'], made['binding:host_id'],
             made['device_owner']))
        port, = instance.ports
        self.assertEqual((made['id'], 'user', made['mac_address']), (
            port.id, port.vif_type, port.mac_address))
        self.assertEqual(made['fixed_ips'], port.fixed_ips)

    def test_what_was_made_and_not_written_down_is_found(self):
        instance = self.instance()
        self.network.bind(self.ctxt, instance, instance.ports, 'host1')
        self.bind(instance, 'host2')
        made, = self.stand_in.ports()
        self.assertEqual('host2', made['binding:host_id'])

    def test_another_host_is_awaited_anew(self):
        instance = self.instance()
        self.bind(instance)
        made, = self.stand_in.ports()
        self.stand_in.update(made['id'], {'status': 'ACTIVE'})
        self.assertEqual([], self.bind(instance))
        self.assertEqual([(PLUGGED, made['id'])],
                         self.bind(instance, 'host2'))

    def test_port_that_cannot_be_bound(self):
        made = self.given()
        instance = self.instance([{'port': made['id']}])
        self.stand_in.update = lambda *args: dict(
            made, **{'binding:vif_type': 'binding_failed'})
        error = self.assertRaises(
            exception.NetworkFailed, self.bind, instance)
        self.assertIn('binding_failed', str(error))

    def test_release(self):
        """What was made goes, what was given stays and is free."""
        given = self.given()
        instance = self.instance([{'port': given['id']},
                                  {'uuid': NETWORK_ID}])
        self.bind(instance)
        self.assertEqual(2, len(self.stand_in.ports(device_id='i')))
        for _twice in range(2):
            self.network.release(self.ctxt, instance)
            left, = self.stand_in.ports()
            self.assertEqual((given['id'], '', '', 'unbound'), (
                left['id'], left['device_id'], left['binding:host_id'],
                left['binding:vif_type']))

    def test_refresh(self):
        instance = self.instance([{'uuid': NETWORK_ID}] * 2)
        self.bind(instance)
        one, two = instance.ports
        self.stand_in.delete(one.id)
        self.stand_in.update(two.id, {'fixed_ips': [
            {'ip_address': '192.0.2.9', 'subnet_id': 's'}]})
        now, = self.network.refresh(self.ctxt, instance.ports)
        self.assertEqual((two.id, '192.0.2.9'),
                         (now.id, now.fixed_ips[0]['ip_address']))

    def test_nobody_answers(self):
        self.flags(group='neutron', url='http://127.0.0.1:1')
        error = self.assertRaises(
            exception.NetworkFailed, self.network.resolve, self.ctxt, 'auto')
        self.assertEqual(503, error.code)
        self.assertIn('127.0.0.1:1', str(error))


class MovingTestCase(WithStandIn):
    """A port whose guest moves has two bindings for a while."""

    def setUp(self):
        super().setUp()
        self.moved = self.instance()
        self.bind(self.moved)
        self.port, = self.moved.ports

    def ahead(self, host='host2'):
        return self.network.bind_ahead(
            self.ctxt, self.moved, self.moved.ports, host)

    def arrived(self, host='host2'):
        return self.network.bind_arrived(
            self.ctxt, self.moved, self.moved.ports, host)

    def unbind(self, host='host2'):
        self.network.unbind_ahead(
            self.ctxt, self.moved, self.moved.ports, host)

    def bindings(self):
        """Return {host: status}."""
        return {one['host']: one['status']
                for one in self.stand_in.bindings(self.port.id)}

    def test_ahead(self):
        self.stand_in.bridges['host2'] = 'br2'
        for _twice in range(2):
            (port,), awaited = self.ahead()
            self.assertEqual([(PLUGGED, self.port.id)], awaited)
            self.assertEqual(('bridge', {'bridge_name': 'br2'}),
                             (port.vif_type, port.details))
            self.assertEqual({'host1': 'ACTIVE', 'host2': 'INACTIVE'},
                             self.bindings())
            self.assertEqual('user', self.port.vif_type)

    def test_ahead_where_it_is(self):
        (port,), _ = self.ahead('host1')
        self.assertEqual('user', port.vif_type)
        self.assertEqual({'host1': 'ACTIVE'}, self.bindings())

    def test_ahead_where_it_cannot_be(self):
        self.stand_in.bind = lambda port_id, host: {
            'host': host, 'vif_type': 'binding_failed', 'status': 'INACTIVE'}
        error = self.assertRaises(exception.NetworkFailed, self.ahead)
        self.assertIn('host2', str(error))

    def test_arrived(self):
        self.stand_in.bridges['host2'] = 'br2'
        self.ahead()
        for _twice in range(2):
            port, = self.arrived()
            self.assertEqual(('bridge', {'bridge_name': 'br2'}),
                             (port.vif_type, port.details))
            self.assertEqual({'host2': 'ACTIVE'}, self.bindings())
        told, = self.stand_in.ports()
        self.assertEqual('host2', told['binding:host_id'])

    def test_does_not_come(self):
        self.ahead()
        for _twice in range(2):
            self.unbind()
            self.assertEqual({'host1': 'ACTIVE'}, self.bindings())

    def test_what_is_in_use_is_not_taken_back(self):
        self.ahead()
        self.arrived()
        self.unbind()
        self.assertEqual({'host2': 'ACTIVE'}, self.bindings())

    def test_neutron_that_knows_one_binding_only(self):
        self.stand_in.extensions.clear()
        self.assertIsNone(self.ahead())
        self.unbind()
        self.arrived()
        told, = self.stand_in.ports()
        self.assertEqual('host2', told['binding:host_id'])

    def test_given_back_with_all_bindings(self):
        given = self.given()
        self.moved = self.instance([{'port': given['id']}])
        self.bind(self.moved)
        self.port, = self.moved.ports
        self.ahead()
        self.network.release(self.ctxt, self.moved)
        self.assertEqual({}, self.bindings())


class StandInTestCase(base.TestCase):
    """What the stand-in tells, and of what it does not."""

    def setUp(self):
        super().setUp()
        self.told = threading.Event()
        self.events = []
        self.stand_in = neutron_server.Neutron(self._tell, 0)

    def _tell(self, port, name):
        self.events.append((port['id'], port['status'], name))
        self.told.set()

    def test_bound_port(self):
        port = self.stand_in.create(
            {'device_id': 'i', 'binding:host_id': 'host1'})
        self.assertTrue(self.told.wait(60))
        self.assertEqual([(port['id'], 'ACTIVE', PLUGGED)], self.events)

    def test_port_that_has_moved_on(self):
        port = self.stand_in.create({'device_id': 'i'})
        self.stand_in._plugged(port['id'], 'host1')
        self.stand_in._plugged('gone', 'host1')
        self.assertEqual([], self.events)

    def test_binding_that_is_not_in_use(self):
        """It is told of, and the port is where it was."""
        port = self.stand_in.create({'device_id': 'i'})
        self.assertEqual('INACTIVE', self.stand_in.bind(
            port['id'], 'host2')['status'])
        self.assertIsNone(self.stand_in.bind(port['id'], 'host2'))
        self.assertTrue(self.told.wait(60))
        self.assertEqual([(port['id'], 'DOWN', PLUGGED)], self.events)
        self.assertTrue(self.stand_in.unbind(port['id'], 'host2'))
        self.stand_in._plugged(port['id'], 'host2')
        self.assertEqual(1, len(self.events))
