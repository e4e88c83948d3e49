"""Lists of operations, and the sweeper's share of them."""

from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class ListsTestCase(base.DatabaseTestCase):

    def uuids(self, found):
        return [operation.uuid for operation in found]

    def claim(self, operation, owner='owner'):
        return objects.Operation.claim(
            self.context, operation.uuid, operation.step, owner,
            operation.uuid)

    def test_open_on_host(self):
        offered = self.accept(host='host2')
        running = self.claim(self.accept())
        running.report(peer_host='host2')
        self.claim(self.accept(host='host2')).finish('succeeded')
        self.claim(self.accept(host='host2')).mark_interrupted('cut')
        self.accept(host=None)
        found = objects.OperationList.open_on_host(self.context, 'host2')
        self.assertEqual([offered.uuid, running.uuid], self.uuids(found))
        self.assertIsNone(found[0].instance)

    def test_offered_to(self):
        first, second = self.accept(), self.accept()
        self.claim(self.accept())
        self.accept(host='host2')
        self.assertEqual(
            [first.uuid, second.uuid], self.uuids(
                objects.OperationList.offered_to(self.context, 'host1')))

    def test_pages_of_what_is_offered(self):
        offered = [self.accept().uuid for _ in range(5)]

        def page(marker):
            return self.uuids(objects.OperationList.offered_to(
                self.context, 'host1', limit=2, marker=marker))

        self.assertEqual(offered[:2], page(None))
        # Also after one that is not offered any more.
        self.claim(objects.Operation.get_by_uuid(self.context, offered[1]))
        self.assertEqual(offered[2:4], page(offered[1]))
        self.assertEqual(offered[4:], page(offered[3]))
        self.assertEqual([], page(offered[4]))
        self.assertRaises(exception.Invalid, page, 'nobody')

    def test_of_dead_owners(self):
        dead = self.claim(self.accept(), 'dead')
        self.claim(self.accept(), 'alive')
        self.accept()
        self.claim(self.accept(host='host2'), 'dead')
        self.assertEqual([dead.uuid], self.uuids(
            objects.OperationList.of_dead_owners(
                self.context, 'host1', 'alive')))

    def test_interrupted_on_host(self):
        cut = self.claim(self.accept())
        cut.mark_interrupted('cut')
        self.accept()
        self.assertEqual([cut.uuid], self.uuids(
            objects.OperationList.interrupted_on_host(
                self.context, 'host1')))

    def test_open_by_instance(self):
        instance = self.make_instance()
        self.claim(self.accept(instance)).finish('failed', 'no')
        cut = self.claim(self.accept(instance))
        cut.mark_interrupted('cut', instance={'task_state': None})
        offered = self.accept(instance)
        self.accept()
        self.assertEqual(
            [cut.uuid, offered.uuid], self.uuids(
                objects.OperationList.get_open_by_instance(
                    self.context, instance.uuid)))

    def test_filters(self):
        done = self.claim(self.accept())
        done.finish('succeeded')
        offered = self.accept(host='host2')
        for filters, expected in (
                ({}, [offered, done]),
                ({'open': True}, [offered]),
                ({'open': False}, [done]),
                ({'host': 'host2'}, [offered]),
                ({'state': ['succeeded', 'failed']}, [done])):
            self.assertEqual(
                self.uuids(expected), self.uuids(
                    objects.OperationList.get_by_filters(
                        self.context, filters)), filters)
        self.assertRaises(
            exception.Invalid, objects.OperationList.get_by_filters,
            self.context, {'colour': 'red'})


class TakeDueTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.flags(group='operations', sweep_interval=0.1)

    def make_due(self):
        """Make all that is offered due, as if time had passed."""
        table = models.operations
        with self.store.database.writer() as connection:
            connection.execute(
                table.update().where(table.c.next_sweep_at.is_not(None))
                .values(next_sweep_at='2001-01-01T00:00:00.000001',
                        updated_at=table.c.updated_at))

    def take(self, limit=10, interval=30):
        return objects.OperationList.take_due(self.context, limit, interval)

    def test_due_once(self):
        operation = self.accept()
        self.make_due()
        taken = self.take()
        self.assertEqual([(operation.uuid, False)],
                         [(one.uuid, one.expired) for one in taken])
        self.assertEqual([], list(self.take()))

    def test_not_due_yet(self):
        self.flags(group='operations', sweep_interval=30)
        self.accept()
        self.assertEqual([], list(self.take()))

    def test_due_again(self):
        self.accept()
        self.make_due()
        self.take(interval=-1)
        self.assertEqual(1, len(self.take()))

    def test_expired(self):
        self.accept(expires_in=-1)
        self.make_due()
        self.assertTrue(self.take()[0].expired)

    def test_what_never_expires(self):
        operation = self.claimed()
        operation.offer('live_migration', host='host1')
        self.make_due()
        self.assertFalse(self.take()[0].expired)

    def test_claimed_and_ended_ones_rest(self):
        self.claimed()
        objects.Operation.cancel_offered(
            self.context, self.accept().uuid, 'aborted', 'x')
        self.accept().mark_interrupted('cut')
        self.make_due()
        self.assertEqual([], list(self.take()))

    def test_the_longest_due_first(self):
        first, second = self.accept(), self.accept()
        self.make_due()
        self.assertEqual(first.uuid, self.take(limit=1, interval=0)[0].uuid)
        self.assertEqual(second.uuid, self.take(limit=1)[0].uuid)

    def test_being_swept_is_no_progress(self):
        operation = self.accept()
        self.make_due()
        self.take()
        self.assertEqual(
            operation.updated_at, objects.Operation.get_by_uuid(
                self.context, operation.uuid).updated_at)

    def test_each_row_is_won_once(self):
        for _ in range(10):
            self.accept()
        self.make_due()

        def sweep(number, store):
            return [row['uuid'] for _ in range(3)
                    for row in store.operations.take_due(4, 30)]

        won = [one for share in self.at_once(4, sweep) for one in share]
        # Some rows may be lost by all who had looked at them, but for one.
        won += [operation.uuid for operation in self.take(limit=20)]
        self.assertEqual(10, len(won))
        self.assertEqual(10, len(set(won)))
