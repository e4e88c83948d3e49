"""Connections to libvirtd: one for questions, and one for each long call.

A connection must not be shared with a call that lasts: libvirt's client
library then may let the other calls wait until that one ends. Opening one
costs about a millisecond.
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
    :param watch: events.Watch that the shared connection feeds, or None
    :param patience: seconds that opening may take
    """

    def __init__(self, uri, opener=open_libvirt, watch=None,
                 patience=OPEN_PATIENCE):
        self.uri = uri
        self._opener = opener
        self._watch = watch
        self._patience = patience
        self._lock = native.threading.RLock()
        self._shared = None
        self._stuck = None

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
        connection = self.open()
        try:
            yield connection
        except libvirt.libvirtError as error:
            if is_alive(connection):
                raise
            raise self._unavailable(errors.text(error)) from error
        finally:
            close(connection)

    def query(self, question):
        """Return question(connection) on the shared connection.

        When the connection was lost, the question is asked once more on a
        new one; so it must change nothing.

        :raises: HypervisorUnavailable, libvirtError
        """
        try:
            return self._ask(question)
        except _Lost:
            pass
        try:
            return self._ask(question)
        except _Lost as lost:
            raise self._unavailable(str(lost)) from lost

    def connect(self):
        """Open the shared connection; raises HypervisorUnavailable."""
        self._get_shared()

    def close(self):
        """Close the shared connection; the next question opens a new one."""
        with self._lock:
            shared, self._shared = self._shared, None
        if shared is not None:
            close(shared)

    def _ask(self, question):
        connection = self._get_shared()
        try:
            return question(connection)
        except libvirt.libvirtError as error:
            if is_alive(connection):
                raise
            raise _Lost(errors.text(error)) from error

    def _get_shared(self):
        with self._lock:
            if self._shared is not None and not is_alive(self._shared):
                LOG.warning('The connection to %s was lost.', self.uri)
                self.close()
            if self._shared is None:
                self._shared = self._open_shared()
            return self._shared

    def _open_shared(self):
        connection = self.open()
        if self._watch is not None:
            try:
                self._watch.attach(connection)
            except libvirt.libvirtError as error:
                close(connection)
                raise self._unavailable(errors.text(error)) from error
            # What happened while there was no connection is not told.
            self._watch.nudge()
        return connection

    def _unavailable(self, reason):
        return exception.HypervisorUnavailable(uri=self.uri, reason=reason)


class _Lost(Exception):
    """The shared connection broke during a question."""
