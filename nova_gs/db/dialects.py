"""What differs between SQLite, MariaDB/MySQL and PostgreSQL.

Nothing outside of this module names a dialect.
"""

import datetime
import fcntl
import os
import threading

from oslo_db.sqlalchemy import exc_filters
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext import compiler
from sqlalchemy import pool
from sqlalchemy.sql import expression

#: Seconds that a SQLite writer waits for the others; each holds the file
#: for a few milliseconds, so this is for a stalled disk.
SQLITE_PATIENCE = 30

#: Threads of one process that may use a SQLite file at a time.
SQLITE_CONNECTIONS = 32


class UTCDateTime(sa.TypeDecorator):
    """Aware datetimes in Python, naive UTC in the database, microseconds."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name in ('mysql', 'mariadb'):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(sa.DateTime())

    def process_bind_param(self, value, dialect):
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value)
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value, dialect):
        return value and value.replace(tzinfo=datetime.timezone.utc)


class now(expression.FunctionElement):
    """The database's clock, read by the statement that uses it.

    :param seconds: what to add, a number; may be negative
    """

    type = UTCDateTime()
    inherit_cache = True
    name = 'now'

    def __init__(self, seconds=None):
        offset = () if seconds is None else (
            sa.bindparam(None, float(seconds), type_=sa.Float(), unique=True),)
        super().__init__(*offset)


def _offset(element, form, compiler_, kw):
    """Return the SQL of the offset in a dialect's form, or nothing."""
    if not len(element.clauses):
        return ''
    return form % compiler_.process(element.clauses, **kw)


@compiler.compiles(now, 'sqlite')
def _now_sqlite(element, compiler_, **kw):
    # SQLAlchemy stores six digits and SQLite compares text, so the three
    # that SQLite's clock has are filled up.
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now'" + _offset(
        element, ", printf('%%+.3f seconds', %s)", compiler_, kw) + ')'


@compiler.compiles(now, 'mysql')
@compiler.compiles(now, 'mariadb')
def _now_mysql(element, compiler_, **kw):
    return 'UTC_TIMESTAMP(6)' + _offset(
        element, ' + INTERVAL ROUND(1000000 * %s) MICROSECOND',
        compiler_, kw)


@compiler.compiles(now, 'postgresql')
def _now_postgresql(element, compiler_, **kw):
    # clock_timestamp() and not now(): the latter is the transaction's begin,
    # and a statement may have waited for a lock since.
    return "(timezone('utc', clock_timestamp())" + _offset(
        element, ' + make_interval(secs => %s)', compiler_, kw) + ')'


def read_committed(engine):
    """Have each new connection see what is committed, in any transaction.

    Under REPEATABLE READ, MariaDB's default, conditional UPDATEs lock gaps
    that nobody here needs to be locked.  As an option of the engine it would
    be said anew in each transaction, and taken back behind it, where a server
    that has gone makes a failure of what was committed.
    """
    @sa.event.listens_for(engine, 'connect')
    def _connect(connection, record):
        engine.dialect.set_isolation_level(connection, 'READ COMMITTED')


def sqlite_engine(url, synchronous):
    """Return an Engine for a SQLite file that several processes write.

    :param url: SQLAlchemy URL
    :param synchronous: False trades safety against power loss for speed
    """
    engine = sa.create_engine(
        url, poolclass=pool.QueuePool, pool_size=SQLITE_CONNECTIONS,
        max_overflow=0, connect_args={
            'timeout': SQLITE_PATIENCE, 'check_same_thread': False})
    exc_filters.register_engine(engine)

    @sa.event.listens_for(engine, 'connect')
    def _connect(connection, record):
        # Hands BEGIN to the listener below.
        connection.isolation_level = None
        connection.execute('PRAGMA journal_mode = WAL')
        connection.execute('PRAGMA synchronous = %s' % (
            'FULL' if synchronous else 'OFF'))
        record.info['pid'] = os.getpid()

    @sa.event.listens_for(engine, 'begin')
    def _begin(connection):
        # A transaction that reads first and then wants to write can be
        # refused by SQLite at that point; one that says so at once waits.
        reads = connection.get_execution_options().get('reads_only')
        connection.exec_driver_sql('BEGIN' if reads else 'BEGIN IMMEDIATE')

    @sa.event.listens_for(engine, 'checkout')
    def _checkout(connection, record, proxy):
        if record.info['pid'] != os.getpid():
            # SQLite's locks are lost in a forked child.
            raise sa.exc.DisconnectionError('made before the fork')

    return engine


class SQLiteTurn:
    """What the writers of a SQLite file queue at, in whatever process.

    SQLite itself lets them poll with growing pauses, which under load keeps
    some waiting for half a second; the kernel wakes the next at once.  It
    only orders the writers: what keeps them apart is BEGIN IMMEDIATE.

    :param path: the database's file
    """

    def __init__(self, path):
        self._path = path + '-turn'
        self._renew()

    def __enter__(self):
        if self._pid != os.getpid():
            # A forked child would share its parent's place in the queue.
            self._renew()
        self._lock.acquire()
        try:
            if self._file is None:
                self._file = open(self._path, 'ab')
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, *error):
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._lock.release()

    def close(self):
        """Close the file; it is opened again when it is needed."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None

    def _renew(self):
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._file = None
