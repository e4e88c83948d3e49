"""What others ask of a compute: one method per catalogue row."""

from oslo_log import log as logging
import oslo_messaging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import versions

LOG = logging.getLogger(__name__)

_MANDATORY = oslo_messaging.TransportOptions(at_least_once=True)

#: How long a host that has the second server may be without its queue, in
#: seconds: after a broker restart a live one was for 4 s (measured).
_QUEUE_ABSENT_AT_MOST = 8

#: Pause between two tries at such a host, in seconds.
_QUEUE_RETRY_EVERY = 0.5


class ComputeAPI:
    """Sends to computes.

    :param conf: ConfigOpts
    :param transport: from ``rpc.transport.create``
    :param clock: Clock
    :param peers: ``Peers``: what is recorded of the other hosts
    :param stopping: Event; a retry ends when it is set
    """

    def __init__(self, conf, transport, clock, peers, stopping):
        self._conf = conf
        self._client = rpc_client.Client(conf, transport)
        self._clock = clock
        self._peers = peers
        self._stopping = stopping

    # -- a guest's life on one host

    def build_instance(self, ctxt, host, operation_uuid):
        return self._send('build_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def delete_instance(self, ctxt, host, operation_uuid):
        return self._send('delete_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def start_instance(self, ctxt, host, operation_uuid):
        return self._send('start_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def stop_instance(self, ctxt, host, operation_uuid):
        return self._send('stop_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def reboot_instance(self, ctxt, host, operation_uuid):
        return self._send('reboot_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    # -- live migration

    def check_can_live_migrate_source(self, ctxt, host, instance):
        return self._send('check_can_live_migrate_source', ctxt, host,
                          instance=instance)

    def check_can_live_migrate_destination(self, ctxt, host, instance,
                                           migrate_data):
        return self._send('check_can_live_migrate_destination', ctxt, host,
                          instance=instance, migrate_data=migrate_data)

    def live_migration(self, ctxt, host, operation_uuid):
        return self._send('live_migration', ctxt, host,
                          operation_uuid=operation_uuid)

    def pre_live_migration(self, ctxt, host, operation_uuid, instance,
                           migrate_data):
        return self._send('pre_live_migration', ctxt, host,
                          operation_uuid=operation_uuid, instance=instance,
                          migrate_data=migrate_data)

    def post_live_migration_at_destination(self, ctxt, host, operation_uuid):
        return self._send('post_live_migration_at_destination', ctxt, host,
                          operation_uuid=operation_uuid)

    def rollback_live_migration_at_destination(self, ctxt, host,
                                               operation_uuid):
        return self._send('rollback_live_migration_at_destination', ctxt,
                          host, operation_uuid=operation_uuid)

    def post_live_migration_at_source(self, ctxt, host, operation_uuid):
        return self._send('post_live_migration_at_source', ctxt, host,
                          operation_uuid=operation_uuid)

    def live_migration_abort(self, ctxt, host, migration_uuid):
        return self._send('live_migration_abort', ctxt, host,
                          migration_uuid=migration_uuid)

    def live_migration_force_complete(self, ctxt, host, migration_uuid):
        return self._send('live_migration_force_complete', ctxt, host,
                          migration_uuid=migration_uuid)

    # -- reads

    def get_console_output(self, ctxt, host, instance, tail_length):
        return self._send('get_console_output', ctxt, host,
                          instance=instance, tail_length=tail_length)

    # -- how

    def prepare_for_alt_rpcserver(self, client, server, version, **kwargs):
        """Prepare a message that carries begun work on.

        It goes to ``compute-alt``, unless an explicit pin is older than the
        second server or the host's own record says that it has none; other
        hosts do not matter.  The publication is mandatory, so that a host
        without the queue is noticed.

        :param client: oslo.messaging RPC client
        :param server: host name
        :param version: RPC version of the message
        :returns: (prepared client, Topic)
        """
        topic = catalogue.Topic.NEW_WORK
        if not self._pinned_before_alt() and self._peers.has_alt(server):
            topic = catalogue.Topic.ONGOING
            kwargs['transport_options'] = _MANDATORY
        return client.prepare(topic=topic.value, server=server,
                              version=version, **kwargs), topic

    def _prepare(self, row, host):
        client, patience = self._client.library_client, self._client.patience(
            row)
        to_alt = row.topic is catalogue.Topic.ONGOING or (
            row.served_on(catalogue.Topic.ONGOING) and
            self._peers.is_draining(host))
        if to_alt:
            return self.prepare_for_alt_rpcserver(
                client, host, row.since, **patience)
        topic = catalogue.Topic.NEW_WORK
        return client.prepare(topic=topic.value, server=host,
                              version=row.since, **patience), topic

    def _send(self, name, ctxt, host, **arguments):
        row, version = catalogue.ROWS[name], self._version()
        if catalogue.as_tuple(row.since) > catalogue.as_tuple(version):
            raise exception.PeerUnavailable(
                service=row.topic.value, host=host, method=name,
                reason='messages are kept to version %s by [upgrade_levels] '
                       'compute, and this one came with %s' % (
                           version, row.since))
        give_up_at = self._clock.now() + _QUEUE_ABSENT_AT_MOST
        while True:
            prepared, topic = self._prepare(row, host)
            try:
                return self._client.send(ctxt, row, prepared, host, version,
                                         arguments)
            except exception.Undeliverable:
                self._peers.forget(host)
                if topic is catalogue.Topic.NEW_WORK:
                    raise
                if not self._peers.has_alt(host):
                    continue
                # A new host whose queue is away for a moment: never the
                # closed "compute", where nobody would read it.
                if (self._clock.now() >= give_up_at or
                        self._stopping.wait(_QUEUE_RETRY_EVERY)):
                    raise

    def _pinned_before_alt(self):
        pin = self._conf.upgrade_levels.compute
        return pin != 'auto' and (
            catalogue.as_tuple(pin) <
            catalogue.as_tuple(catalogue.ALT_SERVER_SINCE))

    def _version(self):
        pin = self._conf.upgrade_levels.compute
        return self._peers.fleet_version() if pin == 'auto' else pin


class Peers:
    """What is recorded of the hosts, remembered for a while.

    :param context: admin RequestContext for the look-ups
    :param clock: Clock
    """

    #: Seconds after which a remembered record is read again.
    FRESH_FOR = 30

    def __init__(self, context, clock):
        self._context = context
        self._clock = clock
        self._services = {}
        self._fleet = None

    def forget(self, host):
        """Read the host's record anew next time."""
        self._services.pop(host, None)

    def has_alt(self, host):
        """Whether the host's record says that it runs compute-alt."""
        service = self._service(host)
        return service is not None and versions.has_alt_server(
            service.version)

    def is_draining(self, host):
        """Whether the host says that it drains, as of now."""
        self.forget(host)
        service = self._service(host)
        return (service is not None and
                service.phase != fields.ServicePhase.SERVING)

    def fleet_version(self):
        """Return the newest RPC version that every compute understands."""
        now = self._clock.now()
        if self._fleet is None or self._fleet[1] <= now:
            try:
                lowest = objects.ServiceList.get_minimum_version(
                    self._context, fields.Binary.COMPUTE)
            except exception.PeerUnavailable:
                return self._fleet[0] if self._fleet else (
                    catalogue.COMPUTE_VERSION)
            self._fleet = (versions.rpc_version_of(lowest),
                           now + self.FRESH_FOR)
        return self._fleet[0]

    def _service(self, host):
        remembered = self._services.get(host)
        if remembered and remembered[1] > self._clock.now():
            return remembered[0]
        try:
            service = objects.Service.get_by_host_and_binary(
                self._context, host, fields.Binary.COMPUTE)
        except exception.ServiceNotFound:
            return None
        except exception.PeerUnavailable as error:
            LOG.warning('The record of host %s cannot be read (%s); going '
                        'by what was known.', host,
                        exception.reason_of(error))
            return remembered[0] if remembered else None
        self._services[host] = (service, self._clock.now() + self.FRESH_FOR)
        return service
