"""Noticing that the database cannot be used, and that it can again.

Whatever is asked of the database passes here.  So its being away is said
once, not by everybody who finds it so; and while it does not answer one
thread asks for it, and all others are refused at once, rather than hang one
after the other.

A database that is full or read-only is still read.  Whether it takes changes
again shows only by one that it takes.
"""

import contextlib
import threading

from oslo_log import log as logging

from nova_gs.db import failures
from nova_gs import exception

LOG = logging.getLogger(__name__)

#: Pause between two looks for a database that does not answer, in seconds.
LOOK_EVERY = 0.5

#: Nearly full, a database takes one change and refuses another.  Only after
#: so long without a refusal is it said to be over (seconds).
SETTLED_AFTER = 5

#: What is said when it begins and when it is over.
_SAYINGS = {
    failures.Kind.AWAY: (
        'The database does not answer; what needs it is refused until it '
        'does: %s', 'The database answers again, after %.1f s.'),
    failures.Kind.FULL: (
        'The database is full; nothing is recorded or begun until it takes '
        'changes again: %s', 'The database takes changes again, after %.1f '
        's.'),
    failures.Kind.READ_ONLY: (
        'The database is read-only; nothing is recorded or begun until it '
        'takes changes again: %s', 'The database takes changes again, after '
        '%.1f s.'),
    failures.Kind.FAILING: (
        'The database cannot read or write its files; nothing is recorded or '
        'begun until it can: %s', 'The database takes changes again, after '
        '%.1f s.'),
}

_ERRORS = {
    failures.Kind.FULL: exception.DatabaseFull,
    failures.Kind.READ_ONLY: exception.DatabaseReadOnly,
}


class Attempt:
    """One transaction.

    :ivar commits: whether it has come to the point at which the database
        may have committed it, whatever is heard of it afterwards
    """

    def __init__(self):
        self.commits = False


class Outages:
    """What one process knows of its database being unusable.

    :param backend: SQLAlchemy's name of the database
    :param clock: Clock
    :param probe: callable() that comes back when the database answers
    :param errors: what its driver raises; a little of that gets past
        SQLAlchemy as it is
    """

    def __init__(self, backend, clock, probe, errors=()):
        self._backend = backend
        self._clock = clock
        self._probe = probe
        self._errors = (*failures.ERRORS, OSError, *errors)
        self._lock = threading.Lock()
        #: What is the matter, since when, and when that showed last.
        self._kind = self._since = self._last = None
        #: When it has taken a change since, while something is the matter.
        self._taken = None
        #: Ends the thread that waits for its end.
        self._enough = threading.Event()

    @property
    def kind(self):
        """The ``failures.Kind`` of the present outage, or None."""
        return self._kind

    @contextlib.contextmanager
    def noticed(self, writes):
        """Make a transaction's failure ours if the database is to blame.

        :param writes: whether it is to change something
        :raises: DatabaseUnavailable
        """
        attempt = Attempt()
        if self._kind is failures.Kind.AWAY:
            raise _error(self._kind, writes, attempt)
        try:
            yield attempt
        except self._errors as error:
            kind = failures.kind_of(self._backend, error)
            if kind is None:
                raise
            cause, reason = error, failures.reason_of(error)
        else:
            if writes and self._kind is not None:
                self._taken = self._clock.now()
            return
        self._begin(kind, reason)
        raise _error(kind, writes, attempt) from cause

    def close(self):
        """Look for nothing, and know of nothing, any more."""
        with self._lock:
            self._enough.set()
            self._kind = None

    def _begin(self, kind, reason):
        with self._lock:
            self._last, self._taken = self._clock.now(), None
            if self._kind in (kind, failures.Kind.AWAY):
                return
            self._enough.set()
            self._enough = threading.Event()
            self._kind, self._since = kind, self._last
            # Here oslo.log would add the error with the whole statement.
            threading.Thread(
                target=self._wait_for_it, args=(kind, reason, self._enough),
                name='database', daemon=True).start()

    def _wait_for_it(self, kind, reason, enough):
        """Say what is the matter; say that it is over when it is."""
        begun, over = _SAYINGS[kind]
        LOG.warning(begun, reason)
        while not self._is_over(kind):
            if enough.wait(LOOK_EVERY):
                return
        with self._lock:
            if enough.is_set():
                return
            self._kind = None
            lasted = self._clock.now() - self._since
        LOG.info(over, lasted)

    def _is_over(self, kind):
        return (self._answers() if kind is failures.Kind.AWAY
                else self._takes_changes(kind))

    def _answers(self):
        try:
            self._probe()
        except Exception as error:
            LOG.debug('The database is still away: %s', error)
            return False
        return True

    def _takes_changes(self, kind):
        with self._lock:
            return self._taken is not None and (
                kind is failures.Kind.READ_ONLY or
                self._clock.now() - self._last >= SETTLED_AFTER)


def _error(kind, writes, attempt):
    if attempt.commits and not kind.is_refusal:
        return exception.RecordInDoubt(condition=kind.value)
    return _ERRORS.get(kind, exception.DatabaseUnavailable)(
        condition=kind.value,
        effect=exception.DatabaseUnavailable.NOT_WRITTEN if writes
        else exception.DatabaseUnavailable.NOT_READ)
