"""What libvirt tells unasked: guests' lives and the end of their jobs.

libvirt's event loop also answers libvirtd's keepalive probes. Once it is
registered it has to run, or libvirtd takes an idle client for dead and hangs
up.
"""

import contextlib

import libvirt
from oslo_log import log as logging

from nova_gs.virt.libvirt import native

LOG = logging.getLogger(__name__)

_lock = native.threading.Lock()
_loop = None


def ensure_loop():
    """Run libvirt's event loop, once per process, for the process's life.

    To be called before the first connection is opened.
    """
    global _loop
    with _lock:
        if _loop is None:
            # libvirt-python's own handler writes to stderr; each error
            # reaches us as an exception anyway.
            libvirt.registerErrorHandler(lambda context, error: None, None)
            libvirt.virEventRegisterDefaultImpl()
            _loop = native.start(_run_loop)


def _run_loop():
    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError as error:
            LOG.error('libvirt\'s event loop failed and goes on: %s', error)


class Watch:
    """A condition that libvirt's events notify.

    Events only shorten a wait: they may be lost with a connection, so
    whoever waits looks again after a timeout. It is attached to one
    connection at a time.
    """

    def __init__(self):
        self._changed = native.threading.Condition()
        self._turn = 0
        self._callbacks = []
        self._expected = set()
        self._stats = {}

    def attach(self, connection):
        """Ask a connection for the events; raises libvirtError."""
        for event, callback in (
                (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._on_lifecycle),
                (libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
                 self._on_job_completed)):
            self._callbacks.append(connection.domainEventRegisterAny(
                None, event, callback, None))

    def detach(self, connection):
        """Take that back: a connection with callbacks is never freed."""
        callbacks, self._callbacks = self._callbacks, []
        for number in callbacks:
            # libvirtd may be gone; what counts is done on this side.
            with contextlib.suppress(libvirt.libvirtError):
                connection.domainEventDeregisterAny(number)

    def turn(self):
        """Return a number that grows with each event."""
        with self._changed:
            return self._turn

    def wait_past(self, turn, timeout):
        """Wait until something happened since turn, at most timeout s."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn > turn, timeout)

    def nudge(self):
        """Wake up all who wait."""
        with self._changed:
            self._turn += 1
            self._changed.notify_all()

    def expect(self, uuid):
        """Keep the statistics of this guest's next completed job."""
        with self._changed:
            self._expected.add(uuid)
            self._stats.pop(uuid, None)

    def forget(self, uuid, timeout=0):
        """Return what came of ``expect``, waiting timeout s, else None."""
        with self._changed:
            self._changed.wait_for(lambda: uuid in self._stats, timeout)
            self._expected.discard(uuid)
            return self._stats.pop(uuid, None)

    def _on_lifecycle(self, connection, domain, event, detail, opaque):
        self.nudge()

    def _on_job_completed(self, connection, domain, stats, opaque):
        uuid = domain.UUIDString()
        with self._changed:
            if uuid in self._expected:
                self._stats[uuid] = dict(stats)
        self.nudge()
