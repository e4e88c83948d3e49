"""How operations begin and go on: accept, claim, report, offer."""

import datetime

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.db import base

_WHY = fields.ClaimRefusal


class AcceptTestCase(base.OperationTestCase):

    def test_everything_is_recorded(self):
        instance = self.make_instance()
        operation = self.accept(
            instance, params={'hard': True},
            migration=objects.Migration(source_compute='host1'))
        stored = self.stored(operation)
        self.assertEqual('accepted', stored.state)
        self.assertEqual('rebooting', instance.task_state)
        self.assertEqual('rebooting', stored.instance.task_state)
        self.assertEqual({'hard': True}, stored.params)
        self.assertEqual(operation.migration.id, stored.migration.id)
        self.assertEqual('accepted', stored.migration.status)
        self.assertEqual(self.context.request_id, stored.request_id)
        action = objects.InstanceAction.get_by_request_id(
            self.context, instance.uuid, self.context.request_id)
        self.assertEqual('reboot', action.action)
        self.assertIsNone(action.finish_time)

    def test_it_expires_as_configured(self):
        self.flags(group='operations', expires_after=100)
        operation = self.accept()
        self.assertEqual(
            100, (operation.expires_at
                  - operation.created_at).total_seconds())

    def test_a_new_instance_comes_along(self):
        instance = objects.Instance(
            self.context, uuid='2f1c7a86-6c1d-4a0e-8f0c-000000000001',
            project_id='project')
        operation = objects.Operation.accept(
            self.context, instance, 'build', 'build_server', 'scheduling')
        self.assertEqual('building', instance.vm_state)
        self.assertEqual('scheduling', instance.task_state)
        self.assertEqual(instance.id, self.stored(operation).instance.id)

    def test_a_refused_one_leaves_no_instance(self):
        instance = objects.Instance(
            self.context, uuid='2f1c7a86-6c1d-4a0e-8f0c-000000000002')
        self.assertRaises(
            exception.InvalidState, objects.Operation.accept, self.context,
            instance, 'build', 'build_server', 'scheduling',
            vm_states=('active',))
        self.assertRaises(
            exception.InstanceNotFound, objects.Instance.get_by_uuid,
            self.context, instance.uuid)

    def test_wrong_vm_state(self):
        instance = self.make_instance(vm_state='stopped')
        error = self.assertRaises(
            exception.InvalidState, self.accept, instance,
            vm_states=('active',))
        self.assertEqual(
            "Cannot 'reboot' instance %s while it is in vm_state stopped"
            % instance.uuid, str(error))
        self.assertIsNone(instance.task_state)

    def test_wrong_task_state(self):
        instance = self.make_instance(task_state='migrating')
        error = self.assertRaises(
            exception.InvalidState, self.accept, instance)
        self.assertEqual('task_state', error.kwargs['attr'])

    def test_an_open_operation(self):
        instance = self.make_instance()
        operation = self.accept(instance)
        error = self.assertRaises(
            exception.OperationInProgress, self.accept, instance,
            task_states=None)
        self.assertEqual(operation.uuid, error.kwargs['operation_id'])

    def test_a_delete_is_not_hindered(self):
        instance = self.make_instance()
        self.accept(instance)
        delete = self.accept(instance, kind='delete', step='delete_instance',
                             task_state='deleting', task_states=None)
        self.assertEqual('accepted', delete.state)

    def test_an_interrupted_one_is_no_hindrance(self):
        instance = self.make_instance()
        self.claim(self.accept(instance)).mark_interrupted(
            'cut', instance={'task_state': None})
        self.assertEqual('accepted', self.accept(instance).state)

    def test_an_instance_that_is_gone(self):
        instance = self.make_instance()
        instance.deleted = True
        instance.save()
        self.assertRaises(
            exception.InstanceNotFound, self.accept, instance)

    def test_an_instance_that_has_moved_meanwhile(self):
        seen = self.make_instance()
        instance = objects.Instance.get_by_uuid(self.context, seen.uuid)
        instance.host = 'host2'
        instance.save()
        error = self.assertRaises(
            exception.InstanceMoved, self.accept, seen)
        for words in ('from host1 to host2', 'Ask again'):
            self.assertIn(words, str(error))
        self.assertEqual('accepted', self.accept(instance).state)

    def test_one_of_many_is_accepted(self):
        instance = self.make_instance()

        def accept(number, store):
            return store.operations.accept(
                self.context, instance.uuid, 'reboot', 'reboot_instance',
                'rebooting', task_states=(None, 'rebooting'))

        results = self.at_once(6, accept)
        refused = [one for one in results if isinstance(
            one, exception.OperationInProgress)]
        self.assertEqual(5, len(refused), results)


class ClaimTestCase(base.OperationTestCase):

    def test_what_a_claim_gives(self):
        claimed = self.claim(self.accept())
        self.assertEqual('running', claimed.state)
        self.assertEqual(('owner', 'claim'),
                         (claimed.owner, claimed.claim_id))
        self.assertIsNone(claimed.expires_at)
        self.assertEqual('rebooting', claimed.instance.task_state)
        self.assertIsNone(claimed.migration)
        action = objects.InstanceAction.get_by_request_id(
            self.context, claimed.instance_uuid, self.context.request_id)
        self.assertEqual([('reboot_instance', 'host1', None)], [
            (event.event, event.host, event.finish_time)
            for event in action.events])

    def test_the_same_claim_again(self):
        operation = self.accept()
        first = self.claim(operation)
        again = self.claim(operation)
        self.assertEqual(first, again)
        action = objects.InstanceAction.get_by_request_id(
            self.context, operation.instance_uuid, self.context.request_id)
        self.assertEqual(1, len(action.events))

    def test_taken(self):
        operation = self.accept()
        self.claim(operation)
        self.refused(_WHY.TAKEN, self.claim, operation, claim_id='other')

    def test_moved(self):
        self.refused(_WHY.MOVED, self.claim, self.accept(),
                     step='stop_instance')

    def test_final(self):
        operation = self.accept()
        self.claim(operation).finish('succeeded')
        self.refused(_WHY.FINAL, self.claim, operation)

    def test_expired(self):
        operation = self.accept(expires_in=10)
        self.age(operation, expires_at=10)
        self.refused(_WHY.EXPIRED, self.claim, operation)
        self.assertIsNone(self.stored(operation).owner)

    def test_by_a_process_that_has_ended(self):
        """Nobody would know of what such a process claims."""
        operation = self.accept()
        service = objects.Service.register(
            self.context, 'host1', fields.Binary.COMPUTE, 'compute', 3,
            'the next one')
        self.refused(_WHY.ENDED, self.claim, operation)
        claimed = self.claim(operation, owner='the next one')
        self.assertEqual('the next one', claimed.owner)
        service.announce(fields.ServicePhase.STOPPED)
        self.refused(_WHY.ENDED, self.claim, self.accept(),
                     owner='the next one')

    def test_not_quite_expired(self):
        operation = self.accept(expires_in=30)
        self.assertEqual('running', self.claim(operation).state)

    def test_unknown(self):
        self.assertRaises(
            exception.OperationNotFound, objects.Operation.claim,
            self.context, 'nobody', 'reboot_instance', 'owner', 'claim')

    def serve(self, owner):
        """Let a process be the one that answers for host1."""
        return objects.Service.register(
            self.context, 'host1', fields.Binary.COMPUTE, 'compute', 2,
            owner)

    def test_a_process_with_a_successor(self):
        operation = self.accept()
        self.serve('owner')
        self.serve('successor')
        self.assertRaises(exception.ClaimRefused, self.claim, operation)
        self.assertIsNone(self.stored(operation).owner)
        self.claim(operation, owner='successor')

    def test_a_process_that_has_said_goodbye(self):
        operation = self.accept()
        service = self.serve('owner')
        service.announce(fields.ServicePhase.DRAINING)
        self.claim(self.accept())
        service.announce(fields.ServicePhase.STOPPED)
        self.assertRaises(exception.ClaimRefused, self.claim, operation,
                          claim_id='late')

    def test_the_same_claim_again_from_the_past(self):
        operation = self.accept()
        self.serve('owner')
        self.claim(operation)
        self.serve('successor')
        self.assertEqual('owner', self.claim(operation).owner)

    def test_a_conductor_is_no_process_of_the_host(self):
        operation = self.accept(step='live_migrate_server')
        self.serve('successor')
        self.claim(operation, step='live_migrate_server')

    def test_one_of_many_wins(self):
        operations = [self.accept() for _ in range(5)]

        def claim_all(number, store):
            won = 0
            for operation in operations:
                try:
                    store.operations.claim(
                        operation.uuid, 'reboot_instance', 'o%d' % number,
                        'c%d' % number)
                    won += 1
                except exception.ClaimRefused as error:
                    self.assertEqual(_WHY.TAKEN, error.kwargs['why'])
            return won

        self.assertEqual(5, sum(self.at_once(6, claim_all)))


class ReportTestCase(base.OperationTestCase):

    def test_report(self):
        operation = self.claimed(migration=objects.Migration())
        operation.report(
            progress=40, remaining=1 << 33, peer_host='host2',
            params={'more': [1]}, instance={'progress': 40},
            migration={'status': 'running', 'memory_total': 1 << 34})
        stored = self.stored(operation)
        self.assertEqual((40, 1 << 33, 'host1', 'host2'), (
            stored.progress, stored.remaining, stored.host,
            stored.peer_host))
        self.assertEqual({'more': [1]}, stored.params)
        self.assertEqual(40, stored.instance.progress)
        self.assertEqual(1 << 34, stored.migration.memory_total)
        self.assertEqual('running', operation.migration.status)
        self.assertFalse(operation.migration.obj_what_changed())

    def test_params_are_merged(self):
        operation = self.claimed(params={'a': 1})
        operation.report(params={'b': 2})
        operation.report(params={'a': 3})
        self.assertEqual({'a': 3, 'b': 2}, self.stored(operation).params)

    def test_updated_at_moves_with_every_report(self):
        operation = self.claimed()
        self.age(operation, updated_at=5)
        before = self.stored(operation).updated_at
        operation.report()
        self.assertGreater(operation.updated_at, before)

    def test_a_host_may_be_taken_away(self):
        operation = self.claimed()
        operation.report(host=None)
        self.assertIsNone(self.stored(operation).host)

    def test_a_time_survives(self):
        operation = self.claimed()
        time = datetime.datetime(2030, 1, 2, 3, 4, 5, 678901,
                                 tzinfo=datetime.timezone.utc)
        operation.report(instance={'launched_at': time})
        self.assertEqual(time, self.stored(operation).instance.launched_at)

    def test_no_such_field(self):
        self.assertRaises(ValueError, self.claimed().report,
                          instance={'colour': 'red'})

    def test_a_lost_claim(self):
        operation = self.claimed()
        operation.claim_id = 'other'
        self.refused(_WHY.TAKEN, operation.report, instance={'progress': 9})
        self.assertEqual(0, self.stored(operation).instance.progress)

    def test_no_claim(self):
        operation = self.accept()
        self.refused(_WHY.EXPIRED, operation.report, progress=1)


class OfferTestCase(base.OperationTestCase):

    def test_offer(self):
        operation = self.claimed(migration=objects.Migration())
        operation.offer('post_live_migration_at_destination', host='host2',
                        peer_host='host1', instance={'host': 'host2'})
        stored = self.stored(operation)
        self.assertEqual(
            ('running', 'post_live_migration_at_destination', 'host2',
             'host1', None, None, None),
            (stored.state, stored.step, stored.host, stored.peer_host,
             stored.owner, stored.claim_id, stored.expires_at))
        self.assertEqual('host2', stored.instance.host)
        self.assertTrue(operation.is_offered)
        action = objects.InstanceAction.get_by_request_id(
            self.context, operation.instance_uuid, self.context.request_id)
        self.assertEqual(['Success'],
                         [event.result for event in action.events])

    def test_what_only_begins_expires(self):
        operation = self.claimed()
        operation.offer('build_instance', host='host1')
        self.assertIsNotNone(self.stored(operation).expires_at)

    def test_what_the_caller_says_expires(self):
        operation = self.claimed()
        operation.offer('live_migration', host='host1', expires_in=60)
        self.assertIsNotNone(self.stored(operation).expires_at)

    def test_the_next_one_claims_it(self):
        operation = self.claimed()
        operation.offer('live_migration', host='host2')
        claimed = self.claim(operation, 'live_migration', 'two', 'second')
        self.assertEqual('host2', claimed.host)

    def test_repeating_does_no_harm(self):
        operation = self.claimed()
        before = operation.obj_clone()
        operation.offer('live_migration', host='host2')
        before.offer('live_migration', host='host2')
        self.claim(operation, 'live_migration', 'two', 'second')
        before.claim_id, before.step = 'claim', 'reboot_instance'
        before.offer('live_migration', host='host2')
        self.assertEqual('second', self.stored(operation).claim_id)

    def test_a_lost_claim(self):
        operation = self.claimed()
        operation.claim_id = 'other'
        self.refused(_WHY.TAKEN, operation.offer, 'live_migration',
                     instance={'host': 'host2'})
        self.assertEqual('host1', self.stored(operation).instance.host)

    def test_not_claimed_at_all(self):
        operation = self.accept()
        self.assertRaises(exception.ClaimRefused, operation.offer,
                          'live_migration')
        self.assertEqual('reboot_instance', self.stored(operation).step)
