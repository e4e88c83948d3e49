"""The database's clock, and times in its columns."""

import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from nova_gs.db import dialects
from nova_gs.db import models
from tests.unit import base
from tests.unit.db import base as db_base

UTC = datetime.timezone.utc


class NowTestCase(base.TestCase):

    def test_every_dialect_can_say_it(self):
        for dialect, plain, moved in (
                (sqlite, "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
                 "printf('%+.3f seconds', ?)"),
                (mysql, 'UTC_TIMESTAMP(6)',
                 'INTERVAL ROUND(1000000 * %s) MICROSECOND'),
                (postgresql, "timezone('utc', clock_timestamp())",
                 'make_interval(secs => %(param_1)s)')):
            said = [str(element.compile(dialect=dialect.dialect()))
                    for element in (dialects.now(), dialects.now(5))]
            self.assertIn(plain, said[0])
            self.assertIn(plain.rstrip(')'), said[1])
            self.assertIn(moved, said[1])


class ClockTestCase(db_base.DatabaseTestCase):

    def read(self, *elements):
        with self.store.database.reader() as connection:
            return connection.execute(sa.select(*elements)).one()

    def test_an_offset(self):
        now, later, earlier = self.read(
            dialects.now(), dialects.now(61.25), dialects.now(-0.5))
        self.assertEqual(UTC, now.tzinfo)
        for offset, time in ((61.25, later), (-0.5, earlier)):
            self.assertAlmostEqual(
                offset, (time - now).total_seconds(), delta=0.1)

    def test_each_offset_is_its_own(self):
        # The compiled statement is cached; what is bound must not be.
        for offset in (10, 20):
            now, later = self.read(dialects.now(), dialects.now(offset))
            self.assertAlmostEqual(
                offset, (later - now).total_seconds(), delta=0.1)

    def test_microseconds_compare(self):
        table = models.images
        time = datetime.datetime(2030, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
        zone = datetime.timezone(datetime.timedelta(hours=2))
        with self.store.database.writer() as connection:
            connection.execute(sa.insert(table).values(
                id='x', name='x', path='x', disk_format='raw', size=1,
                checksum='', created_at=time.astimezone(zone)))
        with self.store.database.reader() as connection:
            for other, expected in (
                    (time, 0),
                    (time - datetime.timedelta(microseconds=1), 1)):
                found = connection.execute(
                    sa.select(table.c.created_at)
                    .where(table.c.created_at > other)).all()
                self.assertEqual(expected, len(found))
            self.assertEqual(time, found[0][0])
