"""Rows of the tokens that open consoles."""

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception

_TABLE = models.console_tokens


class ConsoleTokens:
    """Reads and writes tokens' rows; their time is the database's.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    @engine.retry
    def create(self, values, ttl):
        """Write a row and return it; what has expired goes.

        :param values: dict with token_hash, instance_uuid and console_type
        :param ttl: seconds for which it is of use
        """
        with self._db.writer() as connection:
            connection.execute(sa.delete(_TABLE).where(
                _TABLE.c.expires_at <= dialects.now()))
            query.insert(connection, _TABLE, dict(
                values, expires_at=dialects.now(ttl)))
            return self._get(connection, values['token_hash'])

    def get_by_hash(self, token_hash):
        """Return the row of a token; raises ConsoleTokenNotFound.

        One that has expired is not found.
        """
        with self._db.reader() as connection:
            return self._get(connection, token_hash)

    @staticmethod
    def _get(connection, token_hash):
        row = query.first(connection, sa.select(_TABLE).where(
            _TABLE.c.token_hash == token_hash,
            _TABLE.c.expires_at > dialects.now()))
        if row is None:
            raise exception.ConsoleTokenNotFound()
        return row
