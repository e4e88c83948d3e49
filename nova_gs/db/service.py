"""Rows of services."""

import uuid

from oslo_db import exception as db_exc
import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields

_TABLE = models.services
_PHASES = fields.ServicePhase

#: Phases in which an operator may quiesce a host or let it work again.
_STEERABLE = (_PHASES.SERVING, _PHASES.QUIESCED)

_SERVES = {'phase': _PHASES.SERVING, 'phase_reason': None,
           'phase_deadline': None}

_RULES = {
    name: (lambda value, column=_TABLE.c[name]: query.is_in(column, value))
    for name in ('binary', 'host', 'topic', 'uuid', 'disabled',
                 'forced_down', 'phase')}


def _select():
    return sa.select(_TABLE, dialects.now().label('read_at'))


def _aged(row):
    """Return a row with the age of its heartbeat, by one and the same clock.

    :param row: what ``_select`` gave
    """
    read_at, seen_at = row.pop('read_at'), row['last_seen_at']
    age = None if seen_at is None else (read_at - seen_at).total_seconds()
    return dict(row, seconds_since_seen=age)


class Services:
    """Reads and writes services.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    @engine.retry
    def register(self, host, binary, topic, version, owner,
                 availability_zone=None):
        """Make a service's row, or give it to a new owner.

        A new owner serves, unless the host is to be quiesced.  The same
        owner keeps the phase that it has announced.

        :returns: the row
        """
        mine = sa.and_(_TABLE.c.host == host, _TABLE.c.binary == binary)
        values = {'topic': topic, 'version': version, 'owner': owner,
                  'availability_zone': availability_zone,
                  'last_seen_at': dialects.now()}
        try:
            with self._db.writer() as connection:
                row = query.first(
                    connection, sa.select(_TABLE).where(mine)
                    .with_for_update())
                if row is None:
                    query.insert(connection, _TABLE, dict(
                        values, host=host, binary=binary,
                        uuid=str(uuid.uuid4())))
                else:
                    connection.execute(
                        sa.update(_TABLE).where(mine).values(
                            **values, **_phase_at_start(row, owner)))
                return _aged(query.first(connection, _select().where(mine)))
        except db_exc.DBDuplicateEntry as error:
            raise engine.RetryRequest(error)

    @engine.retry
    def report(self, service_uuid, owner):
        """Note a heartbeat of the owner.

        :returns: the row; None when it has another owner
        :raises: ServiceNotFound
        """
        return self._write_owned(service_uuid, owner, {
            'last_seen_at': dialects.now(),
            'report_count': _TABLE.c.report_count + 1})

    @engine.retry
    def announce(self, service_uuid, owner, words):
        """Write the owner's phase.

        Several conductors may write at once, so what is written last need
        not have been said last: an owner that has stopped stays stopped.

        :param words: dict of ``phase``, ``phase_reason``, ``phase_deadline``
        :returns: the row; None when it has another owner, or has stopped
        :raises: ServiceNotFound
        """
        return self._write_owned(
            service_uuid, owner, words,
            _TABLE.c.phase != _PHASES.STOPPED)

    @engine.retry
    def quiesce(self, service_uuid, reason, seconds):
        """Write that a host takes nothing in until that is taken back.

        Asked for once more, it keeps the moment of the first time.

        :param reason: a sentence, or None
        :param seconds: from now until its work is to have ended, or None
        :returns: the row
        :raises: Conflict when the host is stopping or has stopped;
            ServiceNotFound
        """
        with self._db.writer() as connection:
            # Once: PostgreSQL's clock goes on within a statement.
            deadline = None if seconds is None else connection.scalar(
                sa.select(dialects.now(seconds)))
            done = connection.execute(
                sa.update(_TABLE).where(
                    _TABLE.c.uuid == service_uuid,
                    _TABLE.c.phase.in_(_STEERABLE))
                .values(phase=_PHASES.QUIESCED, phase_reason=reason,
                        phase_deadline=deadline, quiesce_reason=reason,
                        quiesce_deadline=deadline,
                        quiesced_at=sa.func.coalesce(
                            _TABLE.c.quiesced_at, dialects.now())))
            row = self._get(connection, _TABLE.c.uuid == service_uuid,
                            service_uuid)
            if not done.rowcount:
                raise _leaving(row)
            return row

    @engine.retry
    def resume(self, service_uuid):
        """Take back what ``quiesce`` has written; once more is no error.

        Of a host that is not there only what its next start goes by.

        :returns: the row
        :raises: Conflict when the host is stopping or has stopped and there
            is nothing to take back; ServiceNotFound
        """
        nothing = {'quiesced_at': None, 'quiesce_reason': None,
                   'quiesce_deadline': None}
        with self._db.writer() as connection:
            row = query.first(connection, sa.select(_TABLE).where(
                _TABLE.c.uuid == service_uuid).with_for_update())
            if row is None:
                raise exception.ServiceNotFound(service_id=service_uuid)
            if row['phase'] == _PHASES.QUIESCED:
                nothing.update(_SERVES)
            elif row['phase'] not in _STEERABLE and not row['quiesced_at']:
                raise _leaving(row)
            connection.execute(
                sa.update(_TABLE).where(_TABLE.c.uuid == service_uuid)
                .values(**nothing))
            return self._get(connection, _TABLE.c.uuid == service_uuid,
                             service_uuid)

    @engine.retry
    def update(self, service_uuid, changes):
        """Write fields whatever they are; raises ServiceNotFound."""
        with self._db.writer() as connection:
            if changes:
                connection.execute(
                    sa.update(_TABLE).where(_TABLE.c.uuid == service_uuid)
                    .values(**changes))
            return self._get(connection, _TABLE.c.uuid == service_uuid,
                             service_uuid)

    @engine.retry
    def destroy(self, service_uuid):
        """Remove a row; raises ServiceNotFound."""
        with self._db.writer() as connection:
            done = connection.execute(
                sa.delete(_TABLE).where(_TABLE.c.uuid == service_uuid))
            if not done.rowcount:
                raise exception.ServiceNotFound(service_id=service_uuid)

    def get_by_uuid(self, service_uuid):
        """Return a row; raises ServiceNotFound."""
        with self._db.reader() as connection:
            return self._get(connection, _TABLE.c.uuid == service_uuid,
                             service_uuid)

    def get_by_host_and_binary(self, host, binary):
        """Return a row; raises ServiceNotFound."""
        with self._db.reader() as connection:
            return self._get(
                connection, sa.and_(_TABLE.c.host == host,
                                    _TABLE.c.binary == binary),
                '%s on host %s' % (binary, host))

    def get_by_filters(self, filters):
        """Return rows by ``binary``, ``host`` ..., by id.

        :raises: Invalid for an unknown filter
        """
        statement = query.narrow(_select(), 'services', _RULES, filters)
        with self._db.reader() as connection:
            return [_aged(row) for row in query.rows(
                connection, statement.order_by(_TABLE.c.id))]

    def get_minimum_version(self, binary):
        """Return the lowest version among services of a kind; 0 if none."""
        with self._db.reader() as connection:
            return connection.execute(
                sa.select(sa.func.min(_TABLE.c.version))
                .where(_TABLE.c.binary == binary)).scalar() or 0

    def _write_owned(self, service_uuid, owner, values, *conditions):
        with self._db.writer() as connection:
            done = connection.execute(
                sa.update(_TABLE)
                .where(_TABLE.c.uuid == service_uuid,
                       _TABLE.c.owner == owner, *conditions)
                .values(**values))
            row = self._get(connection, _TABLE.c.uuid == service_uuid,
                            service_uuid)
            return row if done.rowcount else None

    @staticmethod
    def _get(connection, clause, name):
        row = query.first(connection, _select().where(clause))
        if row is None:
            raise exception.ServiceNotFound(service_id=name)
        return _aged(row)


def _phase_at_start(row, owner):
    """Return what a start makes of the phase on record."""
    if row['owner'] == owner or row['phase'] == _PHASES.QUIESCED:
        return {}
    if row['quiesced_at'] is None:
        return _SERVES
    return {'phase': _PHASES.QUIESCED, 'phase_reason': row['quiesce_reason'],
            'phase_deadline': row['quiesce_deadline']}


def _leaving(row):
    """Return the error of what comes too late for this process."""
    stopped = row['phase'] == _PHASES.STOPPED
    return exception.Conflict(
        reason='%s on host %s %s (%s). Drain it, or take a drain back, when '
               'it has been started again.' % (
                   row['binary'], row['host'],
                   'was stopped' if stopped else 'is being stopped',
                   row['phase_reason'] or 'no reason was given'))
