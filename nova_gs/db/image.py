"""Rows of images."""

import uuid

from oslo_db import exception as db_exc
import sqlalchemy as sa

from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception

_TABLE = models.images


class Images:
    """Reads and writes images' rows; the files are the caller's.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    def get_by_id(self, image_id):
        """Return a row; raises ImageNotFound."""
        with self._db.reader() as connection:
            return self._get(connection, image_id)

    def get_all(self):
        """Return all rows, the newest first."""
        with self._db.reader() as connection:
            return query.rows(connection, sa.select(_TABLE).order_by(
                _TABLE.c.created_at.desc(), _TABLE.c.id))

    @engine.retry
    def create(self, values):
        """Write a row and return it; raises AlreadyExists."""
        values = dict(values)
        values.setdefault('id', str(uuid.uuid4()))
        try:
            with self._db.writer() as connection:
                query.insert(connection, _TABLE, values)
                return self._get(connection, values['id'])
        except db_exc.DBDuplicateEntry:
            raise exception.AlreadyExists(what='Image %s' % values['id'])

    @engine.retry
    def destroy(self, image_id):
        """Remove a row; raises ImageNotFound."""
        with self._db.writer() as connection:
            done = connection.execute(
                sa.delete(_TABLE).where(_TABLE.c.id == image_id))
            if not done.rowcount:
                raise exception.ImageNotFound(image_id=image_id)

    @staticmethod
    def _get(connection, image_id):
        row = query.first(
            connection, sa.select(_TABLE).where(_TABLE.c.id == image_id))
        if row is None:
            raise exception.ImageNotFound(image_id=image_id)
        return row
