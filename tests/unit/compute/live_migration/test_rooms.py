"""Rooms of guests whose source may be lost."""

import threading

from nova_gs import clock
from nova_gs.compute.live_migration import destination
from nova_gs.compute.live_migration import leftovers
from nova_gs.compute.live_migration import rooms
from nova_gs import exception
from nova_gs import objects
from nova_gs.shutdown import tracker
from nova_gs.virt import live_migration
from tests.fixtures import compute
from tests.unit import base
from tests.unit.db import base as db_base

ARRIVAL = live_migration.Arrival
VERDICT = rooms.Verdict


class TestDecide(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()

    def decide(self, state, arrival=None, step='live_migration'):
        return rooms.decide(
            objects.Operation(state=state, step=step), arrival)

    def test_under_way(self):
        for state in ('accepted', 'running'):
            self.assertIs(VERDICT.KEEP, self.decide(state))

    def test_past_it(self):
        for state, step in (
                ('succeeded', 'live_migration'),
                ('running', 'post_live_migration_at_destination'),
                ('interrupted', 'post_live_migration_at_destination'),
                ('failed', 'rollback_live_migration_at_destination')):
            self.assertIs(VERDICT.FORGET, self.decide(state, step=step))

    def test_source_is_lost(self):
        for arrival, expected in (
                (ARRIVAL.NOTHING, VERDICT.GIVE_BACK),
                # To give its room back would cut it off.
                (ARRIVAL.COMING, VERDICT.KEEP),
                # Some of its memory may be at the source.
                (ARRIVAL.POST_COPY, VERDICT.KEEP),
                (ARRIVAL.HERE, VERDICT.TAKE_OVER),
                (ARRIVAL.OFF, VERDICT.KEEP)):
            self.assertIs(
                expected, self.decide('interrupted', arrival), arrival)

    def test_source_has_ended_it_alone(self):
        for state in ('failed', 'aborted'):
            for arrival, expected in (
                    (ARRIVAL.NOTHING, VERDICT.GIVE_BACK),
                    (ARRIVAL.COMING, VERDICT.KEEP),
                    (ARRIVAL.POST_COPY, VERDICT.FORGET),
                    (ARRIVAL.HERE, VERDICT.FORGET),
                    (ARRIVAL.OFF, VERDICT.FORGET)):
                self.assertIs(
                    expected, self.decide(state, arrival), arrival)


class TestRooms(db_base.DatabaseTestCase):
    """This host is host2; guests come from host1."""

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        object.__setattr__(self.host, 'name', 'host2')
        self.addCleanup(self.host.executors.migrations.close)
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'host2')
        self.rooms = rooms.Rooms(self.host)
        self.operation = self.migration()
        self.instance_uuid = self.operation.instance_uuid

    def migration(self):
        """Return a live migration from host1, claimed by it."""
        return self.claimed(
            kind='live-migration', step='live_migration',
            task_state='migrating', migration=objects.Migration(
                source_compute='host1', dest_compute='host2',
                dest_node='node2', status='running'))

    def make_room(self):
        self.operation.report(peer_host='host2')
        destination.make_room(
            self.host, self.context, self.rooms, self.operation.uuid,
            self.operation.instance, objects.MigrateData())

    def look(self):
        """Let a heartbeat pass, and what comes of it end."""
        before = set(threading.enumerate())
        self.rooms.look(self.context, self.gate)
        for thread in set(threading.enumerate()) - before:
            thread.join(db_base.PATIENCE)

    def lose_the_source(self, arrival=ARRIVAL.NOTHING):
        self.make_room()
        self.host.driver.arrival = arrival
        self.stored().mark_interrupted('host1 was lost')

    def stored(self):
        return objects.Operation.get_by_uuid(
            self.context, self.operation.uuid)

    def given_back(self):
        return self.host.driver.calls.count(
            ('finish_migration', live_migration.Side.DESTINATION, False))

    def asked(self):
        return self.host.driver.names().count('look_for_arrival')

    def test_without_rooms_nothing_is_asked(self):
        self.look()
        self.addCleanup(setattr, objects.OperationList, 'get_by_filters',
                        objects.OperationList.get_by_filters)
        objects.OperationList.get_by_filters = None
        self.look()

    def test_as_long_as_the_source_goes_on(self):
        self.make_room()
        self.look()
        self.assertEqual(0, self.asked())

    def test_over(self):
        self.make_room()
        self.operation.finish('succeeded')
        self.look()
        self.operation = self.stored()
        self.look()
        self.assertEqual((0, 0), (self.asked(), self.given_back()))

    def test_given_back(self):
        self.lose_the_source()
        self.look()
        stored = self.stored()
        self.assertEqual(1, self.given_back())
        self.assertEqual(('interrupted', 'error', 'host1'), (
            stored.state, stored.migration.status, stored.instance.host))
        self.assertTrue(self.tracker.empty())

    def test_given_back_once(self):
        self.lose_the_source()
        for _ in range(3):
            self.look()
        self.assertEqual(1, self.given_back())

    def test_it_comes_in_spite_of_all(self):
        self.lose_the_source()
        self.look()
        self.host.driver.arrival = ARRIVAL.HERE
        self.look()
        self.assertEqual('host2', self.stored().instance.host)

    def test_what_still_moves_is_left_alone(self):
        self.lose_the_source(ARRIVAL.COMING)
        self.look()
        self.assertEqual((1, 0), (self.asked(), self.given_back()))
        self.assertEqual('running', self.stored().migration.status)

    def test_taken_over(self):
        self.lose_the_source(ARRIVAL.HERE)
        self.look()
        stored = self.stored()
        self.assertEqual(
            ('running', 'post_live_migration_at_source', 'host1', None,
             None), (stored.state, stored.step, stored.host, stored.peer_host,
                     stored.owner))
        self.assertEqual(('host2', 'node2', 'active', 1), (
            stored.instance.host, stored.instance.node,
            stored.instance.vm_state, stored.instance.power_state))
        self.assertEqual('post-migrating', stored.migration.status)
        self.assertEqual([('post_live_migration_at_source', 'host1')],
                         self.host.publisher.sent)
        self.look()
        self.assertEqual(1, self.asked())

    def test_the_source_returns_at_the_same_moment(self):
        self.lose_the_source(ARRIVAL.HERE)
        look = self.host.driver.look_for_arrival

        def return_meanwhile(instance):
            objects.Operation.take_over(
                self.context, self.operation.uuid, 'host1', 'returned', 'it')
            return look(instance)

        self.host.driver.look_for_arrival = return_meanwhile
        self.look()
        stored = self.stored()
        self.assertEqual(('running', 'live_migration', 'returned', 'host1'), (
            stored.state, stored.step, stored.owner, stored.instance.host))
        self.assertEqual([], self.host.publisher.sent)

    def test_the_source_has_ended_it_alone(self):
        self.make_room()
        self.operation.finish('failed', error='host2 was lost')
        for _ in range(2):
            self.look()
        self.assertEqual((1, 1), (self.asked(), self.given_back()))

    def test_hypervisor_fails(self):
        self.lose_the_source()
        for verb in ('finish_migration', 'look_for_arrival'):
            self.host.driver.errors = {
                verb: exception.HypervisorError(reason='busy')}
            self.look()
            self.assertEqual('running', self.stored().migration.status)
        self.host.driver.errors = {}
        self.look()
        self.assertEqual('error', self.stored().migration.status)

    def test_somebody_sees_to_the_end(self):
        self.lose_the_source()
        self.look()
        self.rooms.forget(self.instance_uuid)
        self.look()
        self.assertEqual(1, self.asked())

    def test_a_new_room_is_not_given_back_with_the_old_one(self):
        self.make_room()
        self.operation.finish('failed', error='it failed')
        before = self.rooms._rooms[self.instance_uuid]
        self.operation = self.claimed(
            claim_id='next', instance=objects.Instance.get_by_uuid(
                self.context, self.instance_uuid), kind='live-migration',
            step='live_migration', task_state='migrating',
            migration=objects.Migration(source_compute='host1'))
        self.make_room()
        self.rooms._settle(self.context, self.gate, before)
        self.assertEqual(0, self.given_back())

    def test_a_room_that_is_being_made_is_waited_for(self):
        self.lose_the_source()
        room = self.rooms._rooms[self.instance_uuid]
        settling = threading.Thread(target=self.rooms._settle, args=(
            self.context, self.gate, room))
        with leftovers.alone_with(self.instance_uuid):
            settling.start()
            settling.join(0.05)
            self.assertEqual(0, self.given_back())
        settling.join(db_base.PATIENCE)
        self.assertEqual(1, self.given_back())

    def test_what_an_earlier_process_has_made(self):
        self.lose_the_source()
        self.rooms = rooms.Rooms(self.host)
        self.look()
        self.assertEqual(1, self.given_back())

    def test_a_closed_gate_leaves_it_to_the_next_start(self):
        self.lose_the_source(ARRIVAL.HERE)
        self.gate.close()
        self.look()
        self.assertEqual('interrupted', self.stored().state)
