"""Connections and transactions."""

import os
import threading

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import engine
from nova_gs.db import models
from nova_gs import exception
from tests.unit import base
from tests.unit.db import base as db_base


class ConnectionOptionTestCase(base.TestCase):

    def refusal(self, connection):
        engine.register_opts(self.conf)
        self.flags(group='database', connection=connection)
        return str(self.assertRaises(
            exception.ConfigurationError, engine.Database, self.conf))

    def test_the_default_is_a_file_below_the_state_path(self):
        engine.register_opts(self.conf)
        self.assertEqual(
            'sqlite:///%s/nova.sqlite' % self.conf.state_path,
            self.conf.database.connection)

    def test_what_cannot_be_used(self):
        for connection, said in (
                ('nonsense', 'cannot be used'),
                ('sqlite://', 'in memory'),
                ('sqlite:////no/such/folder/nova.sqlite',
                 '/no/such/folder is missing'),
                ('nosuchdb+none://localhost/nova', 'cannot be used')):
            self.assertIn(said, self.refusal(connection))


class TransactionTestCase(db_base.DatabaseTestCase):

    def test_an_error_undoes_all(self):
        def write():
            with self.store.database.writer() as connection:
                connection.execute(sa.delete(models.flavors))
                raise KeyError('no')

        self.assertRaises(KeyError, write)
        self.assertEqual(2, len(self.store.flavors.get_all()))

    def test_a_reader_does_not_wait_for_a_writer(self):
        with self.store.database.writer() as connection:
            connection.execute(sa.delete(models.flavors))
            other = self.database.new_store()
            self.assertEqual(2, len(other.flavors.get_all()))

    def test_a_deadlock_is_tried_again(self):
        tries = []

        @engine.retry
        def verb():
            tries.append(1)
            if len(tries) < 3:
                raise engine.RetryRequest(KeyError('no'))
            return 'done'

        self.assertEqual('done', verb())
        self.assertEqual(3, len(tries))

    def test_a_forked_child_makes_connections_of_its_own(self):
        self.store.flavors.destroy('1')
        child = os.fork()
        if not child:
            code = 1
            try:
                self.store.flavors.destroy('2')
                code = 0
            finally:
                os._exit(code)
        self.assertEqual(0, os.waitstatus_to_exitcode(
            os.waitpid(child, 0)[1]))
        self.assertEqual([], self.store.flavors.get_all())


class SQLiteTurnTestCase(base.TestCase):

    def test_one_after_the_other(self):
        path = os.path.join(self.conf.state_path, 'db')
        first, second = (dialects.SQLiteTurn(path) for _ in range(2))
        waits, entered = threading.Event(), threading.Event()

        def enter():
            waits.set()
            with second:
                entered.set()

        thread = threading.Thread(target=enter)
        with first:
            thread.start()
            self.assertTrue(waits.wait(60))
            self.assertFalse(entered.wait(0.05))
        self.assertTrue(entered.wait(60))
        thread.join(60)
        for turn in (first, second):
            turn.close()

    def test_an_error_gives_it_back(self):
        turn = dialects.SQLiteTurn('/no/such/folder/db')
        for _ in range(2):
            self.assertRaises(FileNotFoundError, turn.__enter__)
