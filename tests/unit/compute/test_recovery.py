"""What a start makes of what the last process left."""

import fixtures

from nova_gs import clock
from nova_gs.compute.live_migration import departures
from nova_gs.compute import recovery
from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from nova_gs.shutdown import tracker
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit.db import base

ME, BEFORE = 'owner', 'the process before'


class FakeRunner:
    """Notes what is taken up."""

    def __init__(self):
        self.taken = []

    def take(self, row, method, ctxt, operation_uuid):
        self.taken.append((row.name, method, ctxt, operation_uuid))


class Manager:
    def __getattr__(self, name):
        return 'method ' + name


class RecoveryTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.addCleanup(self.host.executors.migrations.close)
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.departures = departures.Departures(self.host)

    def begun_by(self, owner, operation):
        objects.Operation.claim(
            self.context, operation.uuid, operation.step, owner,
            operation.uuid)
        return operation

    def migration(self, step='live_migration', **values):
        return self.accept(
            kind='live-migration', step=step,
            task_state='migrating',
            migration=objects.Migration(
                source_compute='host1', dest_compute='host2',
                dest_node='node2', status='running'),
            params={'migrate_data':
                    objects.MigrateData().obj_to_primitive()}, **values)

    def stored(self, operation):
        return objects.Operation.get_by_uuid(self.context, operation.uuid)

    def settle(self, operation):
        recovery.settle_interrupted(
            self.host, self.context, self.gate, self.departures)
        return self.stored(operation)


class TestSettle(RecoveryTestCase):

    def test_operation_on_one_guest_is_over(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept()))
        self.assertEqual('failed', stored.state)
        self.assertEqual(('active', None, 'host1'), (
            stored.instance.vm_state, stored.instance.task_state,
            stored.instance.host))
        for words in ('host1', 'reboot_instance', 'ask again'):
            self.assertIn(words, stored.error)
        action = objects.InstanceAction.get_by_request_id(
            self.context, stored.instance_uuid, stored.request_id)
        self.assertEqual(stored.error, action.message)

    def test_also_what_others_have_marked(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.stored(operation).mark_interrupted('the host was lost')
        self.assertEqual('failed', self.settle(operation).state)

    def test_build(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept(
            self.make_instance(vm_state='building'), kind='build',
            step='build_instance', task_state='spawning')))
        self.assertEqual(('failed', 'error', None), (
            stored.state, stored.instance.vm_state,
            stored.instance.task_state))
        self.assertEqual(stored.error, stored.instance.fault['message'])

    def test_a_stop_waits_for_what_is_being_settled(self):
        seen = []
        self.host.driver.destroy = lambda instance: seen.extend(
            self.tracker.holding())
        stored = self.settle(self.begun_by(BEFORE, self.accept(
            kind='build', step='build_instance', task_state='spawning')))
        self.assertEqual([('build_instance', stored.uuid)], [
            (work.name, work.operation_uuid) for work in seen])
        self.assertTrue(self.tracker.empty())

    def test_a_stop_leaves_the_rest_to_the_next_start(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.gate.narrow('it is being stopped', 'soon')
        self.assertEqual(('running', BEFORE), (
            self.settle(operation).state, self.stored(operation).owner))

    def test_the_user_may_ask_again(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept()))
        instance = objects.Instance.get_by_uuid(
            self.context, stored.instance_uuid)
        self.assertEqual('accepted', self.accept(instance).state)

    def test_what_was_marked_while_the_host_was_lost(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.stored(operation).mark_interrupted('the host was lost')
        self.assertEqual('failed', self.settle(operation).state)

    def test_build_leaves_no_room_taken(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept(
            kind='build', step='build_instance', task_state='spawning')))
        self.assertEqual(('error', None), (
            stored.instance.vm_state, stored.instance.host))

    def test_left_alone(self):
        for operation in (
                self.accept(), self.begun_by(ME, self.accept()),
                self.begun_by(BEFORE, self.accept(host='host2'))):
            before = self.stored(operation).state
            self.settle(operation)
            self.assertNotIn(self.stored(operation).state,
                             ('interrupted', 'failed'))
            self.assertEqual(before, self.stored(operation).state)

    def test_only_once(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.settle(operation)
        taken_over = self.stored(operation).claim_id
        self.settle(operation)
        self.assertEqual(taken_over, self.stored(operation).claim_id)

    def test_what_a_conductor_does_is_left_to_it(self):
        """Its task names the source as the host while it asks it."""
        operation = self.begun_by('conductor', self.migration(
            host=None, step='live_migrate_server'))
        objects.Operation.claim(
            self.context, operation.uuid, 'live_migrate_server', 'conductor',
            operation.uuid).report(host='host1', peer_host='host2')
        self.assertEqual(('running', 'conductor'), (
            self.settle(operation).state, self.stored(operation).owner))
        # Marked while this host was lost: nobody holds it any more.
        self.stored(operation).mark_interrupted('the host was lost')
        stored = self.settle(operation)
        self.assertEqual(('failed', 'error', None), (
            stored.state, stored.migration.status,
            stored.instance.task_state))


class TestAdopt(RecoveryTestCase):
    """A migration that the last process of its source had begun."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.end)

    def end(self):
        """Let the migration end; wait until it is over here."""
        if self.host.driver.handle:
            self.host.driver.handle.end(arrived=True)
        with self.tracker.lock:
            self.assertTrue(self.tracker.lock.wait_for(
                lambda: not self.tracker._works, 10))

    def cut(self, interrupted):
        operation = self.begun_by(BEFORE, self.migration(peer_host='host2'))
        if interrupted:
            self.stored(operation).mark_interrupted('left to itself')
        return operation

    def migration(self, peer_host=None, **values):
        operation = super().migration(**values)
        if peer_host:
            # Only a conductor names the other end.
            held = objects.Operation.claim(
                self.context, operation.uuid, operation.step, 'c', 'c')
            held.offer(operation.step, host='host1', peer_host=peer_host)
        return operation

    def test_under_way(self):
        for interrupted in (False, True):
            operation = self.cut(interrupted)
            stored = self.settle(operation)
            self.assertEqual(('running', ME, None, 'migrating'), (
                stored.state, stored.owner, stored.error,
                stored.instance.task_state))
            work, = self.tracker.list()
            self.assertEqual(
                (operation.uuid, operation.instance_uuid),
                (work.operation_uuid, work.instance_uuid))
            self.end()
            stored = self.stored(operation)
            self.assertEqual(
                ('post_live_migration_at_destination', None, 'host2',
                 'host2'), (stored.step, stored.owner, stored.host,
                            stored.instance.host))
            self.host.driver.handle = compute.FakeHandle()

    def test_it_is_not_waited_for(self):
        self.settle(self.cut(True))
        self.assertEqual(1, len(self.departures.under_way()))

    def test_in_the_name_of_who_asked(self):
        operation = self.cut(True)
        self.settle(operation)
        departure, = self.departures.under_way()
        self.assertEqual(
            (operation.request_id, 'user'),
            (departure.ctxt.request_id, departure.ctxt.user_id))

    def test_guest_that_is_here_and_not_on_its_way(self):
        self.host.driver.handle = None
        operation = self.cut(True)
        self.settle(operation)
        self.end()
        stored = self.stored(operation)
        self.assertEqual('rollback_live_migration_at_destination',
                         stored.step)
        self.assertEqual('failed', stored.params['ending']['state'])
        self.assertEqual('host1', stored.instance.host)

    def test_hypervisor_that_cannot_tell(self):
        self.host.driver.errors['adopt_migration'] = (
            exception.HypervisorError(reason='libvirtd is busy'))
        operation = self.cut(False)
        stored = self.settle(operation)
        self.assertEqual(('interrupted', 'migrating'),
                         (stored.state, stored.instance.task_state))
        self.assertIn('libvirtd is busy', stored.error)
        self.assertTrue(self.tracker.empty())
        del self.host.driver.errors['adopt_migration']
        self.assertEqual('running', self.settle(operation).state)

    def test_host_that_is_stopped_already(self):
        operation = self.cut(True)
        self.gate.close()
        self.assertEqual('interrupted', self.settle(operation).state)
        self.assertEqual([], self.host.driver.calls)


class TestBeginAgain(RecoveryTestCase):

    STEPS = ('post_live_migration_at_destination',
             'rollback_live_migration_at_destination',
             'post_live_migration_at_source')

    def test_steps_that_may_be_repeated(self):
        for step in self.STEPS:
            for interrupted in (False, True):
                operation = self.begun_by(BEFORE, self.migration(step=step))
                if interrupted:
                    self.stored(operation).mark_interrupted('cut')
                stored = self.settle(operation)
                self.assertEqual(
                    ('running', step, None, 'host1', None),
                    (stored.state, stored.step, stored.owner, stored.host,
                     stored.error))
                runner = FakeRunner()
                recovery.take_up_offered(
                    self.host, self.context, Manager(), runner, self.gate)
                self.assertIn(operation.uuid, [
                    uuid for *_, uuid in runner.taken])

    def test_no_driver_is_asked(self):
        for step in self.STEPS:
            self.settle(self.begun_by(BEFORE, self.migration(step=step)))
        self.assertEqual([], self.host.driver.calls)


class TestClearAfterDepartures(RecoveryTestCase):

    def ended(self, status='completed', source='host1', host='host2'):
        """Return the instance of a migration that has ended."""
        instance = self.make_instance(host=host)
        objects.Migration(
            self.context, instance_uuid=instance.uuid, status=status,
            source_compute=source, dest_compute='host2').create()
        return instance

    def cleared(self):
        """Start; returns how many guests were cleared up after."""
        recovery.clear_after_departures(self.host, self.context)
        self.assertLessEqual(
            set(self.host.driver.calls),
            {('finish_migration', driver.Side.SOURCE, True)})
        return len(self.host.driver.calls)

    def test_once_for_each_guest(self):
        instance = self.ended()
        objects.Migration(
            self.context, instance_uuid=instance.uuid, status='completed',
            source_compute='host1', dest_compute='host2').create()
        self.ended()
        self.assertEqual(2, self.cleared())

    def test_not_after_others(self):
        self.ended(source='host3')
        self.ended(status='error', host='host1')
        self.ended(host='host1')
        returning = self.ended()
        objects.Migration(
            self.context, instance_uuid=returning.uuid, status='running',
            source_compute='host2', dest_compute='host1').create()
        self.assertEqual(0, self.cleared())

    def test_guest_that_was_deleted(self):
        instance = self.ended()
        with self.store.database.writer() as connection:
            connection.execute(models.instances.update().where(
                models.instances.c.uuid == instance.uuid).values(
                    deleted=True))
        self.assertEqual(0, self.cleared())

    def test_hypervisor_that_refuses_does_not_keep_the_start(self):
        self.ended()
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='no'))
        self.assertEqual(1, self.cleared())


class TestGiveRoomsBack(RecoveryTestCase):

    def ended(self, status, dest='host1', host='host2'):
        """Return the instance of a migration that has ended."""
        operation = self.begun_by(BEFORE, self.accept(
            self.make_instance(host=host), kind='live-migration',
            step='live_migration', task_state='migrating', host=host,
            migration=objects.Migration(
                source_compute=host, dest_compute=dest)))
        objects.Operation.claim(
            self.context, operation.uuid, operation.step, BEFORE,
            operation.uuid).finish('failed', migration={'status': status})
        return self.stored(operation).instance

    def cleared(self):
        """Start; returns how many rooms were given back."""
        del self.host.driver.calls[:]
        recovery.give_rooms_back(self.host, self.context)
        self.assertEqual(
            {('finish_migration', driver.Side.DESTINATION, False)} &
            set(self.host.driver.calls), set(self.host.driver.calls))
        return len(self.host.driver.calls)

    def test_of_guests_that_did_not_come(self):
        for status in ('error', 'cancelled'):
            self.ended(status)
        self.assertEqual(2, self.cleared())

    def test_once_for_each_guest(self):
        instance = self.ended('error')
        objects.Migration(
            self.context, instance_uuid=instance.uuid, status='error',
            source_compute='host2', dest_compute='host1').create()
        self.assertEqual(1, self.cleared())

    def test_not_of_guests_that_are_here_or_come(self):
        self.ended('completed')
        self.ended('error', dest='host3')
        arrived = self.ended('error')
        arrived.host = 'host1'
        arrived.save()
        coming = self.ended('error')
        objects.Migration(
            self.context, instance_uuid=coming.uuid, status='running',
            source_compute='host2', dest_compute='host1').create()
        deleted = self.ended('error')
        deleted.deleted = True
        deleted.save()
        self.assertEqual(0, self.cleared())

    def test_hypervisor_that_refuses(self):
        self.ended('error')
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        self.assertEqual(1, self.cleared())


class TestTakeUp(RecoveryTestCase):

    def take_up(self):
        runner = FakeRunner()
        count = recovery.take_up_offered(
            self.host, self.context, Manager(), runner, self.gate)
        self.assertEqual(len(runner.taken), count)
        return runner.taken

    def test_what_is_offered_to_this_host(self):
        mine = self.accept()
        self.accept(host='host2')
        self.begun_by(ME, self.accept())
        (step, method, _, uuid), = self.take_up()
        self.assertEqual(
            ('reboot_instance', 'method reboot_instance', mine.uuid),
            (step, method, uuid))

    def test_oldest_first(self):
        offered = [self.accept().uuid for _ in range(5)]
        self.assertEqual(offered, [uuid for *_, uuid in self.take_up()])

    def test_what_a_quiesced_host_takes(self):
        self.accept()
        stop = self.accept(kind='stop', step='stop_instance',
                           task_state='powering-off')
        self.gate.let_go('new kernel', 'for ever')
        self.assertEqual([stop.uuid], [uuid for *_, uuid in self.take_up()])
        self.gate.open()
        self.assertEqual(2, len(self.take_up()))

    def test_more_than_a_page(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.compute.recovery.PAGE', 4))
        for count in (4, 5, 9):
            offered = [self.accept().uuid for _ in range(count)]
            self.assertEqual(offered, [
                uuid for *_, uuid in self.take_up()][-count:])

    def test_steps_of_begun_work_too(self):
        operation = self.migration(host='host2')
        operation = objects.Operation.claim(
            self.context, operation.uuid, 'live_migration', 'o', 'c')
        operation.offer('post_live_migration_at_destination', host='host1',
                        peer_host='host2')
        self.assertEqual(['post_live_migration_at_destination'],
                         [step for step, *_ in self.take_up()])

    def test_in_the_name_of_who_asked(self):
        operation = self.accept()
        (_, _, ctxt, _), = self.take_up()
        self.assertEqual(
            (operation.request_id, 'user', 'project', True),
            (ctxt.request_id, ctxt.user_id, ctxt.project_id, ctxt.is_admin))

    def test_nothing(self):
        self.assertEqual([], self.take_up())
