"""The schema's versions, and that they lead to what models.py says."""

from alembic import autogenerate
from alembic import migration

from nova_gs.db import models
from nova_gs.db import schema
from nova_gs.db import store
from nova_gs import exception
from tests.unit import base
from tests.unit.db import base as db_base


class SchemaTestCase(db_base.DatabaseTestCase):

    def test_migrations_and_models_agree(self):
        with self.store.database.engine.connect() as connection:
            context = migration.MigrationContext.configure(connection)
            self.assertEqual([], autogenerate.compare_metadata(
                context, models.metadata))

    def test_upgrading_again_changes_nothing(self):
        head = schema.head()
        self.assertEqual(
            (head, head), schema.upgrade(self.store.database.engine))
        self.store.require_schema()


class EmptyTestCase(base.TestCase):

    def test_it_is_said_what_to_do(self):
        records = store.Store(self.conf)
        self.addCleanup(records.close)
        error = self.assertRaises(
            exception.ConfigurationError, records.require_schema)
        self.assertIn('nova-manage db sync', str(error))
