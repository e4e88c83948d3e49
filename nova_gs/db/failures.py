"""What an error says about the database itself: the one table of that.

Every server and driver has numbers and words of its own for "I am full" or
"I am not there".  All else, such as a duplicate key or a deadlock, says
nothing about the database as a whole.
"""

import enum
import errno

from oslo_db import exception as db_exc
import sqlalchemy as sa

#: What a transaction raises when the database itself fails it.
ERRORS = (db_exc.DBError, sa.exc.SQLAlchemyError)


class Kind(enum.Enum):
    """In which way a database cannot be used; the value is for people."""

    AWAY = 'does not answer'
    FULL = 'is full'
    READ_ONLY = 'is read-only'
    FAILING = 'cannot read or write its files'

    @property
    def is_refusal(self):
        """Whether the database itself says no: then nothing was written."""
        return self in (Kind.FULL, Kind.READ_ONLY)


_AWAY, _FULL = Kind.AWAY, Kind.FULL
_READ_ONLY, _FAILING = Kind.READ_ONLY, Kind.FAILING

#: Names of SQLite's result codes begin with these.
_SQLITE = {
    'SQLITE_FULL': _FULL, 'SQLITE_READONLY': _READ_ONLY,
    'SQLITE_IOERR': _FAILING, 'SQLITE_CANTOPEN': _FAILING,
    'SQLITE_BUSY': _AWAY, 'SQLITE_LOCKED': _AWAY, 'SQLITE_PROTOCOL': _AWAY,
}

#: Error numbers of MariaDB and MySQL, server and client.
_MYSQL = {
    3: _FAILING,      # Error writing file
    1021: _FULL,      # Disk full
    1114: _FULL,      # The table is full
    1026: _FAILING,   # Error writing file
    1030: _FAILING,   # Got error N from storage engine
    1290: _READ_ONLY,  # running with the --read-only option
    1792: _READ_ONLY,  # in a READ ONLY transaction
    1836: _READ_ONLY,  # Running in read-only mode
    1874: _READ_ONLY,  # InnoDB is in read only mode
    0: _AWAY,         # PyMySQL: the connection was closed
    1040: _AWAY, 1203: _AWAY,             # Too many connections
    1047: _AWAY,      # A node that is cut off from its cluster
    1053: _AWAY,      # Server shutdown in progress
    1158: _AWAY, 1159: _AWAY, 1160: _AWAY, 1161: _AWAY,   # Network errors
    1927: _AWAY,      # Connection was killed
    2002: _AWAY, 2003: _AWAY, 2006: _AWAY, 2013: _AWAY,   # Gone
    2055: _AWAY,      # Lost connection, with the system's error
}

#: SQLSTATEs of PostgreSQL, or their beginnings.
_POSTGRESQL = {
    '53100': _FULL,       # disk_full
    '25006': _READ_ONLY,  # read_only_sql_transaction
    '08': _AWAY,          # connection exceptions
    '57P': _AWAY,         # the server is shut down, or is starting
    '57014': _AWAY,       # query_canceled, by statement_timeout
    '53300': _AWAY,       # too_many_connections
    '53200': _FAILING,    # out_of_memory
    '58': _FAILING,       # system errors: I/O, missing files
    'XX': _FAILING,       # corrupted data
}

#: What libpq says when it gets no connection, where there is no SQLSTATE.
#: Of a server's own FATAL errors only some mean that it will let us in later.
_LATER = ('starting up', 'shutting down', 'recovery', 'not accepting',
          'not yet accepting', 'too many', 'connection slots')

#: Where drivers have the code; elsewhere it is the first argument.
_CODES = {'sqlite': ('sqlite_errorname',),
          'postgresql': ('pgcode', 'sqlstate')}

_SYSTEM = {
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EROFS: _READ_ONLY,
    errno.EIO: _FAILING, errno.EFBIG: _FAILING,
}

#: How a full disk shows itself in errors that also mean something else.
_NO_SPACE = ('no space left on device', 'errcode: 28', 'error 28 ',
             'error number 28')


def classify(backend, code, message):
    """Return the Kind of an error; None for one that tells of none.

    :param backend: SQLAlchemy's name of it, e.g. ``'mysql'``
    :param code: SQLite's name of a result code, MariaDB's number,
        PostgreSQL's SQLSTATE; None when there is none
    :param message: the error's text
    """
    if backend == 'sqlite':
        return _by_beginning(_SQLITE, code)
    if backend == 'postgresql':
        return (_by_beginning(_POSTGRESQL, code) if code
                else _without_state(message.lower()))
    kind = _MYSQL.get(code)
    words = message.lower()
    if kind is _FAILING and any(sign in words for sign in _NO_SPACE):
        return _FULL
    if code == 1290 and 'read-only' not in words.replace('_', '-'):
        # Some other option of the server forbids the statement.
        return None
    return kind


def kind_of(backend, error):
    """Return the Kind that an exception stands for, or None.

    :param error: any exception that came out of a transaction
    """
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno)
    if isinstance(error, sa.exc.TimeoutError):
        # All connections are in use by those who wait for the database.
        return Kind.AWAY
    cause = _cause(error)
    kind = classify(backend, _code(backend, cause), str(cause))
    if kind is None and _is_disconnect(error):
        kind = Kind.AWAY
    return kind


def reason_of(error):
    """Return what the database or its driver says, in one line."""
    return ' '.join(str(_cause(error)).split()) or type(error).__name__


def _without_state(words):
    """Return the Kind that PostgreSQL's client library means, or None."""
    if 'fatal:' in words:
        return _AWAY if any(sign in words for sign in _LATER) else None
    return _AWAY if 'connection' in words or 'server' in words else None


def _by_beginning(table, code):
    if not isinstance(code, str):
        return None
    return next((kind for beginning, kind in table.items()
                 if code.startswith(beginning)), None)


def _cause(error):
    """Return the driver's own error that libraries have wrapped."""
    while True:
        inner = (getattr(error, 'inner_exception', None)
                 or getattr(error, 'orig', None))
        if not isinstance(inner, BaseException):
            return error
        error = inner


def _code(backend, error):
    for name in _CODES.get(backend, ()):
        if hasattr(error, name):
            return getattr(error, name)
    return error.args[0] if error.args else None


def _is_disconnect(error):
    return (isinstance(error, db_exc.DBConnectionError)
            or getattr(error, 'connection_invalidated', False))
