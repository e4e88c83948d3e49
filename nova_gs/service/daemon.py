"""A process that serves, and stops as the coordinator says.

The main thread runs the coordinator and nothing else, so that a signal is
always heard; starting up, which may wait for a broker or a hypervisor, runs
in a thread of its own.
"""

import os
import sys
import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.notifications import herald
from nova_gs.rpc import broker
from nova_gs.service import meditation
from nova_gs.service import options
from nova_gs.shutdown import coordinator
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import follower
from nova_gs.shutdown import inbox
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import signals
from nova_gs.shutdown import supervision
from nova_gs.shutdown import systemd
from nova_gs.shutdown import tracker

LOG = logging.getLogger(__name__)

_ACTION = phases.Action

#: Pause between two tries to reach what a start needs, in seconds.
TRY_EVERY = 1


class Daemon:
    """Base of the services.

    A subclass says how to ``start``, to ``close_intake``, what holds it
    ``elsewhere``, how to ``release`` what it has, and may ``announce`` and
    ``call_off``.

    :param conf: ConfigOpts
    :param clock: Clock
    :param host: name for people
    """

    #: The program's name, in metrics and notifications.
    binary = 'nova-service'

    def __init__(self, conf, clock, host):
        self.conf = conf
        self.clock = clock
        self.host = host
        self.tracker = tracker.Tracker(clock)
        self.gate = tracker.Gate(self.tracker, host)
        self.inbox = inbox.Inbox(watchdog=systemd.Watchdog())
        #: Set when the start was gone through, or broken off for a stop.
        self.start_ended = threading.Event()
        #: Set when nothing new may be begun, also not by the start itself.
        self.stopping = threading.Event()
        #: Set when the process has to go, whatever is not written yet.
        self.leaving = threading.Event()
        #: Set when nothing new is let in any more.
        self.intake_closed = threading.Event()
        budget = _budget(conf)
        self._supervision = supervision.Supervision(
            clock, budget, renew=self._renew_lease, remark=self._remark)
        self._follower = follower.Follower(
            self.tracker, self.intake_closed, self.elsewhere,
            self.inbox.put, clock, on_look=self._show_left,
            heard=self.is_answered)
        self._herald = herald.of_daemon(self)
        self.coordinator = coordinator.Coordinator(
            clock, budget, self.gate, self.tracker,
            self._herald.beside(self._doers()),
            inbox=self.inbox, on_reload=self._reload,
            lease=self._supervision.lease,
            left_elsewhere=self._follower.left_elsewhere)
        #: The deadline that others were told last.
        self._said_until = None
        self._reporting = threading.Lock()
        self._meditation = meditation.Meditation(
            conf, clock, meditation.of_daemon(self))

    # -- what a subclass says

    def start(self):
        """Make ready to serve; may wait, but ends when ``stopping`` is set."""
        raise NotImplementedError

    def close_intake(self):
        """Take no new work from here on; returns when that is so."""
        raise NotImplementedError

    def release(self):
        """Leave everything tidy; the process ends afterwards."""
        raise NotImplementedError

    def elsewhere(self, timeout):
        """Return what holds this process elsewhere: names or Ties."""
        return []

    def is_answered(self):
        """Whether those who know what is ``elsewhere`` answer at present."""
        return False

    def announce(self):
        """Tell others that this process is being stopped."""

    def put_off(self, deadline):
        """Tell others that the stop ends at another time than was said."""

    def set_aside(self):
        """Drop what waits unbegun and may not begin: it was quiesced."""

    def take_up(self):
        """Begin what is offered to this process: it serves again."""

    def call_off(self):
        """End what may be ended, each at its safe point."""

    def ear(self):
        """Return what signals are posted to."""
        return self.inbox

    def show(self):
        """Write down what this process does; must need no lock."""
        self._meditation.write()

    def last_words(self):
        """Tell others of a forced exit, which does not wait for it long."""

    def operations_known(self):
        """Return lines on operations, for a report; must not block."""
        return ['needs this host, elsewhere: %s' % name
                for name in self._follower.left_elsewhere()]

    def report_path(self):
        """Return the file that the report of a stop goes to, or None."""
        return None

    def waiting(self):
        """Return the UUIDs of what waits for a thread; must not block."""
        return ()

    def metrics_port(self):
        """Return the port that metrics are had from; 0: from none."""
        return self.conf.metrics.port

    def left_elsewhere(self):
        """Return names of what holds it elsewhere, as far as known."""
        return self._follower.left_elsewhere()

    # -- running

    def run(self):
        """Serve until told to stop.

        :returns: the exit code
        """
        signals.deliver(self.ear(), self.show)
        self._expose()
        self._herald.begin()
        threading.Thread(target=self._start, name='start',
                         daemon=True).start()
        return int(self.coordinator.run())

    def patiently(self, what, attempt, *failures, remedy=''):
        """Try something that a start needs until it succeeds.

        :param what: for people, e.g. 'the hypervisor'
        :param attempt: called without arguments
        :param failures: exceptions that mean "not yet"
        :param remedy: a sentence: what people can do
        :returns: what ``attempt`` returns, or None when stopping
        """
        told = None
        while not self.stopping.is_set():
            try:
                return attempt()
            except failures as error:
                reason = exception.reason_of(error).rstrip('.')
            # Not in the clause above: oslo.log would add the error again.
            if reason != told:
                LOG.warning('Waiting for %s, trying every %d s: %s', what,
                            TRY_EVERY, ('%s. %s' % (reason, remedy)).strip())
                told = reason
                if not self.start_ended.is_set():
                    systemd.status('waiting for %s: %s' % (what, reason))
            self.stopping.wait(TRY_EVERY)
        return None

    def await_broker(self, transport):
        """Wait until there is a broker, or the stop begins."""
        self.patiently('the broker', lambda: broker.reach(transport),
                       exception.PeerUnavailable,
                       remedy='Start it, or correct the option.')

    def _expose(self):
        if not self.metrics_port():
            return None
        # Not above: nobody else is to load what it needs.
        from nova_gs.metrics import endpoint
        exposed = endpoint.Endpoint(self)
        exposed.begin()
        return exposed

    def _start(self):
        try:
            self._supervision.meet()
            self.start()
            self.start_ended.set()
            return
        except Exception as error:
            if not self.stopping.is_set():
                _give_up(error)
            reason = exception.reason_of(error)
        # What it needs is being taken away from it; nothing is amiss.
        LOG.info('The start was broken off: %s', reason)

    def _doers(self):
        return {
            _ACTION.SET_ASIDE: self.set_aside,
            _ACTION.TAKE_UP: self.take_up,
            _ACTION.CLOSE_INTAKE: self._close_intake,
            _ACTION.ANNOUNCE: self._announce,
            _ACTION.FOLLOW: self._follower.run,
            _ACTION.CALL_OFF: self.call_off,
            _ACTION.RELEASE: self._release,
            _ACTION.REPORT_FORCED: self._last_words,
        }

    def _close_intake(self):
        self.stopping.set()
        try:
            self.close_intake()
        finally:
            # Even if that failed: the gate lets nothing new begin.
            self.intake_closed.set()
            self.tracker.wake()

    def _announce(self):
        self._supervision.stopping()
        self.announce()

    def _release(self):
        self._follower.stop()
        self.leaving.set()
        self._supervision.leaving()
        # The local file first: it needs nobody else.
        self._report()
        self.release()

    def _last_words(self):
        self.stopping.set()
        self.leaving.set()
        self._report()
        self.last_words()

    def _report(self):
        # One after the other: a forced exit may catch up with a release, and
        # what is written last has to be what is true last.
        with self._reporting:
            self._write_report(self.coordinator.report(), self.report_path())

    def _write_report(self, report, path):
        report.log()
        if path is None or not os.path.isdir(os.path.dirname(path)):
            return
        try:
            report.write(path)
        except OSError as error:
            LOG.warning('The report of this stop could not be written to '
                        '%s: %s', path, error.strerror)

    def _reload(self):
        with self._supervision.reloading():
            options.reload(self.conf)

    def _renew_lease(self, seconds):
        self.coordinator.renew_lease(seconds)

    def _remark(self, remark):
        self.coordinator.remark(remark)

    def _show_left(self, works, ties):
        deadline = self.coordinator.deadline
        self._supervision.look(
            self.coordinator.phase, works, ties, deadline)
        if self._said_until not in (None, deadline):
            self.put_off(deadline)
        self._said_until = deadline


def _budget(conf):
    return deadlines.Budget(
        total=conf.graceful_shutdown_timeout,
        abort_reserve=conf.shutdown.abort_reserve,
        release_reserve=conf.shutdown.release_reserve)


def _give_up(error):
    """End a start that cannot go on."""
    if isinstance(error, exception.NovaGSException):
        fail(exception.reason_of(error))
    LOG.exception('The start failed.')
    os._exit(policy.ExitCode.FAILED_TO_START)


def fail(reason):
    """End a start that cannot succeed, with one line that says why."""
    sys.stderr.write('ERROR: %s\n' % reason)
    sys.stderr.flush()
    os._exit(policy.ExitCode.FAILED_TO_START)
