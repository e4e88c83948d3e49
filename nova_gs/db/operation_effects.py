"""What goes with an operation's verbs: its instance, migration and room.

Everything here works in the transaction of a verb that has locked the
operation, or the instance, already.
"""

import uuid

import sqlalchemy as sa

from nova_gs.db import dialects
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


def require_idle(connection, instance_uuid, kind):
    """Raise OperationInProgress if something is done to an instance."""
    other = query.first(
        connection, sa.select(_TABLE.c.uuid, _TABLE.c.kind)
        .where(*_busy(instance_uuid)).limit(1))
    if other is not None:
        raise exception.OperationInProgress(
            method=kind, instance_id=instance_uuid, kind=other['kind'],
            operation_id=other['uuid'])


def add_migration(connection, context, instance_uuid, values, time):
    """Write a new migration; returns its row."""
    row = dict(
        {'uuid': str(uuid.uuid4()), 'user_id': context.user_id,
         'project_id': context.project_id,
         'status': fields.MigrationStatus.ACCEPTED}, **values)
    row.update(instance_uuid=instance_uuid, created_at=time)
    row['id'] = query.insert(connection, models.migrations, row)
    return row


def reserve(connection, row, host, instance, migration):
    """Make sure of the room; returns the updates that then take it.

    :param instance: dict of the instance's updates, or None
    :param migration: dict of the migration's updates, or None
    """
    room.require(connection, host, query.first(
        connection, sa.select(_INSTANCES).where(
            _INSTANCES.c.uuid == row['instance_uuid'])))
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
    """Write what goes with an operation's final state."""
    instance = dict(instance or {})
    if not instance.get('deleted'):
        another = sa.exists().where(
            *_busy(row['instance_uuid']), _TABLE.c.id != row['id'])
        instance.setdefault('task_state', sa.case(
            (another, _INSTANCES.c.task_state), else_=sa.null()))
    write_nested(connection, row, instance, migration)
    succeeded = row['state'] == _STATES.SUCCEEDED
    error = None if succeeded else row['error'] or row['state']
    instance_action.end_events(connection, row['action_id'], error)
    instance_action.end(connection, row['action_id'],
                        None if succeeded else error)
