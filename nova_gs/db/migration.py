"""Rows of migrations (of guests; those of the schema are in schema.py)."""

import uuid

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import instance_action
from nova_gs.db import models
from nova_gs.db import operation_effects as effects
from nova_gs.db import operation_queries
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields

_TABLE = models.migrations
_PLAIN = ('instance_uuid', 'source_compute', 'dest_compute', 'source_node',
          'dest_node', 'status', 'migration_type', 'user_id', 'project_id',
          'uuid', 'id')


def _equals(column):
    return lambda value: query.is_in(column, value)


_RULES = {
    **{name: _equals(_TABLE.c[name]) for name in _PLAIN},
    'host': lambda value: sa.or_(query.is_in(_TABLE.c.source_compute, value),
                                 query.is_in(_TABLE.c.dest_compute, value)),
    'changes_since': lambda time: sa.func.coalesce(
        _TABLE.c.updated_at, _TABLE.c.created_at) >= time,
    'changes_before': lambda time: sa.func.coalesce(
        _TABLE.c.updated_at, _TABLE.c.created_at) <= time,
}


class Migrations:
    """Reads and writes migrations.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    def get_by_uuid(self, migration_uuid):
        """Return a row; raises MigrationNotFound."""
        with self._db.reader() as connection:
            return self._get(connection, _TABLE.c.uuid == migration_uuid,
                             migration_uuid)

    def get_by_id_and_instance(self, migration_id, instance_uuid):
        """Return a row; raises MigrationNotFound."""
        if not str(migration_id).isdecimal():
            raise exception.MigrationNotFound(
                migration_id=migration_id, instance_id=instance_uuid)
        with self._db.reader() as connection:
            return self._get(
                connection, sa.and_(_TABLE.c.id == int(migration_id),
                                    _TABLE.c.instance_uuid == instance_uuid),
                migration_id, instance_uuid)

    @engine.retry
    def create(self, values):
        """Write a row and return it."""
        values = dict(values)
        values.setdefault('uuid', str(uuid.uuid4()))
        with self._db.writer() as connection:
            query.insert(connection, _TABLE, values)
            return self._get(connection, _TABLE.c.uuid == values['uuid'],
                             values['uuid'])

    @engine.retry
    def update(self, migration_uuid, changes):
        """Write fields whatever they are; raises MigrationNotFound."""
        with self._db.writer() as connection:
            connection.execute(
                sa.update(_TABLE).where(_TABLE.c.uuid == migration_uuid)
                .values(**changes))
            return self._get(connection, _TABLE.c.uuid == migration_uuid,
                             migration_uuid)

    @engine.retry
    def give_room_back(self, migration_uuid, host):
        """See ``objects.Migration.give_room_back``."""
        operations = models.operations
        is_lost = sa.exists().where(
            operations.c.migration_uuid == _TABLE.c.uuid,
            operations.c.state == fields.OperationState.INTERRUPTED,
            operations.c.step == 'live_migration')
        with self._db.writer() as connection:
            return bool(connection.execute(
                sa.update(_TABLE)
                .where(_TABLE.c.uuid == migration_uuid,
                       _TABLE.c.dest_compute == host,
                       _TABLE.c.status.in_(
                           fields.MigrationStatus.HOLDS_ROOM), is_lost)
                .values(status=fields.MigrationStatus.ERROR)).rowcount)

    @engine.retry
    def give_guest_back(self, operation_uuid, source, reason, instance,
                        interval):
        """See ``objects.Migration.give_guest_back``.

        Who begins to take a guest records that first.
        """
        operations, instances = models.operations, models.instances
        unbegun = sa.exists().where(
            instances.c.uuid == operations.c.instance_uuid,
            instances.c.task_state == fields.TaskState.RESIZE_MIGRATED,
            instances.c.deleted.is_(False))
        with self._db.writer() as connection:
            before = operation_queries.get(connection, operation_uuid)
            if not connection.execute(
                    sa.update(operations).where(
                        operations.c.uuid == operation_uuid,
                        operations.c.step == 'finish_resize',
                        operations.c.owner.is_(None),
                        operations.c.state.in_(
                            fields.OperationState.CLAIMABLE), unbegun)
                    .values(step='finish_revert_resize', host=source,
                            peer_host=None, offered_by=None,
                            params=dict(before['params'], ending=reason),
                            next_sweep_at=dialects.now(interval))).rowcount:
                return False
            effects.write_nested(
                connection, before,
                dict(instance, task_state=fields.TaskState.RESIZE_REVERTING),
                {'status': fields.MigrationStatus.POST_REVERTING})
            instance_action.begin_event(
                connection, before['action_id'], before['step'],
                before['host'])
            instance_action.end_events(
                connection, before['action_id'], reason)
            return True

    def get_by_filters(self, filters, limit=None, marker=None):
        """Return rows that match all filters, the newest first.

        Besides columns (a value, or a list for any of them) there are
        ``host`` (either end), ``changes_since`` and ``changes_before``
        (aware datetimes).

        :raises: Invalid for an unknown filter or marker
        """
        statement = query.narrow(
            sa.select(_TABLE), 'migrations', _RULES, filters)
        with self._db.reader() as connection:
            last = query.marked(connection, _TABLE, marker, 'migration')
            return query.rows(
                connection, query.page(statement, _TABLE, last, limit))

    def get_in_progress(self, instance_uuid):
        """Return the rows of an instance that have not ended, by id."""
        with self._db.reader() as connection:
            return query.rows(
                connection, sa.select(_TABLE).where(
                    _TABLE.c.instance_uuid == instance_uuid,
                    _TABLE.c.status.in_(fields.MigrationStatus.IN_PROGRESS))
                .order_by(_TABLE.c.id))

    @staticmethod
    def _get(connection, clause, migration_id, instance_uuid='(any)'):
        row = query.first(connection, sa.select(_TABLE).where(clause))
        if row is None:
            raise exception.MigrationNotFound(
                migration_id=migration_id, instance_id=instance_uuid)
        return row
