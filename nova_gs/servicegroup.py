"""Who is there, who is leaving: what heartbeats tell."""

import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client
from nova_gs.shutdown import quiesce

LOG = logging.getLogger(__name__)

#: Until when a host takes no work that has not named a time.
_WITHOUT_DEADLINE = {
    fields.ServicePhase.DRAINING: 'its work has ended',
    # Its own deadline is that of the work that it has.
    fields.ServicePhase.QUIESCED: quiesce.UNTIL_TAKEN_BACK,
}


class ServiceGroup:
    """Reads service records.

    :param conf: ConfigOpts
    :param recovering: callable() -> whether this process itself has just
        been cut off: then others may have been, too, and that they were not
        heard of says nothing
    """

    def __init__(self, conf, recovering=lambda: False):
        self._conf = conf
        self._recovering = recovering

    def is_up(self, service):
        """Whether a service has reported lately and has not said goodbye."""
        if service.forced_down or service.seconds_since_seen is None:
            return False
        if service.phase == fields.ServicePhase.STOPPED:
            return False
        return (service.seconds_since_seen <= self._conf.service_down_time
                or self._recovering())

    def state(self, service):
        """Return ``'up'`` or ``'down'``."""
        return 'up' if self.is_up(service) else 'down'

    def require_serving(self, service, letting_go=False):
        """Refuse a host that has said that it takes no new work.

        A host that is merely down is let pass: the request is recorded and
        taken up when it returns.

        :param letting_go: what is asked for leaves the host emptier or
            stiller, or as it was: fine for a quiesced one
        :raises: HostDraining; HostUnavailable when it was stopped
        """
        quiesced = service.phase == fields.ServicePhase.QUIESCED
        if (service.phase == fields.ServicePhase.SERVING or
                letting_go and quiesced):
            return
        if service.phase == fields.ServicePhase.STOPPED:
            raise exception.HostUnavailable(
                host=service.host, state=service.phase)
        deadline = None if quiesced else service.phase_deadline
        raise exception.HostDraining(
            host=service.host, reason=service.phase_reason or service.phase,
            deadline=(deadline.strftime('%Y-%m-%d %H:%M:%S UTC') if deadline
                      else _WITHOUT_DEADLINE[service.phase]))

    def require_up(self, service, letting_go=False):
        """Refuse a host that cannot do anything now.

        :param letting_go: see ``require_serving``
        :raises: HostDraining, HostUnavailable
        """
        self.require_serving(service, letting_go)
        if not self.is_up(service):
            raise exception.HostUnavailable(
                host=service.host, state=self.state(service))


class Heartbeat:
    """Reports a service's life, until stopped; also while it drains.

    :param service: objects.Service that this process has registered
    :param interval: seconds
    :param beats: functions called after each report, e.g. to take up again
                  what could not be done while the conductor was away
    """

    def __init__(self, service, interval, beats=()):
        self._service = service
        self._interval = interval
        self._beats = beats
        self._stop = threading.Event()
        self._away = False
        #: How many were taken since the last that was not; None: all were.
        self._in_a_row = None
        self._thread = threading.Thread(
            target=self._run, name='heartbeat', daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()

    def is_recovering(self, seconds):
        """Whether the heartbeat was not taken, so many seconds ago or less."""
        taken = self._in_a_row
        return taken is not None and taken * self._interval < seconds

    def _run(self):
        while not self._stop.wait(self._interval):
            self._report()

    def _report(self):
        try:
            with rpc_client.at_most(max(self._interval, 2)):
                self._service.report()
                for beat in self._beats:
                    beat()
        except Exception as error:
            # Whatever it was: a host without a heartbeat counts as down.
            reason = exception.reason_of(error).rstrip('.')
            self._in_a_row = 0
        else:
            reason = None
            if self._in_a_row is not None:
                self._in_a_row += 1
        if reason and not self._away:
            LOG.warning('Our heartbeat is not taken, so this host counts as '
                        'down soon; trying again every %s s: %s.',
                        self._interval, reason)
        if self._away and not reason:
            LOG.info('Our heartbeat is taken again.')
        self._away = reason is not None
