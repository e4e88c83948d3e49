"""The door of nova-compute: an RPC row on one side, an operation on the other.

A step's method gets the claimed operation and its entry with the tracker;
a call's method gets what the caller sent.
"""

from oslo_log import log as logging

from nova_gs.compute import build
from nova_gs.compute import console
from nova_gs.compute.live_migration import departures
from nova_gs.compute.live_migration import destination
from nova_gs.compute.live_migration import source
from nova_gs.compute import power
from nova_gs import exception
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)


class ComputeManager:
    """Everything that a compute host does when asked.

    :param host: compute.host.Host
    :param quiesce: what has ``quiesce_host``, ``resume_host`` and
        ``describe_drain``: the service around it
    """

    def __init__(self, host, quiesce=None):
        self.host = host
        self._quiesce = quiesce
        self.departures = departures.Departures(host)

    # -- a guest's life on one host

    def build_instance(self, ctxt, operation, work):
        self._conclude(
            operation, lambda: build.build(self.host, operation, ctxt),
            lambda reason: build.when_build_failed(
                self.host, operation, reason))

    def delete_instance(self, ctxt, operation, work):
        self._conclude(
            operation, lambda: build.delete(self.host, operation),
            lambda reason: {'vm_state': fields.VMState.ERROR})

    def start_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.start(self.host, operation))

    def stop_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.stop(self.host, operation))

    def reboot_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.reboot(self.host, operation))

    # -- live migration

    def check_can_live_migrate_source(self, ctxt, instance):
        return self.host.driver.describe_for_migration(instance)

    def check_can_live_migrate_destination(self, ctxt, instance,
                                           migrate_data):
        return self.host.driver.check_migration(instance, migrate_data)

    def live_migration(self, ctxt, operation, work):
        self.departures.begin(ctxt, operation, work)

    def pre_live_migration(self, ctxt, operation_uuid, instance,
                           migrate_data):
        return destination.make_room(
            self.host, ctxt, operation_uuid, instance, migrate_data)

    def post_live_migration_at_destination(self, ctxt, operation, work):
        destination.take_over(self.host, ctxt, operation)

    def rollback_live_migration_at_destination(self, ctxt, operation, work):
        destination.forget(self.host, operation)

    def post_live_migration_at_source(self, ctxt, operation, work):
        source.clean_up(self.host, operation)

    def live_migration_abort(self, ctxt, migration_uuid, reason=None):
        self.departures.abort(migration_uuid,
                              reason or departures.ASKED_BY_USER)

    def live_migration_force_complete(self, ctxt, migration_uuid):
        self.departures.force_complete(migration_uuid)

    # -- an operator and the host

    def quiesce_host(self, ctxt, deadline, reason):
        self._quiesce.quiesce_host(deadline, reason)

    def resume_host(self, ctxt):
        self._quiesce.resume_host()

    def describe_drain(self, ctxt):
        return self._quiesce.describe_drain()

    # -- reads

    def get_console_output(self, ctxt, instance, tail_length):
        return console.output(self.host, instance, tail_length)

    def _conclude(self, operation, act, when_failed=lambda reason: {}):
        """Do an operation's only step and record how it ended."""
        try:
            changes = act()
        except Exception as error:
            reason = exception.reason_of(error)
            LOG.warning('%s of instance %s failed: %s', operation.kind,
                        operation.instance_uuid, reason,
                        exc_info=not isinstance(
                            error, exception.NovaGSException))
            self.host.recorder.insist(
                operation.finish, fields.OperationState.FAILED, error=reason,
                instance=when_failed(reason))
        else:
            self.host.recorder.insist(
                operation.finish, fields.OperationState.SUCCEEDED,
                instance=changes)
