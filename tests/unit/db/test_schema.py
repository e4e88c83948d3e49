"""The schema's versions, and that they lead to what models.py says."""

from alembic import autogenerate
from alembic import migration
import fixtures
import sqlalchemy as sa

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


class FilledTestCase(base.TestCase):
    """What upgrades make of rows that were there before."""

    def test_disk_of_instances(self):
        engine = sa.create_engine(
            'sqlite:///' + self.useFixture(fixtures.TempDir()).join('old'))
        self.addCleanup(engine.dispose)
        schema.upgrade(engine, '0007')
        for uuid, flavor in (('more', {'ephemeral_gb': 1, 'swap': 512}),
                             ('root', {'ephemeral_gb': 0, 'swap': 0}),
                             ('none', None)):
            with engine.begin() as connection:
                connection.execute(sa.insert(models.instances).values(
                    uuid=uuid, root_gb=2, flavor=flavor))
        schema.upgrade(engine)
        with engine.connect() as connection:
            disks = dict(connection.execute(sa.select(
                models.instances.c.uuid, models.instances.c.disk_gb)).all())
        self.assertEqual({'more': 4, 'root': None, 'none': None}, disks)


class EmptyTestCase(base.TestCase):

    def test_it_is_said_what_to_do(self):
        records = store.Store(self.conf)
        self.addCleanup(records.close)
        error = self.assertRaises(
            exception.ConfigurationError, records.require_schema)
        self.assertIn('nova-manage db sync', str(error))
