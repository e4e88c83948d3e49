"""The database at a start."""

import os

import fixtures

from nova_gs.db import store
from nova_gs import exception
from nova_gs.objects import base as objects_base
from nova_gs.service import database
from tests.fixtures import database as databases
from tests.unit import base


class AwaitSeatTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.useFixture(databases.SQLite(self.conf)).url
        objects_base.seat_store(None)
        self.log = self.useFixture(
            fixtures.FakeLogger('nova_gs.service.database'))
        self.pauses = []

    def wait(self, seconds):
        self.pauses.append(seconds)
        if len(self.pauses) == 3:
            self.conf.set_override('connection', self.url, group='database')

    def test_at_once(self):
        self.assertTrue(database.await_seat(self.conf, self.wait))
        self.assertEqual([], self.pauses)
        self.assertIsInstance(objects_base.store(), store.Store)

    def test_until_it_is_there(self):
        self.conf.set_override(
            'connection', 'mysql+pymysql://nova@127.0.0.1:1/nova',
            group='database')
        self.assertTrue(database.await_seat(self.conf, self.wait))
        self.assertEqual(3 * [database.TRY_EVERY], self.pauses)
        said, = self.log.output.splitlines()
        self.assertIn('Waiting for the database', said)
        self.assertIn('does not answer (', said)

    def test_what_is_of_no_use_is_not_waited_for(self):
        path = os.path.join(self.conf.state_path, 'text.sqlite')
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write('This is no database, whatever its name is.' * 99)
        for name in (path, path + '-empty'):
            self.conf.set_override(
                'connection', 'sqlite:///' + name, group='database')
            self.assertRaises(exception.ConfigurationError,
                              database.await_seat, self.conf, self.wait)
        self.assertEqual([], self.pauses)
