"""Tokens: of use for a while, and known by their hash alone."""

from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base

TABLE = models.console_tokens


class ConsoleTokenTestCase(base.DatabaseTestCase):

    def hand_out(self, ttl=600):
        self.instance = self.make_instance()
        return objects.ConsoleToken.hand_out(
            self.context, self.instance, 'novnc', ttl)

    def rows(self):
        with self.store.database.reader() as connection:
            return connection.execute(TABLE.select()).all()

    def expire(self):
        with self.store.database.writer() as connection:
            connection.execute(TABLE.update().values(
                expires_at=TABLE.c.created_at))

    def test_what_it_is_for(self):
        token = self.hand_out()
        for _twice in range(2):
            found = objects.ConsoleToken.get(self.context, token)
            self.assertEqual(
                (self.instance.uuid, 'novnc'),
                (found.instance_uuid, found.console_type))

    def test_time_to_live(self):
        self.hand_out(ttl=600)
        row, = self.rows()
        self.assertAlmostEqual(
            600, (row.expires_at - row.created_at).total_seconds(), 0)

    def test_it_is_not_kept(self):
        token = self.hand_out()
        self.assertGreaterEqual(len(token), 43)
        row, = self.rows()
        self.assertNotIn(token, map(str, row))

    def test_another(self):
        token = self.hand_out()
        for wrong in ('', token[:-1], self.rows()[0].token_hash):
            self.assertRaises(
                exception.ConsoleTokenNotFound, objects.ConsoleToken.get,
                self.context, wrong)

    def test_expired(self):
        token = self.hand_out()
        self.expire()
        self.assertRaises(
            exception.ConsoleTokenNotFound, objects.ConsoleToken.get,
            self.context, token)

    def test_expired_ones_go(self):
        self.hand_out()
        self.expire()
        self.hand_out()
        self.assertEqual([self.instance.uuid],
                         [row.instance_uuid for row in self.rows()])
