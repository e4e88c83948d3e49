"""Connections to libvirtd, each used by one thread at a time.

libvirt's client library does not bear calls of several threads on one
connection: a short call may wait for the end of a long one, and when
libvirtd goes away in their midst the whole process may die of a segmentation
fault. So each call has a connection to itself, out of a few that are kept
open; and one more only listens for events.
"""

import contextlib

import libvirt
from oslo_log import log as logging

from nova_gs import exception
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import native

LOG = logging.getLogger(__name__)

# A local libvirtd answers within milliseconds. One that is busy probing QEMU
# still takes connections; one that does not for so long hangs.
OPEN_PATIENCE = 10.0
# A hung libvirtd ends a call after about interval * (count + 1) seconds.
KEEPALIVE_INTERVAL = 5
KEEPALIVE_COUNT = 3
# How many connections stay open while nobody uses them.
MOST_IDLE = 4


def open_libvirt(uri):
    """Return a new connection; raises libvirtError."""
    events.ensure_loop()
    return libvirt.open(uri)


def is_alive(connection):
    """Return whether a connection is usable, without asking libvirtd."""
    try:
        return bool(connection.isAlive())
    except libvirt.libvirtError:
        return False


def close(connection):
    """Close a connection, in whatever state it is."""
    with contextlib.suppress(libvirt.libvirtError):
        connection.close()


class _Attempt:
    """One try to open a connection, in a thread that may be left behind."""

    def __init__(self, opener, uri):
        self._lock = native.threading.Lock()
        self._left = False
        self._connection = None
        self._error = None
        self.ended = native.threading.Event()
        native.start(self._run, opener, uri)

    def _run(self, opener, uri):
        try:
            connection = opener(uri)
            connection.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
        except Exception as error:
            self._error = error
        else:
            with self._lock:
                if self._left:
                    close(connection)
                self._connection = connection
        self.ended.set()

    def take(self, patience):
        """Return the connection, or None if it is not there in time."""
        self.ended.wait(patience)
        with self._lock:
            self._left = self._connection is None and self._error is None
            if self._error is not None:
                raise self._error
            return self._connection


class Connector:
    """Gives out connections to one libvirtd.

    :param uri: libvirt's connection URI
    :param opener: function(uri) that returns a virConnect
    :param watch: events.Watch to be fed while connections are used, or None
    :param patience: seconds that opening may take
    """

    def __init__(self, uri, opener=open_libvirt, watch=None,
                 patience=OPEN_PATIENCE):
        self.uri = uri
        self._opener = opener
        self._watch = watch
        self._patience = patience
        self._lock = native.threading.RLock()
        self._idle = []
        self._listening = None
        self._stuck = None

    def connect(self):
        """See that libvirtd answers and its events come.

        :raises: HypervisorUnavailable
        """
        with self.own():
            pass

    def close(self):
        """Close what is not in use; the next call opens it anew."""
        with self._lock:
            self._stop_listening()
            while self._idle:
                close(self._idle.pop())

    def open(self):
        """Return a new connection, which the caller closes.

        :raises: HypervisorUnavailable, at once while an earlier try hangs
        """
        stuck = self._stuck
        if stuck is not None and not stuck.ended.is_set():
            raise self._unavailable('libvirtd does not answer')
        attempt = _Attempt(self._opener, self.uri)
        try:
            connection = attempt.take(self._patience)
        except libvirt.libvirtError as error:
            raise self._unavailable(errors.text(error)) from error
        if connection is None:
            self._stuck = attempt
            raise self._unavailable(
                'libvirtd did not answer for %g s' % self._patience)
        return connection

    @contextlib.contextmanager
    def own(self):
        """Give a connection of its own to a block that may last.

        :raises: HypervisorUnavailable, also when it is lost meanwhile: what
            was asked may or may not have been done then
        """
        try:
            with self._exclusive() as connection:
                yield connection
        except _Lost as lost:
            raise self._unavailable(str(lost)) from lost

    def query(self, question):
        """Return question(connection).

        When the connection was lost, the question is asked once more on a
        new one; so it must change nothing.

        :raises: HypervisorUnavailable, libvirtError
        """
        with contextlib.suppress(_Lost):
            with self._exclusive() as connection:
                return question(connection)
        with self.own() as connection:
            return question(connection)

    @contextlib.contextmanager
    def _exclusive(self):
        connection = self._take()
        try:
            yield connection
        except libvirt.libvirtError as error:
            if is_alive(connection):
                raise
            raise _Lost(errors.text(error)) from error
        finally:
            self._give_back(connection)

    def _take(self):
        """Return a connection that nobody else has."""
        with self._lock:
            self._listen()
            while self._idle:
                connection = self._idle.pop()
                if is_alive(connection):
                    return connection
                close(connection)
        return self.open()

    def _give_back(self, connection):
        with self._lock:
            # Without a listening one we are closed, or for one use only.
            if (self._listening is not None and is_alive(connection)
                    and len(self._idle) < MOST_IDLE):
                self._idle.append(connection)
                return
        close(connection)

    def _listen(self):
        """Open the connection for events where it is not open."""
        if self._watch is None:
            return
        if self._listening is not None:
            if is_alive(self._listening):
                return
            LOG.warning('The connection to %s was lost.', self.uri)
            self._stop_listening()
        self._listening = self.open()
        try:
            self._watch.attach(self._listening)
        except libvirt.libvirtError as error:
            self._stop_listening()
            raise self._unavailable(errors.text(error)) from error
        # What happened while there was no connection is not told.
        self._watch.nudge()

    def _stop_listening(self):
        connection, self._listening = self._listening, None
        if connection is not None:
            self._watch.detach(connection)
            close(connection)

    def _unavailable(self, reason):
        return exception.HypervisorUnavailable(uri=self.uri, reason=reason)


class _Lost(Exception):
    """A connection broke while it was used."""
