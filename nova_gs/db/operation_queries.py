"""Reading operations, and the sweeper's way to share them out."""

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields

_TABLE = models.operations
_STATES = fields.OperationState
_OPEN = _STATES.CLAIMABLE + (_STATES.INTERRUPTED,)


def _equals(column):
    return lambda value: query.is_in(column, value)


_RULES = {
    **{name: _equals(_TABLE.c[name]) for name in (
        'uuid', 'kind', 'request_id', 'instance_uuid', 'migration_uuid',
        'user_id', 'project_id', 'state', 'step', 'peer_host', 'owner')},
    'host': lambda value: sa.or_(query.is_in(_TABLE.c.host, value),
                                 query.is_in(_TABLE.c.peer_host, value)),
    'open': lambda value: (_TABLE.c.state.in_(_OPEN) if value
                           else _TABLE.c.state.in_(_STATES.FINAL)),
}


def get(connection, operation_uuid):
    """Return a row; raises OperationNotFound."""
    row = query.first(connection, sa.select(_TABLE).where(
        _TABLE.c.uuid == operation_uuid))
    if row is None:
        raise exception.OperationNotFound(operation_id=operation_uuid)
    return row


def with_nested(connection, row):
    """Return an operation's row with those of its instance and migration."""
    instances, migrations = models.instances, models.migrations
    row['instance'] = query.first(
        connection, sa.select(instances).where(
            instances.c.uuid == row['instance_uuid']))
    row['migration'] = row['migration_uuid'] and query.first(
        connection, sa.select(migrations).where(
            migrations.c.uuid == row['migration_uuid']))
    return row


class OperationQueries:
    """Reads operations.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    def get_by_uuid(self, operation_uuid):
        """Return a row with nested ones; raises OperationNotFound."""
        with self._db.reader() as connection:
            return with_nested(connection, get(connection, operation_uuid))

    def open_on_host(self, host):
        """Return what keeps a host busy, oldest first."""
        return self._select(
            _TABLE.c.state.in_(_STATES.CLAIMABLE),
            sa.or_(_TABLE.c.host == host, _TABLE.c.peer_host == host))

    def offered_to(self, host, limit=None, marker=None):
        """Return a page of what waits for a host to claim it, oldest first.

        :param limit: most rows, or None
        :param marker: uuid of the last one of the page before, or None
        """
        statement = sa.select(_TABLE).where(
            _TABLE.c.host == host, _TABLE.c.owner.is_(None),
            _TABLE.c.state.in_(_STATES.CLAIMABLE))
        with self._db.reader() as connection:
            last = query.marked(connection, _TABLE, marker, 'operation')
            return query.rows(connection, query.page(
                statement, _TABLE, last, limit, descending=False))

    def of_dead_owners(self, host, owner):
        """Return the running steps of a host that others than owner hold."""
        return self._select(
            _TABLE.c.host == host, _TABLE.c.state == _STATES.RUNNING,
            _TABLE.c.owner.is_not(None), _TABLE.c.owner != owner)

    def interrupted_on_host(self, host):
        """Return the interrupted operations of a host, oldest first."""
        return self._select(
            _TABLE.c.host == host, _TABLE.c.state == _STATES.INTERRUPTED)

    def get_open_by_instance(self, instance_uuid):
        """Return what has not ended on an instance, oldest first."""
        return self._select(
            _TABLE.c.instance_uuid == instance_uuid,
            _TABLE.c.state.in_(_OPEN))

    def get_by_filters(self, filters, limit=None):
        """Return rows that match all filters, newest first.

        Besides columns (a value, or a list for any of them) there are
        ``host`` (executor or other end) and ``open`` (not ended).

        :raises: Invalid for an unknown filter
        """
        statement = query.narrow(
            sa.select(_TABLE), 'operations', _RULES, filters)
        with self._db.reader() as connection:
            return query.rows(
                connection, query.page(statement, _TABLE, limit=limit))

    def held_by_conductors(self):
        """Return what conductors have held for a sweep's interval or more.

        Of what is claimed only their steps come up in a sweep.
        """
        time = sa.select(dialects.now()).scalar_subquery()
        return self._select(
            _TABLE.c.next_sweep_at <= time, _TABLE.c.owner.is_not(None),
            _TABLE.c.state == _STATES.RUNNING)

    def take_due(self, limit, interval):
        """Return offered rows whose turn has come, each to one caller only.

        :param limit: most rows
        :param interval: seconds until a row is due again
        """
        # One reading of the clock for the whole statement, so that
        # PostgreSQL can use the index.
        time = sa.select(dialects.now()).scalar_subquery()
        statement = (
            sa.select(_TABLE, sa.func.coalesce(
                _TABLE.c.expires_at <= time, sa.false()).label('expired'))
            .where(_TABLE.c.next_sweep_at <= time,
                   _TABLE.c.owner.is_(None),
                   _TABLE.c.state.in_(_STATES.CLAIMABLE))
            .order_by(_TABLE.c.next_sweep_at).limit(limit))
        with self._db.reader() as connection:
            due = query.rows(connection, statement)
        return self._win(due, interval) if due else []

    @engine.retry
    def _win(self, due, interval):
        """Return those rows that nobody else has won in the meantime."""
        # One order for all callers, or two of them could lock each other.
        with self._db.writer() as connection:
            return [row for row in sorted(due, key=lambda row: row['id'])
                    if self._move_on(connection, row, interval)]

    @staticmethod
    def _move_on(connection, row, interval):
        return connection.execute(
            sa.update(_TABLE)
            .where(_TABLE.c.id == row['id'], _TABLE.c.owner.is_(None),
                   _TABLE.c.state.in_(_STATES.CLAIMABLE),
                   _TABLE.c.next_sweep_at == row['next_sweep_at'])
            # Being swept is no progress.
            .values(next_sweep_at=dialects.now(interval),
                    updated_at=_TABLE.c.updated_at)).rowcount

    def _select(self, *clauses):
        with self._db.reader() as connection:
            return query.rows(
                connection,
                sa.select(_TABLE).where(*clauses).order_by(_TABLE.c.id))
