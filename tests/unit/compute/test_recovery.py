"""What a start makes of what the last process left."""

from nova_gs.compute import recovery
from nova_gs import exception
from nova_gs import objects
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

    def begun_by(self, owner, operation):
        objects.Operation.claim(
            self.context, operation.uuid, operation.step, owner,
            operation.uuid)
        return operation

    def migration(self, **values):
        return self.accept(
            kind='live-migration', step='live_migration',
            task_state='migrating',
            migration=objects.Migration(
                source_compute='host1', status='running'), **values)

    def stored(self, operation):
        return objects.Operation.get_by_uuid(self.context, operation.uuid)


class TestSettle(RecoveryTestCase):

    def settle(self, operation):
        recovery.settle_interrupted(self.host, self.context)
        return self.stored(operation)

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

    def test_the_user_may_ask_again(self):
        stored = self.settle(self.begun_by(BEFORE, self.accept()))
        instance = objects.Instance.get_by_uuid(
            self.context, stored.instance_uuid)
        self.assertEqual('accepted', self.accept(instance).state)

    def test_guest_of_a_migration_stays_as_it_is(self):
        stored = self.settle(self.begun_by(BEFORE, self.migration()))
        self.assertEqual(('interrupted', 'migrating'),
                         (stored.state, stored.instance.task_state))

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
            self.host, self.context, Manager(), runner)
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
