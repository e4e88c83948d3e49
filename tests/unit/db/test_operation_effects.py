"""How operations end: finish, cancel, interrupt; and are taken over."""

import sqlalchemy as sa

from nova_gs.db import operation_effects as effects
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.db import base

_WHY = fields.ClaimRefusal


class FinishTestCase(base.OperationTestCase):

    def action(self, operation):
        return objects.InstanceAction.get_by_request_id(
            self.context, operation.instance_uuid, operation.request_id)

    def test_success(self):
        operation = self.claimed(migration=objects.Migration())
        operation.finish('succeeded', instance={'power_state': 1},
                         migration={'status': 'completed'})
        stored = self.stored(operation)
        self.assertTrue(stored.is_final)
        self.assertIsNone(stored.instance.task_state)
        self.assertIsNone(operation.instance.task_state)
        self.assertEqual(1, stored.instance.power_state)
        self.assertEqual('completed', stored.migration.status)
        action = self.action(operation)
        self.assertIsNone(action.message)
        self.assertIsNotNone(action.finish_time)
        self.assertEqual('Success', action.events[0].result)

    def test_failure(self):
        operation = self.claimed()
        operation.finish('failed', error='no disk', instance={
            'vm_state': 'error', 'fault': {
                'code': 500, 'message': 'no disk', 'details': '',
                'created': '2030-01-01T00:00:00Z'}})
        stored = self.stored(operation)
        self.assertEqual(('failed', 'no disk'), (stored.state, stored.error))
        self.assertEqual('no disk', stored.instance.fault['message'])
        action = self.action(operation)
        self.assertEqual('no disk', action.message)
        self.assertEqual(('Error', 'no disk'), (
            action.events[0].result, action.events[0].details))

    def test_deletion(self):
        operation = self.claimed(kind='delete')
        operation.finish('succeeded', instance={'deleted': True})
        stored = self.stored(operation).instance
        self.assertTrue(stored.deleted)
        self.assertEqual('deleted', stored.vm_state)
        self.assertIsNotNone(stored.terminated_at)
        self.assertRaises(
            exception.InstanceNotFound, objects.Instance.get_by_uuid,
            self.context, stored.uuid)

    def test_deletion_where_the_guest_is_not_any_more(self):
        operation = self.claimed(kind='delete')
        instance = self.stored(operation).instance
        instance.host = 'host2'
        instance.save()
        self.assertRaises(exception.InstanceMoved, operation.finish,
                          'succeeded', instance={'deleted': True})
        stored = self.stored(operation)
        self.assertEqual('running', stored.state)
        self.assertFalse(stored.instance.deleted)

    def test_deletion_of_what_is_on_no_host_any_more(self):
        operation = self.claimed(kind='delete')
        instance = self.stored(operation).instance
        instance.host = None
        instance.save()
        operation.finish('succeeded', instance={'deleted': True})
        self.assertTrue(self.stored(operation).instance.deleted)

    def test_a_deleted_instance_stays_as_it_is(self):
        instance = self.make_instance()
        reboot = self.claim(self.accept(instance))
        delete = self.accept(instance, kind='delete', step='delete_instance',
                             task_state='deleting', task_states=None)
        self.claim(delete, 'delete_instance', claim_id='second').finish(
            'succeeded', instance={'deleted': True})
        reboot.finish('succeeded', instance={'vm_state': 'active'})
        self.assertEqual('deleted', self.stored(reboot).instance.vm_state)

    def test_what_was_offered_for_a_deleted_instance_is_dropped(self):
        instance = self.make_instance()
        build = self.accept(instance, kind='build', step='build_instance',
                            task_state='spawning')
        delete = self.accept(instance, kind='delete', step='delete_instance',
                             task_state='deleting', task_states=None)
        self.claim(delete, 'delete_instance', claim_id='second').finish(
            'succeeded', instance={'deleted': True})
        self.refused(_WHY.FINAL, self.claim, build, 'build_instance')
        stored = self.stored(build)
        self.assertEqual(('aborted', effects.DELETED),
                         (stored.state, stored.error))
        self.assertEqual([effects.DELETED], [
            action.message for action
            in objects.InstanceActionList.get_by_instance(
                self.context, instance.uuid) if action.action == 'create'])

    def test_what_has_begun_and_what_moves_is_not(self):
        for begun, migration in ((True, None), (False, objects.Migration())):
            instance = self.make_instance()
            other = self.accept(
                instance, kind='reboot', task_state='rebooting',
                migration=migration)
            if begun:
                other = self.claim(other)
            delete = self.accept(
                instance, kind='delete', step='delete_instance',
                task_state='deleting', task_states=None)
            self.claim(delete, 'delete_instance', claim_id='second').finish(
                'succeeded', instance={'deleted': True})
            self.assertFalse(self.stored(other).is_final)

    def test_the_task_of_another_operation_stays(self):
        instance = self.make_instance()
        reboot = self.claim(self.accept(instance))
        self.accept(instance, kind='delete', step='delete_instance',
                    task_state='deleting', task_states=None)
        reboot.finish('succeeded')
        self.assertEqual('deleting', self.stored(reboot).instance.task_state)

    def test_repeating_does_no_harm(self):
        operation = self.claimed()
        again = operation.obj_clone()
        operation.finish('failed', error='no')
        again.finish('failed', error='no')
        self.assertEqual('failed', again.state)

    def test_another_end_is_refused(self):
        operation = self.claimed()
        again = operation.obj_clone()
        operation.finish('failed', error='no')
        self.refused(_WHY.FINAL, again.finish, 'succeeded')

    def test_a_lost_claim_writes_nothing(self):
        operation = self.claimed(migration=objects.Migration())
        operation.claim_id = 'other'
        self.refused(_WHY.TAKEN, operation.finish, 'succeeded',
                     instance={'vm_state': 'error'},
                     migration={'status': 'error'})
        stored = self.stored(operation)
        self.assertEqual('running', stored.state)
        self.assertEqual('active', stored.instance.vm_state)
        self.assertEqual('rebooting', stored.instance.task_state)
        self.assertEqual('accepted', stored.migration.status)
        self.assertIsNone(self.action(operation).finish_time)

    def test_all_or_nothing(self):
        operation = self.claimed()
        # The statement on the instance fails; it comes after the one on
        # the operation.
        self.assertRaises(
            sa.exc.CompileError, self.store.operations.finish,
            operation.uuid, operation.step, 'claim', 'succeeded',
            instance={'colour': 'red'})
        self.assertEqual('running', self.stored(operation).state)


class CancelTestCase(base.OperationTestCase):

    def cancel(self, operation, **kwargs):
        return objects.Operation.cancel_offered(
            self.context, operation.uuid, 'aborted', 'not any more',
            **kwargs)

    def test_an_offered_one_ends(self):
        operation = self.accept(migration=objects.Migration())
        self.assertTrue(self.cancel(operation,
                                    migration={'status': 'cancelled'}))
        stored = self.stored(operation)
        self.assertEqual(('aborted', 'not any more'),
                         (stored.state, stored.error))
        self.assertIsNone(stored.instance.task_state)
        self.assertEqual('cancelled', stored.migration.status)
        self.assertFalse(self.cancel(operation))

    def test_a_claimed_one_goes_on(self):
        operation = self.claimed()
        self.assertFalse(self.cancel(operation))
        self.assertEqual('running', self.stored(operation).state)

    def test_only_a_certain_step(self):
        operation = self.accept()
        self.assertFalse(self.cancel(operation, step='live_migration'))
        self.assertTrue(self.cancel(operation, step='reboot_instance'))

    def test_only_if_expired(self):
        operation = self.accept(expires_in=50)
        self.assertFalse(self.cancel(operation, expired=True))
        self.age(operation, expires_at=50)
        self.assertTrue(self.cancel(operation, expired=True))

    def test_claim_or_cancel(self):
        operations = [self.accept() for _ in range(8)]

        def race(number, store):
            won = []
            for operation in operations:
                if number:
                    done = store.operations.cancel_offered(
                        operation.uuid, 'aborted', 'x')
                else:
                    try:
                        done = bool(store.operations.claim(
                            operation.uuid, operation.step, 'o', 'c'))
                    except exception.ClaimRefused:
                        done = False
                won.append(done)
            return won

        for outcome in zip(*self.at_once(2, race)):
            self.assertEqual(1, sum(outcome))


class InterruptTestCase(base.OperationTestCase):

    def test_interrupted(self):
        operation = self.claimed()
        operation.mark_interrupted('cut', instance={'task_state': None})
        stored = self.stored(operation)
        self.assertEqual(('interrupted', 'cut', 'owner', 'claim'), (
            stored.state, stored.error, stored.owner, stored.claim_id))
        self.assertIsNone(stored.instance.task_state)
        self.refused(_WHY.TAKEN, self.claim, operation, claim_id='other')
        action = objects.InstanceAction.get_by_request_id(
            self.context, operation.instance_uuid, operation.request_id)
        self.assertEqual('cut', action.message)
        self.assertIsNone(action.finish_time)

    def test_the_one_who_was_cut_has_lost_it(self):
        operation = self.claimed()
        self.stored(operation).mark_interrupted('cut')
        self.assertRaises(
            exception.ClaimRefused, operation.finish, 'succeeded')

    def test_the_one_who_was_cut_is_alive_and_takes_it_back(self):
        operation = self.claimed()
        self.stored(operation).mark_interrupted('lost')
        self.assertTrue(operation.take_back())
        stored = self.stored(operation)
        self.assertEqual(('running', None, 'owner', 'claim'), (
            stored.state, stored.error, stored.owner, stored.claim_id))
        operation.finish('succeeded')

    def test_what_is_not_interrupted_is_not_taken_back(self):
        operation = self.claimed()
        self.assertFalse(operation.take_back())
        self.stored(operation).mark_interrupted('lost')
        taken = objects.Operation.take_over(
            self.context, operation.uuid, 'host1', 'new', 'rescue')
        self.assertFalse(operation.take_back())
        self.stored(taken).mark_interrupted('lost again')
        self.assertFalse(operation.take_back())
        self.assertTrue(taken.take_back())
        taken.finish('failed')
        self.assertFalse(taken.take_back())

    def test_what_never_was_ours_is_not_taken_back(self):
        operation = self.accept()
        self.stored(operation).mark_interrupted('lost')
        self.assertFalse(operation.take_back())

    def test_somebody_was_faster(self):
        operation = self.claimed()
        read = self.stored(operation)
        operation.offer('live_migration')
        self.assertRaises(
            exception.ClaimRefused, read.mark_interrupted, 'cut')

    def test_an_offered_one(self):
        operation = self.accept()
        operation.mark_interrupted('host lost')
        self.assertEqual('interrupted', self.stored(operation).state)


class TakeOverTestCase(base.OperationTestCase):

    def take_over(self, operation, host='host1', owner='new',
                  claim_id='rescue'):
        return objects.Operation.take_over(
            self.context, operation.uuid, host, owner, claim_id)

    def test_from_a_dead_owner(self):
        operation = self.claimed()
        taken = self.take_over(operation)
        self.assertEqual(('running', 'new', 'rescue'),
                         (taken.state, taken.owner, taken.claim_id))
        self.assertEqual(taken, self.take_over(operation))
        self.assertRaises(
            exception.ClaimRefused, operation.finish, 'succeeded')
        taken.finish('succeeded')

    def test_an_interrupted_one(self):
        operation = self.claimed()
        operation.mark_interrupted('cut')
        taken = self.take_over(operation)
        self.assertEqual('running', taken.state)
        self.assertIsNone(taken.error)

    def test_by_the_destination_when_the_source_is_lost(self):
        operation = self.claimed(
            kind='live-migration', step='live_migration',
            task_state='migrating',
            migration=objects.Migration(source_compute='host1'))
        operation.report(peer_host='host2')
        # As long as it is not known to be lost it may go on.
        self.refused(_WHY.TAKEN, self.take_over, operation, host='host2')
        operation.mark_interrupted('cut')
        self.refused(_WHY.MOVED, self.take_over, operation, host='host3')
        taken = self.take_over(operation, host='host2', claim_id='peer')
        self.assertEqual(('running', 'peer', 'host1', 'host2'), (
            taken.state, taken.claim_id, taken.host, taken.peer_host))
        # If the source returns in this moment one of them has the row.
        again = self.take_over(operation, owner='returned')
        self.assertRaises(exception.ClaimRefused, taken.offer, 'next')
        again.finish('succeeded')

    def test_not_by_the_peer_of_another_step(self):
        operation = self.claimed()
        operation.report(peer_host='host2')
        operation.mark_interrupted('cut')
        self.refused(_WHY.TAKEN, self.take_over, operation, host='host2')

    def test_not_from_oneself(self):
        self.refused(_WHY.TAKEN, self.take_over, self.claimed(),
                     owner='owner')

    def test_not_for_another_host(self):
        self.refused(_WHY.MOVED, self.take_over, self.claimed(),
                     host='host2')

    def test_not_when_final(self):
        operation = self.claimed()
        operation.finish('succeeded')
        self.refused(_WHY.FINAL, self.take_over, operation)
