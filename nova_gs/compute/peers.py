"""What is recorded of the other computes, remembered for a while."""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import versions

LOG = logging.getLogger(__name__)

#: How long a message may wait for the record of whom it goes to, in seconds.
_RECORD_WITHIN = 2


class Peers:
    """What is recorded of the hosts.

    That a host has the second server is remembered for a while; if it is so
    no more, the broker has no queue for the message and says so.  That a host
    has none is looked up each time: it may have been upgraded since, and a
    message to a "compute" that it has closed would lie there unread.

    :param context: admin RequestContext for the look-ups
    :param clock: Clock
    """

    #: Seconds after which what is remembered is read again.
    FRESH_FOR = 30

    def __init__(self, context, clock):
        self._context = context
        self._clock = clock
        #: (record, until when it is fresh) of hosts with the second server
        self._services = {}
        #: (RPC version, until when it is fresh)
        self._fleet = None

    def forget(self, host):
        """Read the host's record anew next time, if it can be read then."""
        service, _ = self._services.get(host, (None, None))
        if service is not None:
            self._services[host] = (service, self._clock.now())

    def has_alt(self, host):
        """Whether the host's record says that it runs compute-alt."""
        return _has_alt(self._service(host))

    def without_alt(self, hosts):
        """Return those hosts that do not run compute-alt, as of now.

        :param hosts: names
        :returns: set of names; a host without a record is one of them
        """
        lacking = set()
        for host in hosts:
            self.forget(host)
            if not self.has_alt(host):
                lacking.add(host)
        return lacking

    def read(self, host):
        """Return the host's record as it is now, None without one."""
        self.forget(host)
        return self._service(host)

    def is_draining(self, host):
        """Whether the host says that it drains, as of now."""
        service = self.read(host)
        return (service is not None and
                service.phase != fields.ServicePhase.SERVING)

    def fleet_version(self):
        """Return the newest RPC version that every compute understands."""
        now = self._clock.now()
        if self._fleet is None or self._fleet[1] <= now:
            try:
                with rpc_client.at_most(rpc_client.bounded(_RECORD_WITHIN)):
                    lowest = objects.ServiceList.get_minimum_version(
                        self._context, fields.Binary.COMPUTE)
            except exception.PeerUnavailable:
                return self._fleet[0] if self._fleet else (
                    catalogue.COMPUTE_VERSION)
            self._fleet = (versions.rpc_version_of(lowest),
                           now + self.FRESH_FOR)
        return self._fleet[0]

    def fleet_has_alt(self):
        """Whether every compute had compute-alt when that was looked up last.

        From memory, without asking anybody; False when it is not known.
        """
        return self._fleet is not None and not versions.is_before_alt(
            self._fleet[0])

    def _service(self, host):
        service, fresh_until = self._services.get(host, (None, None))
        if service is not None and fresh_until > self._clock.now():
            return service
        try:
            with rpc_client.at_most(rpc_client.bounded(_RECORD_WITHIN)):
                service = objects.Service.get_by_host_and_binary(
                    self._context, host, fields.Binary.COMPUTE)
        except exception.ServiceNotFound:
            service = None
        except exception.PeerUnavailable as error:
            LOG.warning('The record of host %s cannot be read (%s); going '
                        'by what was known.', host,
                        exception.reason_of(error))
            return service
        self._remember(host, service)
        return service

    def _remember(self, host, service):
        if _has_alt(service):
            self._services[host] = (
                service, self._clock.now() + self.FRESH_FOR)
            return
        self._services.pop(host, None)
        if service is not None and self.fleet_has_alt():
            # It has come since we looked; how many others have, too?
            self._fleet = (versions.rpc_version_of(service.version),
                           self._clock.now())


def _has_alt(service):
    return service is not None and versions.has_alt_server(service.version)
