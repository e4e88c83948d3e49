"""Rows of instances."""

import json
import re
import uuid

from oslo_db import exception as db_exc
import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import instance_action
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.objects import sizes

_TABLE = models.instances
_PLAIN = (
    'availability_zone', 'config_drive', 'deleted', 'description',
    'display_name', 'flavor_id', 'host', 'hostname', 'image_ref', 'key_name',
    'launch_index', 'locked', 'locked_by', 'node', 'power_state', 'progress',
    'project_id', 'reservation_id', 'task_state', 'user_id', 'uuid',
    'vm_state',
)
_SORT_KEYS = _PLAIN + (
    'created_at', 'id', 'launched_at', 'memory_mb', 'root_gb',
    'terminated_at', 'updated_at', 'vcpus',
)


#: The action of a guest that has changed its power state by itself.
POWER_ACTION = 'sync-power-state'


def columns(changes):
    """Return what to write for field updates of an instance.

    A deletion brings what goes with it; a flavor its id, and the disk that it
    takes.

    :param changes: dict of values by field name
    """
    values = dict(changes)
    if values.get('flavor') is not None:
        values.setdefault('flavor_id', values['flavor'].get('flavorid'))
        values['disk_gb'] = sizes.disk_of(values['flavor'])
    if values.get('deleted'):
        values.setdefault('vm_state', fields.VMState.DELETED)
        values.setdefault('task_state', None)
        values.setdefault('terminated_at', dialects.now())
        values['deleted_at'] = dialects.now()
    return values


def add(connection, values):
    """Write a new instance; returns its uuid.

    :param values: dict of values by field name; what is missing comes from
                   the flavor or a default
    :raises: AlreadyExists
    """
    values = columns(values)
    values.setdefault('uuid', str(uuid.uuid4()))
    values.setdefault('vm_state', fields.VMState.BUILDING)
    for name in ('memory_mb', 'vcpus', 'root_gb'):
        values.setdefault(name, (values.get('flavor') or {}).get(name, 0))
    try:
        query.insert(connection, _TABLE, values)
    except db_exc.DBDuplicateEntry:
        raise exception.AlreadyExists(what='Instance %s' % values['uuid'])
    return values['uuid']


def _pattern(value):
    try:
        re.compile(value)
    except (re.error, TypeError) as error:
        raise exception.Invalid(
            reason='%r is not a regular expression: %s' % (value, error))
    return _TABLE.c.display_name.regexp_match(value)


def _tagged(tag):
    # A tag stands in quotes in the JSON text, so it is found as a whole.
    return sa.cast(_TABLE.c.tags, sa.Text).contains(
        json.dumps(tag), autoescape=True)


def _each(join, negate=False):
    def clause(tags):
        found = join(*[_tagged(tag) for tag in tags])
        return sa.not_(found) if negate else found
    return clause


def _equals(column):
    return lambda value: query.is_in(column, value)


_RULES = {
    'changes_since': lambda time: _TABLE.c.updated_at >= time,
    'changes_before': lambda time: _TABLE.c.updated_at <= time,
    'name': _pattern,
    'tags': _each(sa.and_),
    'tags_any': _each(sa.or_),
    'not_tags': _each(sa.and_, negate=True),
    'not_tags_any': _each(sa.or_, negate=True),
    **{name: _equals(_TABLE.c[name]) for name in _PLAIN},
    'status': _equals(_TABLE.c.vm_state),
}


class Instances:
    """Reads and writes instances.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    def get_by_uuid(self, instance_uuid):
        """Return a row; raises InstanceNotFound, also for a deleted one."""
        with self._db.reader() as connection:
            return self._get(connection, instance_uuid)

    @engine.retry
    def create(self, values):
        """Write a row, as ``add`` does, and return it."""
        with self._db.writer() as connection:
            return self._get(connection, add(connection, values))

    @engine.retry
    def update(self, instance_uuid, changes):
        """Write fields whatever they are; raises InstanceNotFound."""
        with self._db.writer() as connection:
            connection.execute(
                sa.update(_TABLE)
                .where(_TABLE.c.uuid == instance_uuid,
                       _TABLE.c.deleted.is_(False))
                .values(**columns(changes)))
            return self._get(connection, instance_uuid,
                             deleted=bool(changes.get('deleted')))

    @engine.retry
    def change_lock(self, context, instance_uuid, action, changes):
        """Write a lock and an action that has ended; return the row."""
        with self._db.writer() as connection:
            row = self._get(connection, instance_uuid)
            connection.execute(
                sa.update(_TABLE).where(_TABLE.c.id == row['id'])
                .values(**changes))
            instance_action.end(connection, instance_action.begin(
                connection, context, instance_uuid, action, dialects.now()))
            return self._get(connection, instance_uuid)

    @engine.retry
    def note_power(self, context, instance_uuid, seen_at, changes, told):
        """Write a power state if the row is as it was seen, and at rest.

        :param seen_at: its ``updated_at``; every request changes that
        :param told: message of an action that has ended, or None
        :returns: the row, None when it is not so
        """
        with self._db.writer() as connection:
            done = connection.execute(
                sa.update(_TABLE).where(
                    _TABLE.c.uuid == instance_uuid,
                    _TABLE.c.updated_at == seen_at,
                    _TABLE.c.task_state.is_(None),
                    _TABLE.c.deleted.is_(False))
                .values(**changes)).rowcount
            if not done:
                return None
            if told:
                instance_action.end(connection, instance_action.begin(
                    connection, context, instance_uuid, POWER_ACTION,
                    dialects.now()), told)
            return self._get(connection, instance_uuid)

    def get_by_filters(self, filters, limit=None, marker=None,
                       sort_key='created_at', sort_dir='desc'):
        """Return rows that match all filters.

        Besides columns (a value, or a list for any of them) there are
        ``name`` (a regular expression), ``status`` (is ``vm_state``),
        ``changes_since`` and ``changes_before`` (aware datetimes), ``tags``,
        ``tags_any``, ``not_tags``, ``not_tags_any`` (lists).  Deleted ones
        are left out unless ``deleted`` or ``changes_since`` is given.

        :raises: Invalid for an unknown filter, sort key or marker
        """
        if sort_key not in _SORT_KEYS:
            raise exception.Invalid(
                reason='Instances cannot be sorted by %s.' % sort_key)
        filters = {name: value for name, value in (filters or {}).items()
                   if not (name == 'deleted' and value is None)}
        if not {'deleted', 'changes_since', 'changes-since'} & set(filters):
            filters['deleted'] = False
        statement = query.narrow(
            sa.select(_TABLE), 'instances', _RULES, filters)
        with self._db.reader() as connection:
            last = query.marked(connection, _TABLE, marker, 'instance')
            return query.rows(connection, query.page(
                statement, _TABLE, last, limit, sort_key,
                sort_dir == 'desc'))

    def get_by_host(self, host):
        """Return the rows of a host that are not deleted, by id."""
        with self._db.reader() as connection:
            return query.rows(
                connection,
                sa.select(_TABLE)
                .where(_TABLE.c.host == host, _TABLE.c.deleted.is_(False))
                .order_by(_TABLE.c.id))

    @staticmethod
    def _get(connection, instance_uuid, deleted=False):
        row = query.first(
            connection, sa.select(_TABLE).where(
                _TABLE.c.uuid == instance_uuid,
                _TABLE.c.deleted.is_(deleted)))
        if row is None:
            raise exception.InstanceNotFound(instance_id=instance_uuid)
        return row
