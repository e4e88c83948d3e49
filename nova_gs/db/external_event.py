"""Rows of the events that other services have told of instances."""

import sqlalchemy as sa

from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query

_TABLE = models.external_events


def forget(connection, instance_uuid):
    """Remove the events of an instance that is deleted."""
    connection.execute(sa.delete(_TABLE).where(
        _TABLE.c.instance_uuid == instance_uuid))


class ExternalEvents:
    """Reads and writes external events.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    @engine.retry
    def record(self, events):
        """Write events, each in the place of an earlier one like it.

        So an instance has a row for each port and name at most, however long
        it lives.

        :param events: dicts; see ``objects.ExternalEventList.record``
        """
        with self._db.writer() as connection:
            for event in events:
                connection.execute(sa.delete(_TABLE).where(
                    _TABLE.c.instance_uuid == event['instance_uuid'],
                    _TABLE.c.name == event['name'],
                    query.is_in(_TABLE.c.tag, [event['tag']])))
                query.insert(connection, _TABLE, event)

    def since(self, instance_uuid, after):
        """Return rows of an instance with an id above one, by id."""
        with self._db.reader() as connection:
            return query.rows(
                connection, sa.select(_TABLE).where(
                    _TABLE.c.instance_uuid == instance_uuid,
                    _TABLE.c.id > after).order_by(_TABLE.c.id))

    def last_id(self, instance_uuid):
        """Return the highest id of an instance's rows; 0 without any."""
        with self._db.reader() as connection:
            return connection.execute(
                sa.select(sa.func.coalesce(sa.func.max(_TABLE.c.id), 0))
                .where(_TABLE.c.instance_uuid == instance_uuid)).scalar_one()
