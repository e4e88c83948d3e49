"""What the errors of databases and their drivers are taken for."""

import errno
import sqlite3

from oslo_db import exception as db_exc
import pymysql
import sqlalchemy as sa

from nova_gs.db import failures
from tests.unit import base

K = failures.Kind

#: (backend, code, message) -> Kind; messages as servers write them.
CASES = (
    ('sqlite', 'SQLITE_FULL', 'database or disk is full', K.FULL),
    ('sqlite', 'SQLITE_READONLY', 'attempt to write a readonly database',
     K.READ_ONLY),
    ('sqlite', 'SQLITE_READONLY_DBMOVED', '', K.READ_ONLY),
    ('sqlite', 'SQLITE_IOERR_WRITE', 'disk I/O error', K.FAILING),
    ('sqlite', 'SQLITE_CANTOPEN', 'unable to open database file', K.FAILING),
    ('sqlite', 'SQLITE_BUSY', 'database is locked', K.AWAY),
    ('sqlite', 'SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed', None),
    ('sqlite', 'SQLITE_ERROR', 'no such table: services', None),
    ('sqlite', 'SQLITE_NOTADB', 'file is not a database', None),
    ('sqlite', None, 'You can only execute one statement at a time.', None),
    ('mysql', 1021, 'Disk full (/tmp/#sql); waiting for someone', K.FULL),
    ('mysql', 1114, "The table 'operations' is full", K.FULL),
    ('mysql', 1030, 'Got error 28 "No space left on device" from storage '
     'engine InnoDB', K.FULL),
    ('mysql', 3, "Error writing file '/tmp/x' (Errcode: 28 \"No space left "
     'on device")', K.FULL),
    ('mysql', 1026, "Error writing file 'binlog' (errno: 5)", K.FAILING),
    ('mysql', 1030, 'Got error 5 "Input/output error" from storage engine',
     K.FAILING),
    ('mysql', 1290, 'The MariaDB server is running with the --read-only '
     'option so it cannot execute this statement', K.READ_ONLY),
    ('mysql', 1290, 'The MySQL server is running with the --super-read-only '
     'option', K.READ_ONLY),
    ('mysql', 1290, 'The MariaDB server is running with the --secure-file-'
     'priv option', None),
    ('mysql', 1792, 'Cannot execute statement in a READ ONLY transaction',
     K.READ_ONLY),
    ('mysql', 1836, 'Running in read-only mode', K.READ_ONLY),
    ('mysql', 2002, "Can't connect through socket", K.AWAY),
    ('mysql', 2003, "Can't connect to MySQL server", K.AWAY),
    ('mysql', 2006, 'MySQL server has gone away', K.AWAY),
    ('mariadb', 2013, 'Lost connection (timed out)', K.AWAY),
    ('mysql', 1040, 'Too many connections', K.AWAY),
    ('mysql', 1047, 'WSREP has not yet prepared node', K.AWAY),
    ('mysql', 1062, "Duplicate entry 'a' for key 'b'", None),
    ('mysql', 1213, 'Deadlock found when trying to get lock', None),
    ('mysql', 1045, "Access denied for user 'nova'@'10.0.0.1'", None),
    ('mysql', 1146, "Table 'nova.services' doesn't exist", None),
    ('postgresql', '53100', 'could not extend file: No space left on device',
     K.FULL),
    ('postgresql', '25006', 'cannot execute INSERT in a read-only '
     'transaction', K.READ_ONLY),
    ('postgresql', '57P01', 'terminating connection due to administrator '
     'command', K.AWAY),
    ('postgresql', '57P03', 'the database system is starting up', K.AWAY),
    ('postgresql', '08006', 'connection failure', K.AWAY),
    ('postgresql', '53300', 'sorry, too many clients already', K.AWAY),
    ('postgresql', '58030', 'could not fsync file', K.FAILING),
    ('postgresql', '23505', 'duplicate key value', None),
    ('postgresql', '40P01', 'deadlock detected', None),
    ('postgresql', '42P01', 'relation "services" does not exist', None),
    ('postgresql', None, 'connection to server at "127.0.0.1", port 1 failed:'
     ' Connection refused\n\tIs the server running on that host', K.AWAY),
    ('postgresql', None, 'server closed the connection unexpectedly', K.AWAY),
    ('postgresql', None, 'could not receive data from server: no answer '
     'within 10 s', K.AWAY),
    ('postgresql', None, 'connection to server at "h" failed: FATAL:  the '
     'database system is shutting down', K.AWAY),
    ('postgresql', None, 'connection to server at "h" failed: FATAL:  '
     'password authentication failed for user "nova"', None),
    ('postgresql', None, 'connection to server at "h" failed: FATAL:  '
     'database "nova" does not exist', None),
)


class ClassifyTestCase(base.TestCase):

    def test_each(self):
        for backend, code, message, kind in CASES:
            self.assertEqual(
                kind, failures.classify(backend, code, message),
                (backend, code, message))

    def test_both_who_say_no_have_written_nothing(self):
        self.assertEqual([K.FULL, K.READ_ONLY],
                         [kind for kind in K if kind.is_refusal])


class KindOfTestCase(base.TestCase):

    def test_through_the_wrappings_of_libraries(self):
        lost = sa.exc.OperationalError(
            'INSERT', {}, pymysql.err.OperationalError(2013, 'Lost'))
        for error in (lost, db_exc.DBConnectionError(lost)):
            self.assertEqual(K.AWAY, failures.kind_of('mysql', error))
            self.assertEqual("(2013, 'Lost')", failures.reason_of(error))

    def test_sqlite_itself(self):
        connection = sqlite3.connect('file::memory:?mode=memory', uri=True)
        connection.execute('CREATE TABLE filler (x)')
        connection.execute('PRAGMA max_page_count = 2')
        error = self.assertRaises(
            sqlite3.Error, connection.execute,
            'INSERT INTO filler VALUES (zeroblob(100000))')
        self.assertEqual(K.FULL, failures.kind_of(
            'sqlite', sa.exc.OperationalError('INSERT', {}, error)))

    def test_a_connection_that_only_the_library_holds_for_dead(self):
        self.assertEqual(K.AWAY, failures.kind_of(
            'mysql', db_exc.DBConnectionError(KeyError('strange'))))

    def test_no_connection_to_be_had(self):
        self.assertEqual(K.AWAY, failures.kind_of(
            'postgresql', sa.exc.TimeoutError('QueuePool limit')))

    def test_files(self):
        for number, kind in ((errno.ENOSPC, K.FULL),
                             (errno.EROFS, K.READ_ONLY),
                             (errno.EIO, K.FAILING), (errno.ENOENT, None)):
            self.assertEqual(kind, failures.kind_of(
                'sqlite', OSError(number, 'no')))

    def test_what_is_none_of_its_business(self):
        for error in (KeyError('x'), db_exc.DBDuplicateEntry(),
                      db_exc.DBDeadlock(), db_exc.RetryRequest(KeyError())):
            self.assertIsNone(failures.kind_of('mysql', error))
