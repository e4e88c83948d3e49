"""Migrations of guests."""

import uuid

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class MigrationTestCase(base.DatabaseTestCase):

    def make(self, **values):
        migration = objects.Migration(self.context, **{
            'instance_uuid': str(uuid.uuid4()), **values})
        migration.create()
        return migration

    def test_create_and_save(self):
        migration = self.make()
        self.assertEqual(('accepted', 'live-migration'),
                         (migration.status, migration.migration_type))
        migration.status = 'running'
        migration.save()
        self.assertEqual('running', objects.Migration.get_by_uuid(
            self.context, migration.uuid).status)

    def test_by_id_and_instance(self):
        migration = self.make()
        get = objects.Migration.get_by_id_and_instance
        self.assertEqual(migration, get(
            self.context, migration.id, migration.instance_uuid))
        self.assertRaises(exception.MigrationNotFound, get, self.context,
                          migration.id, str(uuid.uuid4()))
        self.assertRaises(exception.MigrationNotFound, get, self.context,
                          'no number', migration.instance_uuid)

    def test_lists(self):
        one = self.make(source_compute='h1', dest_compute='h2')
        two = self.make(source_compute='h2', status='completed')
        for filters, expected in (
                ({}, [two, one]), ({'host': 'h2'}, [two, one]),
                ({'host': 'h1'}, [one]), ({'status': 'completed'}, [two]),
                ({'changes-since': one.created_at}, [two, one]),
                ({'instance_uuid': one.instance_uuid}, [one])):
            self.assertEqual(
                [migration.id for migration in expected],
                [found.id for found in objects.MigrationList.get_by_filters(
                    self.context, filters)], filters)
        page = objects.MigrationList.get_by_filters(
            self.context, {}, limit=1, marker=two.uuid)
        self.assertEqual([one.id], [found.id for found in page])

    def test_in_progress(self):
        one = self.make()
        self.make(instance_uuid=one.instance_uuid, status='error')
        self.assertEqual([one.id], [
            found.id for found in objects.MigrationList.get_in_progress(
                self.context, one.instance_uuid)])
