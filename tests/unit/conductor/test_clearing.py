"""Migrations that end although a host is not there to clear up."""

from nova_gs.conductor import clearing
from nova_gs import objects
from tests.unit.conductor import base

ROLLBACK = 'rollback_live_migration_at_destination'
CLEAN_UP = 'post_live_migration_at_source'
ARRIVED = 'post_live_migration_at_destination'


class ClearingTestCase(base.ConductorTestCase):

    def at(self, step, host='host1'):
        """Return a migration whose next step is offered to a host."""
        operation = self.take(self.accept(
            kind='live-migration', step='live_migrate_server', host=None,
            task_state='migrating',
            migration=objects.Migration(source_compute='host1')))
        operation.offer(step, host=host, params={'ending': {
            'state': 'aborted', 'migration_status': 'cancelled',
            'reason': 'It was called off.'}})
        return operation

    def begun_at(self, step):
        return objects.Operation.claim(
            self.context, self.at(step).uuid, step,
            self.services['host1'].owner, 'claim')

    def assert_ended(self, state, status, error, operation):
        stored = self.stored(operation)
        self.assertEqual(
            (state, status, error, None),
            (stored.state, stored.migration.status, stored.error,
             stored.instance.task_state))
        action = self.action(operation)
        self.assertEqual(error, action.message)
        self.assertNotIn(None, [
            event.finish_time for event in action.events])

    def test_offered(self):
        for step, ended in (
                (ROLLBACK, ('aborted', 'cancelled', 'It was called off.')),
                (CLEAN_UP, ('succeeded', 'completed', None))):
            operation = self.at(step)
            self.assertTrue(clearing.end_offered(self.context, operation))
            self.assert_ended(*ended, operation)

    def test_left(self):
        for step, ended in (
                (ROLLBACK, ('aborted', 'cancelled', 'It was called off.')),
                (CLEAN_UP, ('succeeded', 'completed', None))):
            operation = self.begun_at(step)
            self.assertTrue(clearing.end_left(self.context, operation))
            self.assert_ended(*ended, operation)
            operation = self.begun_at(step)
            operation.mark_interrupted('cut')
            self.assertTrue(clearing.end_left(self.context, operation))
            self.assert_ended(*ended, operation)

    def test_what_was_begun_meanwhile(self):
        offered = self.at(ROLLBACK)
        objects.Operation.claim(
            self.context, offered.uuid, ROLLBACK,
            self.services['host1'].owner, 'claim')
        self.assertFalse(clearing.end_offered(self.context, offered))
        self.assertEqual('running', self.stored(offered).state)

    def test_what_has_ended_meanwhile(self):
        operation = self.begun_at(CLEAN_UP)
        self.stored(operation).finish('failed', error='no')
        self.assertFalse(clearing.end_left(self.context, operation))
        self.assertEqual('failed', self.stored(operation).state)

    def test_steps_that_matter(self):
        offered, begun = self.at(ARRIVED), self.begun_at(ARRIVED)
        self.assertFalse(clearing.end_offered(self.context, offered))
        self.assertFalse(clearing.end_left(self.context, begun))
        for operation in (offered, begun):
            self.assertFalse(self.stored(operation).is_final)
