"""Transactions: one kind that reads, one that writes.

Where the database itself is to blame for a failure, both raise
DatabaseUnavailable; see ``outages``.

A writer is one transaction; what it finds is true until it ends only as far
as its own conditional UPDATEs make sure of it.  Deadlocks, which MariaDB's
clusters report at any time, are answered by running the verb again.
"""

import contextlib
import logging
import os

from oslo_db import api as db_api
from oslo_db import exception as db_exc
from oslo_db import options
from oslo_db.sqlalchemy import enginefacade
import sqlalchemy as sa

from nova_gs import clock as clocks
from nova_gs.db import bounds
from nova_gs.db import dialects
from nova_gs.db import failures
from nova_gs.db import outages
from nova_gs import exception

# They write a traceback for each error of a driver, which comes to us anyway,
# and for each connection that is dead when it is given back.
logging.getLogger('oslo_db.sqlalchemy.exc_filters').setLevel(logging.ERROR)
logging.getLogger('sqlalchemy.pool').setLevel(logging.CRITICAL)

#: For verbs that write: run again what a deadlock (or a lost race that says
#: so by RetryRequest) has undone; the pauses are short and random.
retry = db_api.wrap_db_retry(
    retry_interval=0.02, max_retries=30, max_retry_interval=0.5,
    retry_on_deadlock=True, jitter=True)

RetryRequest = db_exc.RetryRequest

#: What the database raises, whatever it is about.
ERRORS = failures.ERRORS


def register_opts(conf):
    """Register oslo.db's options, with a SQLite file as the default."""
    options.set_defaults(
        conf, connection='sqlite:///%s' % os.path.join(
            conf.state_path, 'nova.sqlite'))


class Database:
    """The database that ``[database] connection`` names.

    :param conf: ConfigOpts; oslo.db's options are registered here
    :param in_time: whether an answer has to come within bounds; what changes
        a schema may take long
    :param clock: Clock
    :raises: ConfigurationError when it cannot be used
    """

    def __init__(self, conf, in_time=True, clock=None):
        register_opts(conf)
        try:
            url = sa.make_url(conf.database.connection)
            if in_time:
                url = bounds.bounded(url)
            self._turn, self.engine = _make_engine(conf, url)
        except (sa.exc.ArgumentError, ImportError,
                db_exc.CantStartEngineError) as error:
            raise _unusable(error) from error
        self._reading = self.engine.execution_options(reads_only=True)
        self._outages = outages.Outages(
            url.get_backend_name(), clock or clocks.Clock(), self._answer,
            (self.engine.dialect.loaded_dbapi.Error,))

    @contextlib.contextmanager
    def reader(self):
        """Open a transaction that only reads; yields a Connection.

        :raises: DatabaseUnavailable
        """
        with self._outages.noticed(writes=False), \
                self._reading.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writer(self):
        """Open a transaction that writes; an exception undoes all of it.

        :raises: DatabaseUnavailable; RecordInDoubt when it is not known
            whether all was committed, or nothing
        """
        try:
            with self._outages.noticed(writes=True) as attempt, \
                    self._turn, self.engine.begin() as connection:
                yield connection
                attempt.commits = True
        except exception.DatabaseReadOnly:
            # By the same address there may be another server by now.
            self.engine.dispose()
            raise

    def close(self):
        """Let go of all connections."""
        self._outages.close()
        self.engine.dispose()
        self._turn.close()

    def _answer(self):
        """Come back when the database would let somebody write."""
        with self.engine.begin() as connection:
            connection.execute(sa.select(1))


def _make_engine(conf, url):
    """Return (what writers of this process queue at, Engine)."""
    if url.get_backend_name() == 'sqlite':
        _require_directory(url.database)
        return dialects.SQLiteTurn(url.database), dialects.sqlite_engine(
            url, conf.database.sqlite_synchronous)
    facade = enginefacade.transaction_context()
    facade.configure(**{
        option: getattr(conf.database, option) for option in (
            'max_pool_size', 'max_overflow', 'pool_timeout',
            'connection_recycle_time', 'mysql_sql_mode',
            'mysql_wsrep_sync_wait', 'connection_debug', 'connection_trace',
            'connection_parameters')})
    # oslo.db would wait here for a server that is away, deaf to signals;
    # whoever uses the store says so instead, and decides.
    facade.configure(
        connection=url.render_as_string(hide_password=False), max_retries=0)
    engine = facade.writer.get_engine()
    dialects.read_committed(engine)
    return _NoTurn(), engine


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
