"""Transactions: one kind that reads, one that writes.

A writer is one transaction; what it finds is true until it ends only as far
as its own conditional UPDATEs make sure of it.  Deadlocks, which MariaDB's
clusters report at any time, are answered by running the verb again.
"""

import contextlib
import os

from oslo_db import api as db_api
from oslo_db import exception as db_exc
from oslo_db import options
from oslo_db.sqlalchemy import enginefacade
import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs import exception

#: For verbs that write: run again what a deadlock (or a lost race that says
#: so by RetryRequest) has undone; the pauses are short and random.
retry = db_api.wrap_db_retry(
    retry_interval=0.02, max_retries=30, max_retry_interval=0.5,
    retry_on_deadlock=True, jitter=True)

RetryRequest = db_exc.RetryRequest

#: What a transaction raises when the database itself fails it.
ERRORS = (db_exc.DBError, sa.exc.SQLAlchemyError)


def register_opts(conf):
    """Register oslo.db's options, with a SQLite file as the default."""
    options.set_defaults(
        conf, connection='sqlite:///%s' % os.path.join(
            conf.state_path, 'nova.sqlite'))


class Database:
    """The database that ``[database] connection`` names.

    :param conf: ConfigOpts; oslo.db's options are registered here
    :raises: ConfigurationError when it cannot be used
    """

    def __init__(self, conf):
        register_opts(conf)
        try:
            url = sa.make_url(conf.database.connection)
            self._turn, self.engine = _make_engine(conf, url)
        except (sa.exc.ArgumentError, ImportError,
                db_exc.CantStartEngineError) as error:
            raise _unusable(error) from error
        self._reading = self.engine.execution_options(reads_only=True)

    @contextlib.contextmanager
    def reader(self):
        """Open a transaction that only reads; yields a Connection."""
        with self._reading.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writer(self):
        """Open a transaction that writes; an exception undoes all of it."""
        with self._turn, self.engine.begin() as connection:
            yield connection

    def close(self):
        """Let go of all connections."""
        self.engine.dispose()
        self._turn.close()


def _make_engine(conf, url):
    """Return (what writers of this process queue at, Engine)."""
    if url.get_backend_name() == 'sqlite':
        _require_directory(url.database)
        return dialects.SQLiteTurn(url.database), dialects.sqlite_engine(
            url, conf.database.sqlite_synchronous)
    facade = enginefacade.transaction_context()
    facade.configure(**{
        option: getattr(conf.database, option) for option in (
            'connection', 'max_pool_size', 'max_overflow', 'pool_timeout',
            'connection_recycle_time', 'mysql_sql_mode',
            'mysql_wsrep_sync_wait', 'connection_debug', 'connection_trace',
            'connection_parameters')})
    # oslo.db would wait here for a server that is away, deaf to signals;
    # whoever uses the store says so instead, and decides.
    facade.configure(max_retries=0)
    engine = facade.writer.get_engine()
    # Under REPEATABLE READ, MariaDB's default, conditional UPDATEs lock gaps
    # that nobody here needs to be locked.
    return _NoTurn(), engine.execution_options(
        isolation_level='READ COMMITTED')


class _NoTurn(contextlib.nullcontext):
    """A database server's writers need not queue."""

    def close(self):
        pass


def _require_directory(path):
    if not path or path == ':memory:':
        raise exception.ConfigurationError(
            option='[database] connection',
            problem='a SQLite database in memory has one connection only',
            remedy='Name a file, e.g. sqlite:////var/lib/nova/nova.sqlite.')
    folder = os.path.dirname(os.path.abspath(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise exception.ConfigurationError(
            option='[database] connection',
            problem='directory %s is missing or not writable' % folder,
            remedy='Make it, or name another file.')


def _unusable(error):
    return exception.ConfigurationError(
        option='[database] connection',
        problem='it cannot be used (%s)' % str(error).splitlines()[0],
        remedy='See oslo.db\'s documentation for its form, and install the '
               'driver that it names.')
