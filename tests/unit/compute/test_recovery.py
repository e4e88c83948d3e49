"""What a start makes of what the last process left."""

import threading

import fixtures

from nova_gs import clock
from nova_gs.compute.live_migration import departures
from nova_gs.compute import recovery
from nova_gs.compute import recovery_report
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
        self.host.executors.operations = compute.AtOnce()
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.departures = departures.Departures(self.host)
        self.path = self.useFixture(fixtures.TempDir()).join('report')
        self.recovery = recovery.Recovery(
            self.host, self.context, self.gate, self.departures,
            recovery_report.RecoveryReport(
                self.path, 'host1', self.host.clock))

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

    def build(self):
        return self.accept(
            self.make_instance(vm_state='building'), kind='build',
            step='build_instance', task_state='spawning')

    def stored(self, operation):
        return objects.Operation.get_by_uuid(self.context, operation.uuid)

    def settle(self, operation):
        self.recovery.alone()
        self.recovery.aside()
        return self.stored(operation)

    def told(self):
        """Return what the report says of each: [(step, verdict)]."""
        return [(entry['step'], entry['verdict'])
                for entry in recovery_report.read(self.path)['settled']]


class TestOneGuest(RecoveryTestCase):
    """Operations on one guest, by what the hypervisor says of it."""

    RUNNING, OFF = driver.PowerState.RUNNING, driver.PowerState.SHUTDOWN
    PAUSED = driver.PowerState.PAUSED

    #: (kind, power state found, how it ends, what the driver does)
    CASES = (
        ('reboot', RUNNING, 'failed', []),
        ('reboot', OFF, 'succeeded', ['power_on']),
        ('reboot', PAUSED, 'failed', []),
        ('reboot', None, 'failed', []),
        ('start', RUNNING, 'succeeded', ['power_on']),
        ('start', OFF, 'succeeded', ['power_on']),
        ('start', PAUSED, 'failed', []),
        ('start', None, 'failed', []),
        ('stop', RUNNING, 'succeeded', ['power_off']),
        ('stop', OFF, 'succeeded', ['power_off']),
        ('stop', None, 'failed', []),
        ('delete', RUNNING, 'succeeded', ['destroy']),
        ('delete', None, 'succeeded', ['destroy']),
    )

    def test_guest_that_waits_for_its_ports(self):
        """It goes on waiting; what has come meanwhile counts."""
        instance = self.make_instance(
            vm_state='building', ports=[objects.Port(id='p', network_id='n')])
        objects.ExternalEventList.record(self.context, [{
            'instance_uuid': instance.uuid, 'name': 'network-vif-plugged',
            'status': 'completed', 'tag': 'p'}])
        operation = self.begun_by(BEFORE, self.accept(
            instance, kind='build', step='build_instance',
            task_state='spawning', params={'waits_for': {
                'events': [['network-vif-plugged', 'p']], 'after': 0}}))
        self.host.driver.power_state = self.PAUSED
        self.settle(operation)
        self.assertEqual([('build_instance', 'adopt')], self.told())
        for thread in threading.enumerate():
            if thread.name == 'plugging':
                thread.join(60)
        self.assertEqual('succeeded', self.stored(operation).state)
        self.assertEqual('unpause', self.host.driver.names()[-1])
        self.assertEqual([], self.tracker.list())

    def test_cases(self):
        for kind, power_state, state, verbs in self.CASES:
            self.host.driver.power_state = power_state
            del self.host.driver.calls[:]
            stored = self.settle(self.begun_by(BEFORE, self.accept(
                kind=kind, step=kind + '_instance', task_state='doing')))
            self.assertEqual(
                (kind, power_state, state, verbs), (
                    kind, power_state, stored.state,
                    [name for name in self.host.driver.names()
                     if name != 'get_guest']))
            self.assertIsNone(stored.instance.task_state)

    def test_what_the_user_reads(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept()))
        self.assertEqual(('active', 'host1'), (
            stored.instance.vm_state, stored.instance.host))
        for words in ('host1', 'reboot_instance', 'whether the guest was '
                      'restarted', 'ask again'):
            self.assertIn(words, stored.error)
        action = objects.InstanceAction.get_by_request_id(
            self.context, stored.instance_uuid, stored.request_id)
        self.assertEqual(stored.error, action.message)
        cut, told, again = action.events
        self.assertEqual(('reboot_instance', 'Error'),
                         (cut.event, cut.result))
        self.assertEqual(('recovery', 'Success', 'host1'),
                         (told.event, told.result, told.host))
        self.assertIn('Fail: Nobody can tell', told.details)
        self.assertEqual(('reboot_instance', 'Error'),
                         (again.event, again.result))
        self.assertEqual([('reboot_instance', 'fail')], self.told())

    def test_also_what_others_have_marked(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.stored(operation).mark_interrupted('the host was lost')
        self.assertEqual('failed', self.settle(operation).state)

    def test_build_that_was_done(self):
        stored = self.settle(self.begun_by(BEFORE, self.build()))
        self.assertEqual(('succeeded', 'active', None, 'host1', 1), (
            stored.state, stored.instance.vm_state,
            stored.instance.task_state, stored.instance.host,
            stored.instance.power_state))
        self.assertEqual(['get_guest'], self.host.driver.names())

    def test_build_that_was_cut(self):
        for power_state in (None, self.OFF, self.PAUSED):
            self.host.driver.power_state = power_state
            stored = self.settle(self.begun_by(BEFORE, self.build()))
            self.assertEqual(('failed', 'error', None, None), (
                stored.state, stored.instance.vm_state,
                stored.instance.task_state, stored.instance.host))
            self.assertEqual(stored.error,
                             stored.instance.fault['message'])
            self.assertIn('destroy', self.host.driver.names())

    def test_guest_that_has_moved_is_deleted_where_it_is(self):
        operation = self.begun_by(BEFORE, self.accept(
            kind='delete', step='delete_instance', task_state='deleting'))
        moved = self.stored(operation).instance
        moved.host = 'host2'
        moved.save()
        stored = self.settle(operation)
        self.assertEqual((True, 'host2'), (stored.is_offered, stored.host))
        self.assertEqual([('delete_instance', 'host2')],
                         self.host.publisher.sent)

    def test_guest_that_cannot_be_removed(self):
        self.host.driver.power_state = None
        self.host.driver.errors['destroy'] = exception.HypervisorError(
            reason='its disk is busy')
        stored = self.settle(self.begun_by(BEFORE, self.build()))
        self.assertEqual('failed', stored.state)
        self.assertIn('its disk is busy', stored.error)
        self.assertEqual([('build_instance', 'fail')], self.told())

    def test_a_stop_waits_for_what_is_being_settled(self):
        seen = []
        self.host.driver.destroy = lambda instance: seen.extend(
            self.tracker.holding())
        stored = self.settle(self.begun_by(BEFORE, self.accept(
            kind='delete', step='delete_instance', task_state='deleting')))
        self.assertEqual([('delete_instance', stored.uuid)], [
            (work.name, work.operation_uuid) for work in seen])
        self.assertTrue(self.tracker.empty())

    def test_a_stop_leaves_the_rest_to_the_next_start(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.gate.narrow('it is being stopped', 'soon')
        self.assertEqual(('running', BEFORE), (
            self.settle(operation).state, self.stored(operation).owner))

    def test_a_quiesced_host_settles(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.gate.let_go('new kernel', 'for ever')
        self.assertEqual('failed', self.settle(operation).state)

    def test_the_user_may_ask_again(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept()))
        instance = objects.Instance.get_by_uuid(
            self.context, stored.instance_uuid)
        self.assertEqual('accepted', self.accept(instance).state)

    def test_left_alone(self):
        for operation in (
                self.accept(), self.begun_by(ME, self.accept()),
                self.begun_by(BEFORE, self.accept(host='host2'))):
            before = self.stored(operation).state
            self.settle(operation)
            self.assertEqual(before, self.stored(operation).state)
        self.assertEqual([], self.host.driver.calls)

    def test_only_once(self):
        operation = self.begun_by(BEFORE, self.accept())
        self.settle(operation)
        taken_over = self.stored(operation).claim_id
        self.settle(operation)
        self.assertEqual(taken_over, self.stored(operation).claim_id)
        self.assertEqual(1, len(self.told()))

    def test_killed_while_it_settles(self):
        """The next start does it again, as if it were the first."""
        operation = self.begun_by(BEFORE, self.accept(
            kind='start', step='start_instance', task_state='powering-on'))
        objects.Operation.take_over(
            self.context, operation.uuid, 'host1', 'killed meanwhile', 'c')
        self.assertEqual('succeeded', self.settle(operation).state)

    def test_hypervisor_that_cannot_be_asked(self):
        self.host.driver.errors['get_guest'] = (
            exception.HypervisorUnavailable(uri='u', reason='it is away'))
        operation = self.begun_by(BEFORE, self.accept())
        stored = self.settle(operation)
        self.assertEqual('interrupted', stored.state)
        self.assertIn('cannot be told yet on host host1', stored.error)
        self.assertIn('it is away', stored.error)
        self.recovery.again()
        self.assertEqual(stored.updated_at, self.stored(operation).updated_at)
        del self.host.driver.errors['get_guest']
        self.recovery.again()
        self.assertEqual('failed', self.stored(operation).state)

    def test_hypervisor_that_goes_away_meanwhile(self):
        self.host.driver.errors['power_on'] = (
            exception.HypervisorUnavailable(uri='u', reason='it is away'))
        operation = self.begun_by(BEFORE, self.accept(
            kind='start', step='start_instance', task_state='powering-on'))
        self.assertEqual('interrupted', self.settle(operation).state)
        del self.host.driver.errors['power_on']
        self.recovery.again()
        self.assertEqual('succeeded', self.stored(operation).state)

    def test_nothing_is_asked_again_without_need(self):
        self.settle(self.begun_by(BEFORE, self.accept()))
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.OperationList.of_dead_owners', None))
        self.recovery.again()

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
        self.assertEqual([], self.host.driver.calls)


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
            self.assertIn(operation.instance_uuid, self.host.fence.list())
            self.end()
            stored = self.stored(operation)
            self.assertEqual(
                ('post_live_migration_at_destination', None, 'host2',
                 'host2'), (stored.step, stored.owner, stored.host,
                            stored.instance.host))
            self.assertEqual({}, self.host.fence.list())
            self.host.driver.handle = compute.FakeHandle()
        self.assertEqual(2 * [('live_migration', 'adopt')], self.told())

    def test_before_anybody_else_is_needed(self):
        self.cut(True)
        self.recovery.alone()
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
        self.assertEqual([('live_migration', 'roll back')], self.told())

    def test_hypervisor_that_cannot_tell(self):
        self.host.driver.errors['adopt_migration'] = (
            exception.HypervisorError(reason='libvirtd is busy'))
        operation = self.cut(False)
        stored = self.settle(operation)
        self.assertEqual(('interrupted', 'migrating'),
                         (stored.state, stored.instance.task_state))
        self.assertIn('libvirtd is busy', stored.error)
        self.assertTrue(self.tracker.empty())
        self.assertRaises(exception.GuestFenced, self.host.fence.require,
                          operation.instance_uuid)
        del self.host.driver.errors['adopt_migration']
        self.recovery.again()
        self.assertEqual('running', self.stored(operation).state)

    def test_what_others_have_settled_meanwhile(self):
        self.host.driver.errors['adopt_migration'] = (
            exception.HypervisorError(reason='libvirtd is busy'))
        operation = self.cut(False)
        self.settle(operation)
        objects.Operation.take_over(
            self.context, operation.uuid, 'host1', 'other', 'c').finish(
                'failed', error='settled')
        del self.host.driver.errors['adopt_migration']
        self.recovery._settle(operation)
        self.assertEqual({}, self.host.fence.list())
        self.assertEqual([], self.departures.under_way())

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
