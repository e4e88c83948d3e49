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
    def register(self, host, binary, topic, version, owner):
        """Make a service's row, or give it to a new owner.

        A new owner serves, unless the host was quiesced.  The same owner
        keeps the phase that it has announced.

        :returns: the row
        """
        mine = sa.and_(_TABLE.c.host == host, _TABLE.c.binary == binary)
        values = {'topic': topic, 'version': version, 'owner': owner,
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
            _TABLE.c.phase != fields.ServicePhase.STOPPED)

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
    if (row['owner'] == owner
            or row['phase'] == fields.ServicePhase.QUIESCED):
        return {}
    return {'phase': fields.ServicePhase.SERVING, 'phase_reason': None,
            'phase_deadline': None}
