"""What goes with an operation's verbs: its instance, migration and room.

Everything here works in the transaction of a verb that has locked the
operation, or the instance, already.
"""

import uuid

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import external_event
from nova_gs.db import instance as instance_rows
from nova_gs.db import instance_action
from nova_gs.db import models
from nova_gs.db import query
from nova_gs.db import room
from nova_gs import exception
from nova_gs.objects import fields

_TABLE = models.operations
_INSTANCES = models.instances
_STATES = fields.OperationState

#: What is said of an operation that nobody had begun.
DELETED = 'The server was deleted before this was begun.'


def lock_instance(connection, instance_uuid):
    """Return an instance's row, locked, with the clock as ``read_at``."""
    row = query.first(
        connection, sa.select(_INSTANCES, dialects.now().label('read_at'))
        .where(_INSTANCES.c.uuid == instance_uuid,
               _INSTANCES.c.deleted.is_(False))
        .with_for_update())
    if row is None:
        raise exception.InstanceNotFound(instance_id=instance_uuid)
    return row


def require_states(instance, kind, vm_states, task_states):
    """Raise InvalidState unless an instance is as a request needs it."""
    for attr, permitted in (('vm_state', vm_states),
                            ('task_state', task_states)):
        if permitted is not None and instance[attr] not in permitted:
            raise exception.InvalidState(
                method=kind, instance_id=instance['uuid'], attr=attr,
                state=instance[attr])


def require_host(instance, kind, host):
    """Raise InstanceMoved unless an instance is where it was seen."""
    if instance['host'] != host:
        raise exception.InstanceMoved(
            method=kind, instance_id=instance['uuid'],
            before=host or 'no host', host=instance['host'] or 'no host')


def _busy(instance_uuid):
    """Return the clauses for what is under way on an instance.

    An interrupted operation is not: where nothing may be done before it is
    settled, the task_state that it left says so.
    """
    return (_TABLE.c.instance_uuid == instance_uuid,
            _TABLE.c.state.in_(_STATES.CLAIMABLE))


def write_task_state(connection, instance, task_state, time):
    """Give a locked instance the task_state of a request.

    :param instance: its row, which is brought up to date
    """
    instance.update(task_state=task_state, updated_at=time)
    connection.execute(
        sa.update(_INSTANCES).where(_INSTANCES.c.id == instance['id'])
        .values(task_state=task_state, updated_at=time))


def require_idle(connection, instance_uuid, kind, but_for=None):
    """Raise OperationInProgress if something is done to an instance.

    :param but_for: id of an operation that does not count
    """
    statement = sa.select(_TABLE.c.uuid, _TABLE.c.kind).where(
        *_busy(instance_uuid))
    if but_for is not None:
        statement = statement.where(_TABLE.c.id != but_for)
    other = query.first(connection, statement.limit(1))
    if other is not None:
        raise exception.OperationInProgress(
            method=kind, instance_id=instance_uuid, kind=other['kind'],
            operation_id=other['uuid'])


def _require_still_there(connection, row):
    """Raise InstanceMoved if an instance has left an operation's host."""
    now = query.first(connection, sa.select(
        _INSTANCES.c.uuid, _INSTANCES.c.host).where(
            _INSTANCES.c.uuid == row['instance_uuid'],
            _INSTANCES.c.deleted.is_(False)).with_for_update())
    # One without a host was never built, or no longer is.
    if now is not None and now['host'] is not None:
        require_host(now, row['kind'], row['host'])


def _drop_offers(connection, row):
    """End what was offered for an instance that is deleted now.

    A build that nobody has begun would make it anew.  Of a migration another
    host may have kept something, which is for its next step to remove.
    """
    for other in query.rows(connection, sa.select(_TABLE).where(
            *_busy(row['instance_uuid']), _TABLE.c.id != row['id'],
            _TABLE.c.owner.is_(None), _TABLE.c.migration_uuid.is_(None))):
        dropped = connection.execute(
            sa.update(_TABLE).where(
                _TABLE.c.id == other['id'], _TABLE.c.owner.is_(None))
            .values(state=_STATES.ABORTED, error=DELETED, expires_at=None,
                    next_sweep_at=None)).rowcount
        if dropped:
            instance_action.end(connection, other['action_id'], DELETED)


def _settle_resize(connection, row):
    """End the migration of a deleted instance: nothing can go back."""
    table = models.migrations
    connection.execute(
        sa.update(table).where(
            table.c.instance_uuid == row['instance_uuid'],
            table.c.migration_type.in_(fields.MigrationType.SWITCHED_OFF),
            table.c.status.in_((fields.MigrationStatus.FINISHED,
                                fields.MigrationStatus.CONFIRMING)))
        .values(status=fields.MigrationStatus.CONFIRMED))


def add_migration(connection, context, instance_uuid, values, time):
    """Write a new migration, or to the one whose id is given.

    :returns: its row
    """
    if 'id' in values:
        return _change_migration(connection, values)
    row = dict(
        {'uuid': str(uuid.uuid4()), 'user_id': context.user_id,
         'project_id': context.project_id,
         'status': fields.MigrationStatus.ACCEPTED}, **values)
    row.update(instance_uuid=instance_uuid, created_at=time)
    row['id'] = query.insert(connection, models.migrations, row)
    return row


def _change_migration(connection, values):
    table = models.migrations
    connection.execute(
        sa.update(table).where(table.c.id == values['id']).values(**{
            name: value for name, value in values.items()
            if name not in ('id', 'uuid')}))
    return query.first(
        connection, sa.select(table).where(table.c.id == values['id']))


def _needs(connection, row):
    """Return (what an operation needs room for, what gives room back).

    :returns: (dict or row with sizes, UUID of an instance that does not
        count, or None)
    """
    instance = lock_instance(connection, row['instance_uuid'])
    new = row['migration_uuid'] and connection.execute(
        sa.select(models.migrations.c.new_flavor).where(
            models.migrations.c.uuid == row['migration_uuid'])).scalar()
    # What is moved cold may come back, so it takes room in both sizes.
    return (new, None) if new else (instance, instance['uuid'])


def reserve(connection, row, host, instance, migration):
    """Make sure of the room; returns the updates that then take it.

    :param instance: dict of the instance's updates, or None
    :param migration: dict of the migration's updates, or None
    :raises: NoValidHost; InstanceNotFound when it was deleted meanwhile
    """
    room.require(connection, host, *_needs(connection, row))
    if row['migration_uuid'] is None:
        return dict(instance or {}, host=host), migration
    return instance, dict(
        {'status': fields.MigrationStatus.QUEUED}, **(migration or {}),
        dest_compute=host)


def write_nested(connection, row, instance, migration):
    """Write field updates of an operation's instance and migration."""
    if instance:
        # A deleted instance stays as it was at its end.
        connection.execute(
            sa.update(_INSTANCES)
            .where(_INSTANCES.c.uuid == row['instance_uuid'],
                   _INSTANCES.c.deleted.is_(False))
            .values(**instance_rows.columns(instance)))
    if migration and row['migration_uuid'] is not None:
        connection.execute(
            sa.update(models.migrations)
            .where(models.migrations.c.uuid == row['migration_uuid'])
            .values(**migration))


def end(connection, row, instance, migration):
    """Write what goes with an operation's final state.

    :raises: InstanceMoved when a delete has looked for its guest on another
        host than where that is by now
    """
    instance = dict(instance or {})
    if instance.get('deleted'):
        _require_still_there(connection, row)
    if not instance.get('deleted'):
        another = sa.exists().where(
            *_busy(row['instance_uuid']), _TABLE.c.id != row['id'])
        instance.setdefault('task_state', sa.case(
            (another, _INSTANCES.c.task_state), else_=sa.null()))
    write_nested(connection, row, instance, migration)
    if instance.get('deleted'):
        _drop_offers(connection, row)
        external_event.forget(connection, row['instance_uuid'])
        _settle_resize(connection, row)
    succeeded = row['state'] == _STATES.SUCCEEDED
    error = None if succeeded else row['error'] or row['state']
    instance_action.end_events(connection, row['action_id'], error)
    instance_action.end(connection, row['action_id'],
                        None if succeeded else error)
