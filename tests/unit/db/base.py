"""What the tests of the store share.

They run on SQLite.  ``NOVA_GS_TEST_DATABASE`` names another database, whose
tables are dropped, e.g. ``postgresql+psycopg2://nova@127.0.0.1/nova``.
"""

import datetime
import os
import threading
import uuid

from nova_gs import context
from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.fixtures import database
from tests.unit import base

PATIENCE = 60


class DatabaseTestCase(base.TestCase):
    """A test with an empty database, and short ways to fill it."""

    def setUp(self):
        super().setUp()
        url = os.environ.get('NOVA_GS_TEST_DATABASE')
        self.database = self.useFixture(
            database.Seated(self.conf, url) if url
            else database.SQLite(self.conf))
        self.store = self.database.store
        self.context = context.RequestContext(
            user_id='user', project_id='project', overwrite=False)

    def make_instance(self, **values):
        """Return a new active instance on host1: 128 MiB, 1 CPU, 1 GiB."""
        values = {'uuid': str(uuid.uuid4()), 'host': 'host1',
                  'project_id': 'project', 'user_id': 'user',
                  'vm_state': fields.VMState.ACTIVE, 'memory_mb': 128,
                  'vcpus': 1, 'root_gb': 1, **values}
        instance = objects.Instance(self.context, **values)
        instance.create()
        return instance

    def accept(self, instance=None, **values):
        """Return an operation to reboot an instance, offered to host1."""
        return objects.Operation.accept(
            self.context, instance or self.make_instance(), **{
                'kind': 'reboot', 'step': 'reboot_instance',
                'task_state': 'rebooting', 'host': 'host1', **values})

    def claimed(self, claim_id='claim', **values):
        """Return such an operation, claimed."""
        operation = self.accept(**values)
        return objects.Operation.claim(
            self.context, operation.uuid, operation.step, 'owner', claim_id)

    def at_once(self, count, function):
        """Call a function from several threads that start together.

        Each call gets its number and a store of its own.

        :returns: list of results or exceptions, by number
        """
        stores = [self.database.new_store() for _ in range(count)]
        barrier, results = threading.Barrier(count), [None] * count

        def run(number):
            barrier.wait(PATIENCE)
            try:
                results[number] = function(number, stores[number])
            except Exception as error:
                results[number] = error

        threads = [threading.Thread(target=run, args=(number,))
                   for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive(), 'a call did not return')
        return results


class OperationTestCase(DatabaseTestCase):
    """A test of the verbs of operations."""

    def refused(self, why, function, *args, **kwargs):
        """Assert that a claim is refused, and why."""
        error = self.assertRaises(
            exception.ClaimRefused, function, *args, **kwargs)
        self.assertEqual(why, error.kwargs['why'])

    def claim(self, operation, step='reboot_instance', owner='owner',
              claim_id='claim'):
        return objects.Operation.claim(
            self.context, operation.uuid, step, owner, claim_id)

    def stored(self, operation):
        return objects.Operation.get_by_uuid(self.context, operation.uuid)

    def age(self, operation, **columns):
        """Set times of a row back by seconds, behind everybody's back."""
        table = models.operations
        with self.store.database.writer() as connection:
            row = connection.execute(
                table.select().where(table.c.uuid == operation.uuid)).one()
            connection.execute(
                table.update().where(table.c.uuid == operation.uuid).values(
                    **{name: getattr(row, name) - datetime.timedelta(
                        seconds=seconds)
                       for name, seconds in columns.items()}))
