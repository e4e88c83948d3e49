"""A migration at its destination."""

import threading

import fixtures

from nova_gs.compute.live_migration import destination
from nova_gs.compute.live_migration import rooms
from nova_gs.compute import ports
from nova_gs import exception
from nova_gs.network import built_in
from nova_gs import objects
from nova_gs.virt import driver
from nova_gs.virt import live_migration
from tests.fixtures import compute
from tests.unit import base
from tests.unit.compute import test_ports


class TestDestination(base.TestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.operation = compute.FakeOperation()
        self.operation.host, self.operation.peer_host = 'host1', 'source'

    def test_take_over_hands_on_to_the_source_and_lets_go(self):
        destination.take_over(self.host, None, self.operation)
        what, values = self.operation.last()
        self.assertEqual(
            ('offer', 'post_live_migration_at_source', 'source', None),
            (what, values['step'], values['host'], values['peer_host']))
        self.assertEqual({'vm_state': 'active', 'power_state': 1},
                         values['instance'])

    def test_forget_takes_back_what_was_made_ready(self):
        network = test_ports.FakeNetwork()
        network.ahead['host1'] = ['p']
        self.operation.instance.ports = [
            objects.Port(id='p', network_id='n')]
        object.__setattr__(self.host, 'plugging', ports.Plugging(
            network, 300, is_fatal=True))
        self.operation.params['ending'] = {
            'state': 'failed', 'migration_status': 'error', 'reason': 'x'}
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='the guest is here'))
        destination.forget(self.host, self.operation)
        self.assertEqual({'host1': ['p']}, network.ahead)
        del self.host.driver.errors['finish_migration']
        destination.forget(self.host, self.operation)
        self.assertEqual({}, network.ahead)

    def test_ports_follow_the_guest(self):
        port = objects.Port(id='p', network_id=built_in.id_of('lan'))
        self.operation.instance.ports = [port]
        self.flags(group='network', networks=['lan=br0'])
        object.__setattr__(self.host, 'plugging', ports.plugging(self.conf))
        destination.take_over(self.host, None, self.operation)
        bound, = self.operation.last()[1]['instance']['ports']
        self.assertEqual(('p', 'bridge', {'bridge_name': 'br0'}),
                         (bound.id, bound.vif_type, bound.details))

    def test_ports_that_cannot_follow_are_told(self):
        self.operation.instance.ports = [
            objects.Port(id='p', network_id='gone')]
        destination.take_over(self.host, None, self.operation)
        what, values = self.operation.last()
        self.assertEqual('offer', what)
        self.assertNotIn('ports', values['instance'])

    def copy_disks(self):
        self.operation.params['migrate_data'] = objects.MigrateData(
            block_migration=True).obj_to_primitive()

    def test_what_it_wrote_before_comes_along(self):
        self.copy_disks()
        destination.take_over(self.host, None, self.operation)
        self.assertEqual([('hand_over_console_log', 'source')],
                         self.host.compute_rpcapi.calls)
        self.assertEqual(('keep_console', b'before\n'),
                         self.host.driver.calls[0])
        self.assertEqual('offer', self.operation.last()[0])

    def test_nothing_to_bring_where_no_disk_is_copied(self):
        destination.take_over(self.host, None, self.operation)
        self.assertEqual([], self.host.compute_rpcapi.calls)

    def test_the_guest_does_not_wait_for_its_log(self):
        self.copy_disks()
        self.host.compute_rpcapi.errors['hand_over_console_log'] = (
            compute.unreachable())
        destination.take_over(self.host, None, self.operation)
        self.assertEqual('offer', self.operation.last()[0])
        self.host.compute_rpcapi.errors.clear()
        self.host.driver.errors['keep_console'] = (
            exception.HypervisorError(reason='no space'))
        destination.take_over(self.host, None, self.operation)
        self.assertEqual('offer', self.operation.last()[0])

    def test_take_over_of_one_that_stands_still(self):
        self.host.driver.finish_migration = (
            lambda instance, side, arrived: driver.Guest(
                instance.uuid, driver.PowerState.PAUSED))
        destination.take_over(self.host, None, self.operation)
        self.assertEqual({'vm_state': 'paused', 'power_state': 3},
                         self.operation.last()[1]['instance'])

    def test_take_over_goes_on_although_looking_after_it_fails(self):
        for error in (exception.HypervisorError(reason='busy'),
                      exception.GuestNotFound(instance_id='deleted')):
            self.host.driver.errors['finish_migration'] = error
            destination.take_over(self.host, None, self.operation)
            self.assertEqual('offer', self.operation.last()[0])

    def test_take_over_removes_what_was_deleted_on_its_way(self):
        self.operation.instance.deleted = True
        destination.take_over(self.host, None, self.operation)
        self.assertEqual('destroy', self.host.driver.names()[0])
        self.assertEqual('offer', self.operation.last()[0])

    def test_forget(self):
        self.operation.params['ending'] = {
            'state': 'aborted', 'migration_status': 'cancelled',
            'reason': 'asked for by a user'}
        destination.forget(self.host, self.operation)
        self.assertEqual(
            [('finish_migration', live_migration.Side.DESTINATION, False)],
            self.host.driver.calls)
        what, values = self.operation.last()
        self.assertEqual(('finish', 'aborted', 'asked for by a user'),
                         (what, values['state'], values['error']))
        self.assertEqual({'status': 'cancelled'}, values['migration'])

    def test_forget_ends_although_the_room_stays(self):
        self.operation.params['ending'] = {
            'state': 'failed', 'migration_status': 'error', 'reason': 'x'}
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        destination.forget(self.host, self.operation)
        self.assertEqual('finish', self.operation.last()[0])


GIVEN_BACK = ('finish_migration', live_migration.Side.DESTINATION, False)


class TestMakeRoom(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.host = compute.host(self.conf)
        self.operation = objects.Operation(
            uuid='operation', step='live_migration', state='running')
        self.instance = objects.Instance(uuid='guest')
        self.rooms = rooms.Rooms(self.host)
        #: What happens while the hypervisor makes room.
        self.meanwhile = lambda: None
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Operation.get_by_uuid',
            classmethod(lambda cls, ctxt, uuid: self.read())))
        accept = self.host.driver.accept_migration

        def accept_slowly(instance, data, image=None):
            self.image = image
            self.meanwhile()
            return accept(instance, data)

        self.host.driver.accept_migration = accept_slowly

        self.data = objects.MigrateData()

    def read(self):
        if isinstance(self.operation, Exception):
            raise self.operation
        return self.operation

    def make_room(self):
        return destination.make_room(
            self.host, None, self.rooms, 'operation', self.instance, self.data)

    def become(self, **values):
        for name, value in values.items():
            setattr(self.operation, name, value)

    def test_room(self):
        self.assertIs(self.data, self.make_room())
        self.assertEqual([('accept_migration',)], self.host.driver.calls)

    def test_ports_are_ready_before_room_is(self):
        network = test_ports.FakeNetwork()
        object.__setattr__(self.host, 'plugging', ports.Plugging(
            network, 300, is_fatal=True))
        self.instance.ports = [objects.Port(id='p', network_id='n')]
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.ExternalEventList.last_id',
            classmethod(lambda cls, ctxt, uuid: 7)))

        def plug():
            self.assertEqual({'host1': ['p']}, network.ahead)
            self.data.plugged = ['p']

        self.meanwhile = plug
        self.assertEqual(
            ([['network-vif-plugged', 'p']], 7),
            (self.make_room().waits_for['events'],
             self.data.waits_for['after']))
        self.meanwhile = lambda: self.become(state='failed')
        self.assertRaises(exception.Conflict, self.make_room)
        self.assertEqual({}, network.ahead)

    def test_image_of_disks_that_are_copied(self):
        images = {'known': objects.Image(id='known')}

        def get_by_id(cls, ctxt, image_id):
            if image_id not in images:
                raise exception.ImageNotFound(image_id=image_id)
            return images[image_id]

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Image.get_by_id', classmethod(get_by_id)))
        for ref, mode, image in (
                ('known', True, images['known']), ('gone', True, None),
                (None, True, None), ('known', False, None)):
            self.instance.image_ref = ref
            self.data.block_migration = mode
            self.make_room()
            self.assertIs(image, self.image)

    def test_it_does_not_come_any_more(self):
        for values in ({'step': 'rollback_live_migration_at_destination'},
                       {'step': 'live_migration', 'state': 'failed'},
                       {'state': 'interrupted'}):
            self.become(**values)
            error = self.assertRaises(exception.Conflict, self.make_room)
            self.assertIn('No room is made for instance guest', str(error))
        self.assertEqual([], self.host.driver.calls)

    def test_source_gives_up_meanwhile(self):
        """Its rollback may have been here already, or never comes."""
        self.meanwhile = lambda: self.become(state='failed')
        self.assertRaises(exception.Conflict, self.make_room)
        self.assertEqual([('accept_migration',), GIVEN_BACK],
                         self.host.driver.calls)

    def test_whether_it_comes_cannot_be_told(self):
        """Then it is looked at again with the heartbeats."""
        away = exception.PeerUnavailable('the conductor is away')
        self.meanwhile = lambda: setattr(self, 'operation', away)
        self.assertIs(self.data, self.make_room())
        self.assertEqual([('accept_migration',)], self.host.driver.calls)
        self.assertEqual(['guest'], list(self.rooms._rooms))

    def test_what_is_late_touches_no_room_of_another(self):
        """A rollback waits until the room is there that it is about."""
        rollback = compute.FakeOperation()
        rollback.instance_uuid = 'guest'
        rollback.params['ending'] = {
            'state': 'failed', 'migration_status': 'error', 'reason': 'x'}
        forgetting = threading.Thread(
            target=destination.forget, args=(self.host, rollback))

        def meanwhile():
            forgetting.start()
            forgetting.join(0.05)
            self.assertEqual([], self.host.driver.calls)

        self.meanwhile = meanwhile
        self.make_room()
        forgetting.join(60)
        self.assertEqual([('accept_migration',), GIVEN_BACK],
                         self.host.driver.calls)
