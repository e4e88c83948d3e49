"""Rows of compute nodes."""

import uuid

from oslo_db import exception as db_exc
import sqlalchemy as sa

from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs.db import room
from nova_gs import exception

_TABLE = models.compute_nodes


class ComputeNodes:
    """Reads and writes compute nodes.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    @engine.retry
    def report(self, host, facts):
        """Write what a host has; makes the row when there is none.

        :param facts: dict of columns
        :returns: the row
        """
        try:
            with self._db.writer() as connection:
                done = connection.execute(
                    sa.update(_TABLE).where(_TABLE.c.host == host)
                    .values(**facts))
                if not done.rowcount:
                    query.insert(connection, _TABLE, dict(
                        facts, host=host, uuid=str(uuid.uuid4())))
                return self._get(connection, _TABLE.c.host == host, host)
        except db_exc.DBDuplicateEntry as error:
            raise engine.RetryRequest(error)

    def get_by_host(self, host):
        """Return a row; raises HypervisorNotFound."""
        with self._db.reader() as connection:
            return self._get(connection, _TABLE.c.host == host, host)

    def get_by_uuid(self, node_uuid):
        """Return a row; raises HypervisorNotFound."""
        with self._db.reader() as connection:
            return self._get(connection, _TABLE.c.uuid == node_uuid,
                             node_uuid)

    def get_all(self):
        """Return all rows, by id."""
        with self._db.reader() as connection:
            used = room.given_out(connection)
            return [
                dict(row, **room.of_host(used, row['host']))
                for row in query.rows(
                    connection, sa.select(_TABLE).order_by(_TABLE.c.id))]

    @staticmethod
    def _get(connection, clause, name):
        row = query.first(connection, sa.select(_TABLE).where(clause))
        if row is None:
            raise exception.HypervisorNotFound(hypervisor_id=name)
        used = room.given_out(connection, row['host'])
        return dict(row, **room.of_host(used, row['host']))
