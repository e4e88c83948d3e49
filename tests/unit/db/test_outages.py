"""What one process makes of a database that cannot be used."""

import contextlib
import functools
import threading

import fixtures
from oslo_db import exception as db_exc
import sqlalchemy as sa

from nova_gs.db import failures
from nova_gs.db import outages
from nova_gs.devcloud import waiting
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import clock
from tests.unit import base
from tests.unit.db import base as db_base

PATIENCE = 60

_FULL = sa.exc.OperationalError(
    'INSERT', {}, Exception(1114, "The table 'x' is full"))
_READ_ONLY = sa.exc.OperationalError(
    'INSERT', {}, Exception(1290, 'running with the --read-only option'))
_FAILING = sa.exc.OperationalError(
    'INSERT', {}, Exception(1026, 'Error writing file'))
_AWAY = db_exc.DBConnectionError(Exception(2013, 'Lost connection'))


class OutagesTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.answers = threading.Event()
        self.probed = threading.Semaphore(0)
        self.outages = outages.Outages('mysql', self.clock, self.probe)
        self.addCleanup(self.outages.close)
        self.log = self.useFixture(
            fixtures.FakeLogger('nova_gs.db.outages'))

    def probe(self):
        self.probed.release()
        if not self.answers.is_set():
            raise _AWAY

    def fail(self, error, writes=True, commits=False):
        """Have a transaction fail; returns what becomes of that."""
        try:
            with self.outages.noticed(writes) as attempt:
                attempt.commits = commits
                raise error
        except Exception as outcome:
            return outcome

    def succeed(self, writes=True):
        with self.outages.noticed(writes):
            pass

    def await_said(self, *parts):
        """Wait until so many lines were said, each with such a part."""
        waiting.until(lambda: len(self.said()) >= len(parts), PATIENCE)
        self.assertEqual(len(parts), len(self.said()), self.said())
        for part, line in zip(parts, self.said()):
            self.assertIn(part, line)

    def said(self):
        return self.log.output.splitlines()

    def test_each_is_an_error_of_its_own(self):
        for error, kind, words in (
                (_FULL, exception.DatabaseFull, 'is full'),
                (_READ_ONLY, exception.DatabaseReadOnly, 'is read-only'),
                (_FAILING, exception.DatabaseUnavailable, 'cannot read'),
                (_AWAY, exception.DatabaseUnavailable, 'does not answer')):
            for writes, effect in ((True, 'nothing was begun'),
                                   (False, 'cannot be read')):
                found = self.fail(error, writes)
                self.assertIs(kind, type(found))
                self.assertEqual(503, found.code)
                self.assertIn('the database ' + words, str(found))
                self.assertIn(effect, str(found))
                self.outages.close()

    def test_other_errors_pass(self):
        for error in (KeyError('bug'), db_exc.DBDuplicateEntry(),
                      exception.NotFound(), FileNotFoundError('x')):
            self.assertIs(error, self.fail(error))
        self.assertIsNone(self.outages.kind)
        self.assertEqual([], self.said())

    def test_lost_in_its_commit_nobody_knows(self):
        for error, kind in ((_AWAY, exception.RecordInDoubt),
                            (_FAILING, exception.RecordInDoubt),
                            (_FULL, exception.DatabaseFull),
                            (_READ_ONLY, exception.DatabaseReadOnly)):
            self.assertIs(kind, type(self.fail(error, commits=True)))
            self.outages.close()

    def test_away_is_said_once_and_others_are_refused_at_once(self):
        self.fail(_AWAY)
        for _ in range(5):
            self.assertRaises(exception.DatabaseUnavailable, self.succeed)
            self.assertRaises(exception.DatabaseUnavailable, self.succeed,
                              writes=False)
        self.await_said("does not answer; what needs it is refused until it "
                        "does: (2013, 'Lost connection')")

    def test_away_ends_when_it_is_found(self):
        self.fail(_AWAY)
        for _ in range(2):
            self.assertTrue(self.probed.acquire(timeout=PATIENCE))
        self.clock.advance(7)
        self.answers.set()
        self.await_said('does not answer', 'answers again, after 7.0 s')
        self.succeed()

    def test_several_who_find_it_away_are_one_outage(self):
        with self.outages.noticed(True):
            # These had begun before the first of them found out.
            with contextlib.ExitStack() as others:
                for error in (_FULL, _AWAY, _AWAY):
                    others.enter_context(contextlib.suppress(
                        exception.DatabaseUnavailable))
                    others.enter_context(self.outages.noticed(True))
                    others.callback(_raise, error)
        self.await_said('does not answer')
        self.assertIs(failures.Kind.AWAY, self.outages.kind)

    def test_read_only_ends_with_the_first_change(self):
        for _ in range(3):
            self.fail(_READ_ONLY)
        self.succeed(writes=False)
        self.await_said('is read-only; nothing is recorded or begun')
        self.assertIs(failures.Kind.READ_ONLY, self.outages.kind)
        self.succeed()
        self.await_said('is read-only', 'takes changes again')
        self.assertIsNone(self.outages.kind)

    def test_full_ends_when_no_change_is_refused_for_a_while(self):
        for _ in range(3):
            self.fail(_FULL)
            self.succeed()
            self.clock.advance(outages.SETTLED_AFTER - 1)
        self.await_said('is full')
        self.clock.advance(2)
        self.succeed()
        self.await_said('is full', 'takes changes again, after 14.0 s')
        self.assertIsNone(self.outages.kind)

    def test_a_full_one_may_also_go_away(self):
        self.fail(_FULL)
        self.await_said('is full')
        self.fail(_AWAY)
        self.answers.set()
        self.await_said('is full', 'does not answer', 'answers again')
        self.assertIsNone(self.outages.kind)


class FullSQLiteTestCase(db_base.DatabaseTestCase):
    """A SQLite database that is full in earnest."""

    def setUp(self):
        super().setUp()
        if self.store.database.engine.name != 'sqlite':
            self.skipTest('About SQLite.')
        self.instance = self.make_instance()
        self.limited = False

        @sa.event.listens_for(self.store.database.engine, 'checkout')
        def _checkout(connection, record, proxy):
            pages = connection.execute('PRAGMA page_count').fetchone()[0]
            connection.execute('PRAGMA max_page_count = %d' % (
                pages if self.limited else 1000000))

    def test_nothing_is_recorded_and_reading_goes_on(self):
        self.limited = True
        # The last pages may have room for some.
        accept = functools.partial(self.accept, task_state='rebooting')
        error = self.assertRaises(
            exception.DatabaseFull, lambda: [accept() for _ in range(500)])
        self.assertIn('Nothing was recorded', str(error))
        instances = objects.InstanceList.get_by_filters(self.context, {})
        self.assertIn(self.instance.uuid, [one.uuid for one in instances])
        self.limited = False
        accept(self.instance)


class LostInACommitTestCase(db_base.DatabaseTestCase):

    def test_it_is_not_said_that_nothing_was_recorded(self):
        @sa.event.listens_for(self.store.database.engine, 'commit')
        def _lose(connection):
            raise db_exc.DBConnectionError(Exception('lost'))

        error = self.assertRaises(
            exception.RecordInDoubt, self.make_instance)
        self.assertIn('not known whether', str(error))


def _raise(error):
    raise error
