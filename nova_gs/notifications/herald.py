"""Tells of a drain, in a thread that the drain never waits for.

Whoever leads the drain only wakes the herald.  It finds what is new by the
coordinator's history, so nothing is lost or out of order when a broker is
slow; what cannot be sent is given up.
"""

import functools
import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.notifications import news
from nova_gs.notifications import payloads
from nova_gs.notifications import sender
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)


class Herald:
    """Watches one daemon.

    :param daemon: ``service.daemon.Daemon``
    :param sender: ``sender.Sender``
    :param interval: seconds between two reports of progress in a phase
    """

    def __init__(self, daemon, sender, interval):
        self._daemon = daemon
        self._sender = sender
        self._interval = interval
        self._woken = threading.Event()
        self._told = 1
        self._last, self._last_at = None, 0
        self._silent = False

    def begin(self):
        """Watch, in a thread, until the process ends."""
        threading.Thread(target=self._run, name='herald',
                         daemon=True).start()

    def wake(self):
        """Look whether there is news; returns at once."""
        self._woken.set()

    def beside(self, doers):
        """Return doers that also wake the herald, each before it begins.

        Every phase but the very last has one, and it is entered by then.

        :param doers: {``phases.Action``: callable()}
        """
        return {action: functools.partial(self._wake_and_do, doer)
                for action, doer in doers.items()}

    def look(self):
        """Tell what is new.

        :returns: whether there may be more without being woken
        """
        history = self._daemon.coordinator.history
        fresh = history[self._told - 1:]
        self._told = len(history)
        for before, entry in zip(fresh, fresh[1:]):
            for item in news.of_change(before.phase, entry.phase):
                self._tell(item, entry)
        entry = history[-1]
        going = news.goes_on(entry.phase)
        if going and len(fresh) == 1:
            self._tell_progress(entry)
        return going

    def _wake_and_do(self, doer):
        self.wake()
        doer()

    def _run(self):
        going = False
        while True:
            self._woken.wait(self._interval if going else None)
            self._woken.clear()
            try:
                going = self.look()
            except Exception:
                LOG.exception('A notification could not be made; the drain '
                              'goes on.')

    def _tell_progress(self, entry):
        if self._daemon.clock.now() < self._last_at + self._interval:
            return
        payload = self._payload(entry)
        # A quiesced host may stay so for days.
        if payload.facts() != self._last:
            self._send(news.News.PROGRESS, payload)

    def _tell(self, item, entry):
        self._send(item, self._payload(entry))
        if item is news.News.END and entry.phase in news.LAST:
            self._sender.close()

    def _payload(self, entry):
        return payloads.ServiceDrainPayload.of(
            self._daemon, entry, entry.phase in news.LAST)

    def _send(self, item, payload):
        self._last = payload.facts()
        self._last_at = self._daemon.clock.now()
        failure = None
        try:
            self._sender.send(item.value, payload)
        except exception.PeerUnavailable as error:
            failure = exception.reason_of(error).rstrip('.')
        # Not in the clause above: oslo.log would add the error again.
        if failure and not self._silent:
            LOG.warning('%s could not be sent: %s. The drain goes on; more '
                        'of this is not logged until it works again.',
                        item.value, failure)
        self._silent = failure is not None


class Silence:
    """Stands for it where nobody is told."""

    def begin(self):
        pass

    def beside(self, doers):
        return doers


def of_daemon(daemon):
    """Return what tells of a daemon's drain.

    :param daemon: ``service.daemon.Daemon``; its coordinator may come later
    :raises ConfigurationError: for a broker's URL that cannot be used
    """
    options = daemon.conf.notifications
    if not options.enabled or daemon.binary != fields.Binary.COMPUTE:
        return Silence()
    return Herald(daemon, sender.Sender(daemon.conf, '%s:%s' % (
        daemon.binary, daemon.host)), options.progress_interval)
