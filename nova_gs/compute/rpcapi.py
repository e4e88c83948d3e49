"""What others ask of a compute: one method per catalogue row."""

import functools

from oslo_log import log as logging
import oslo_messaging

from nova_gs.compute import questions
from nova_gs import exception
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
    :param peers: peers.Peers: what is recorded of the other hosts
    :param stopping: Event; a retry ends when it is set
    """

    def __init__(self, conf, transport, clock, peers, stopping):
        self._conf = conf
        self._client = rpc_client.Client(conf, transport)
        self._clock = clock
        self._peers = peers
        self._stopping = stopping
        self._questions = questions.Questions(
            conf, transport, clock, peers.read)

    def require_known(self, step):
        """Refuse to record a step that its host might not know.

        :raises: ComputesTooOld
        """
        row, version = catalogue.ROWS[step], self._version()
        if not row.is_known_at(version):
            raise exception.ComputesTooOld(
                method=step, since=row.since, version=version)

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

    def pause_instance(self, ctxt, host, operation_uuid):
        return self._send('pause_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def unpause_instance(self, ctxt, host, operation_uuid):
        return self._send('unpause_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def suspend_instance(self, ctxt, host, operation_uuid):
        return self._send('suspend_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def resume_instance(self, ctxt, host, operation_uuid):
        return self._send('resume_instance', ctxt, host,
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

    def hand_over_console_log(self, ctxt, host, operation_uuid, instance):
        return self._send('hand_over_console_log', ctxt, host,
                          operation_uuid=operation_uuid, instance=instance)

    def rollback_live_migration_at_destination(self, ctxt, host,
                                               operation_uuid):
        return self._send('rollback_live_migration_at_destination', ctxt,
                          host, operation_uuid=operation_uuid)

    def post_live_migration_at_source(self, ctxt, host, operation_uuid):
        return self._send('post_live_migration_at_source', ctxt, host,
                          operation_uuid=operation_uuid)

    def live_migration_abort(self, ctxt, host, migration_uuid, reason=None):
        # Users give no reason and can ask again; a host that has to be
        # stopped gives one, and has no time to be refused.
        return self._send('live_migration_abort', ctxt, host,
                          to_alt=reason is not None,
                          migration_uuid=migration_uuid, reason=reason)

    def live_migration_force_complete(self, ctxt, host, migration_uuid):
        return self._send('live_migration_force_complete', ctxt, host,
                          migration_uuid=migration_uuid)

    # -- other services

    def external_instance_event(self, ctxt, host, events):
        return self._send('external_instance_event', ctxt, host,
                          events=events)

    # -- cold migration and resize

    def prep_resize(self, ctxt, host, operation_uuid):
        return self._send('prep_resize', ctxt, host,
                          operation_uuid=operation_uuid)

    def resize_instance(self, ctxt, host, operation_uuid):
        return self._send('resize_instance', ctxt, host,
                          operation_uuid=operation_uuid)

    def check_instance_shared_storage(self, ctxt, host, operation_uuid,
                                      instance, migrate_data):
        return self._send('check_instance_shared_storage', ctxt, host,
                          operation_uuid=operation_uuid, instance=instance,
                          migrate_data=migrate_data)

    def finish_resize(self, ctxt, host, operation_uuid):
        return self._send('finish_resize', ctxt, host,
                          operation_uuid=operation_uuid)

    def confirm_resize(self, ctxt, host, operation_uuid):
        return self._send('confirm_resize', ctxt, host,
                          operation_uuid=operation_uuid)

    def revert_resize(self, ctxt, host, operation_uuid):
        return self._send('revert_resize', ctxt, host,
                          operation_uuid=operation_uuid)

    def finish_revert_resize(self, ctxt, host, operation_uuid):
        return self._send('finish_revert_resize', ctxt, host,
                          operation_uuid=operation_uuid)

    # -- an operator and the host

    def quiesce_host(self, ctxt, host, deadline, reason):
        return self._send('quiesce_host', ctxt, host, deadline=deadline,
                          reason=reason)

    def resume_host(self, ctxt, host):
        return self._send('resume_host', ctxt, host)

    def describe_drain(self, ctxt, host):
        return self._send('describe_drain', ctxt, host)

    # -- reads

    def get_console_output(self, ctxt, host, instance, tail_length):
        return self._send('get_console_output', ctxt, host,
                          instance=instance, tail_length=tail_length)

    def get_vnc_console(self, ctxt, host, instance, console_type):
        return self._send('get_vnc_console', ctxt, host, instance=instance,
                          console_type=console_type)

    def validate_console_port(self, ctxt, host, instance, console_type):
        return self._send('validate_console_port', ctxt, host,
                          instance=instance, console_type=console_type)

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
        pin = self._conf.upgrade_levels.compute
        if (not versions.is_pinned_before_alt(pin) and
                self._peers.has_alt(server)):
            topic = catalogue.Topic.ONGOING
            kwargs['transport_options'] = _MANDATORY
        return client.prepare(topic=topic.value, server=server,
                              version=version, **kwargs), topic

    def _prepare(self, row, host, to_alt):
        client, patience = self._client.library_client, self._client.patience(
            row)
        if to_alt or row.topic is catalogue.Topic.ONGOING or (
                row.served_on(catalogue.Topic.ONGOING) and
                self._peers.is_draining(host)):
            return self.prepare_for_alt_rpcserver(
                client, host, row.since, **patience)
        topic = catalogue.Topic.NEW_WORK
        return client.prepare(topic=topic.value, server=host,
                              version=row.since, **patience), topic

    def _send(self, name, ctxt, host, to_alt=False, **arguments):
        row, version = catalogue.ROWS[name], self._version()
        _require_known(row, host, version)
        give_up_at = self._clock.now() + rpc_client.bounded(
            _QUEUE_ABSENT_AT_MOST)
        while True:
            prepared, topic = self._prepare(row, host, to_alt)
            send = functools.partial(self._client.send, ctxt, row, prepared,
                                     host, version, arguments)
            try:
                return self._questions.ask(send, row, topic, host)
            except exception.HostDraining:
                # The queue was left with the message unread; has the host
                # another one for it?
                if self._prepare(row, host, to_alt)[1] is topic:
                    raise
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
            except exception.PeerUnavailable:
                # It may have got there, so it is not sent again; but what
                # is sent next goes by what the host is then.
                self._peers.forget(host)
                raise

    def _version(self):
        pin = self._conf.upgrade_levels.compute
        return self._peers.fleet_version() if pin == 'auto' else pin


def _require_known(row, host, version):
    """Raise PeerUnavailable for what came after a version."""
    if not row.is_known_at(version):
        raise exception.PeerUnavailable(
            service=row.topic.value, host=host, method=row.name,
            reason='messages are kept to version %s by [upgrade_levels] '
                   'compute, and this one came with %s' % (
                       version, row.since))
