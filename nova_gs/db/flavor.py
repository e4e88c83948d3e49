"""Rows of flavors."""

from oslo_db import exception as db_exc
import sqlalchemy as sa

from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception

_TABLE = models.flavors


class Flavors:
    """Reads and writes flavors.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    def get_by_flavor_id(self, flavor_id):
        """Return a row; raises FlavorNotFound."""
        with self._db.reader() as connection:
            return self._get(connection, flavor_id)

    def get_all(self):
        """Return all rows, smallest first."""
        with self._db.reader() as connection:
            return query.rows(connection, sa.select(_TABLE).order_by(
                _TABLE.c.memory_mb, _TABLE.c.vcpus, _TABLE.c.id))

    @engine.retry
    def create(self, values):
        """Write a row and return it; raises AlreadyExists."""
        try:
            with self._db.writer() as connection:
                query.insert(connection, _TABLE, values)
                return self._get(connection, values['flavorid'])
        except db_exc.DBDuplicateEntry:
            raise exception.AlreadyExists(
                what='A flavor with id %(flavorid)s or name %(name)s'
                     % values)

    @engine.retry
    def destroy(self, flavor_id):
        """Remove a row; raises FlavorNotFound."""
        with self._db.writer() as connection:
            done = connection.execute(
                sa.delete(_TABLE).where(_TABLE.c.flavorid == flavor_id))
            if not done.rowcount:
                raise exception.FlavorNotFound(flavor_id=flavor_id)

    @staticmethod
    def _get(connection, flavor_id):
        row = query.first(connection, sa.select(_TABLE).where(
            _TABLE.c.flavorid == str(flavor_id)))
        if row is None:
            raise exception.FlavorNotFound(flavor_id=flavor_id)
        return row
