"""How a conductor shows that it is there: its service record.

There is one record for a conductor's host, whatever the number of its
workers, and one process writes it: the conductor, or the one that keeps the
workers.  So there is nothing to agree on between them, and a worker that
ends says nothing about the others.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.rpc import versions
from nova_gs import servicegroup

LOG = logging.getLogger(__name__)


class Presence:
    """The record of the conductor of one host.

    :param ctxt: admin RequestContext
    :param host: name in the record
    :param owner: identity of the process that writes it
    :param interval: seconds between two heartbeats
    :param serves: callable() -> whether anybody here serves; without that
        no heartbeat is sent, and the conductor counts as down after a while
    """

    def __init__(self, ctxt, host, owner, interval, serves=lambda: True):
        self.owner = owner
        self._ctxt = ctxt
        self._host = host
        self._serves = serves
        self._service = None
        self._heartbeat = servicegroup.Heartbeat(self, interval)

    def begin(self):
        """Write that it is there, and go on saying so."""
        self._service = objects.Service.register(
            self._ctxt, self._host, fields.Binary.CONDUCTOR,
            catalogue.Topic.CONDUCTOR.value, versions.SERVICE_VERSION,
            self.owner)
        self._heartbeat.start()

    def report(self):
        """Beat, if there is something to tell; for the heartbeat."""
        if self._serves():
            self._service.report()

    def draining(self, deadline):
        """Write that it takes no new work.

        :param deadline: aware datetime of its end at the latest, or None
        """
        self._announce(fields.ServicePhase.DRAINING,
                       'nova-conductor is being stopped', deadline)

    def end(self):
        """Write that it is gone."""
        self._heartbeat.stop()
        self._announce(fields.ServicePhase.STOPPED,
                       'nova-conductor was stopped')

    def _announce(self, phase, reason, deadline=None):
        if self._service is None:
            return
        try:
            self._service.announce(phase, reason, deadline)
            return
        except exception.DatabaseUnavailable as error:
            why = exception.reason_of(error)
        # Not in the clause above: oslo.log would add the error again.
        LOG.warning('The service record could not be set to "%s": %s',
                    phase, why)


class Absence:
    """Stands for it in a worker, whose parent writes the record.

    :param owner: identity of the worker
    """

    def __init__(self, owner):
        self.owner = owner

    def begin(self):
        pass

    def draining(self, deadline):
        pass

    def end(self):
        pass
