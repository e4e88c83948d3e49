"""What migrations have left on a host that was away when they ended."""

from nova_gs.compute.live_migration import leftovers
from nova_gs.compute.live_migration import source
from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import live_migration
from tests.fixtures import compute
from tests.unit.db import base

BEFORE = 'the process before'


class LeftoversTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)

    def begun_by(self, owner, operation):
        objects.Operation.claim(
            self.context, operation.uuid, operation.step, owner,
            operation.uuid)
        return operation

    def stored(self, operation):
        return objects.Operation.get_by_uuid(self.context, operation.uuid)


class TestClearAfterDepartures(LeftoversTestCase):

    def ended(self, status='completed', source='host1', host='host2'):
        """Return the instance of a migration that has ended."""
        instance = self.make_instance(host=host)
        objects.Migration(
            self.context, instance_uuid=instance.uuid, status=status,
            source_compute=source, dest_compute='host2').create()
        return instance

    def cleared(self):
        """Start; returns how many guests were cleared up after."""
        leftovers.clear_after_departures(self.host, self.context)
        self.assertLessEqual(
            set(self.host.driver.calls),
            {('finish_migration', live_migration.Side.SOURCE, True)})
        return len(self.host.driver.calls)

    def test_once_for_each_guest(self):
        instance = self.ended()
        objects.Migration(
            self.context, instance_uuid=instance.uuid, status='completed',
            source_compute='host1', dest_compute='host2').create()
        self.ended()
        self.assertEqual(2, self.cleared())

    def test_once_in_a_process(self):
        self.ended()
        self.assertEqual(1, self.cleared())
        self.assertEqual(1, self.cleared())

    def test_not_after_what_was_done(self):
        """A process that was only silent has done that itself."""
        operation = self.begun_by(self.host.owner, self.accept(
            self.make_instance(host='host1'), kind='live-migration',
            step='post_live_migration_at_source', host='host1',
            migration=objects.Migration(
                source_compute='host1', dest_compute='host2')))
        instance = self.stored(operation).instance
        instance.host = 'host2'
        instance.save()
        source.clean_up(self.host, self.stored(operation))
        self.assertEqual(
            'completed', self.stored(operation).migration.status)
        self.assertEqual(1, self.cleared())

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
        self.assertEqual(1, self.cleared())

    def test_hypervisor_that_refuses_does_not_keep_the_start(self):
        self.ended()
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='no'))
        self.assertEqual(1, self.cleared())


class TestGiveRoomsBack(LeftoversTestCase):

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
        leftovers.give_rooms_back(self.host, self.context)
        self.assertEqual(
            {('finish_migration', live_migration.Side.DESTINATION, False)} &
            set(self.host.driver.calls), set(self.host.driver.calls))
        return len(self.host.driver.calls)

    def test_once_in_a_process(self):
        self.ended('error')
        self.assertEqual([1, 0], [self.cleared(), self.cleared()])

    def test_again_where_the_hypervisor_refused(self):
        self.ended('error')
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        self.assertEqual([1, 1], [self.cleared(), self.cleared()])

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
        self.assertEqual(0, self.cleared())

    def test_of_a_guest_that_was_deleted_meanwhile(self):
        deleted = self.ended('error')
        deleted.deleted = True
        deleted.save()
        self.assertEqual(1, self.cleared())

    def test_hypervisor_that_refuses(self):
        self.ended('error')
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        self.assertEqual(1, self.cleared())
