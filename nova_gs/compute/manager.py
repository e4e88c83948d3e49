"""The door of nova-compute: an RPC row on one side, an operation on the other.

A step's method gets the claimed operation and its entry with the tracker;
a call's method gets what the caller sent.
"""

from oslo_log import log as logging

from nova_gs.compute import build
from nova_gs.compute import console
from nova_gs.compute import external_events
from nova_gs.compute.live_migration import departures
from nova_gs.compute.live_migration import destination
from nova_gs.compute.live_migration import rooms
from nova_gs.compute.live_migration import source
from nova_gs.compute import plugging
from nova_gs.compute import power
from nova_gs.compute.resize import aside
from nova_gs.compute.resize import destination as resize_destination
from nova_gs.compute.resize import source as resize_source
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
        self.rooms = rooms.Rooms(host)

    # -- a guest's life on one host

    def build_instance(self, ctxt, operation, work):
        if self._conclude(
                operation, lambda: build.build(self.host, operation, ctxt),
                lambda error: build.fail(
                    self.host, ctxt, operation, error)) is build.WAITS:
            plugging.see_through(self.host, ctxt, operation, work)

    def delete_instance(self, ctxt, operation, work):
        build.call_off(self.host, operation.instance_uuid)
        try:
            self._conclude(
                operation, lambda: build.delete(self.host, operation),
                lambda error: self._fail(
                    operation, error, {'vm_state': fields.VMState.ERROR}))
        except exception.InstanceMoved:
            build.follow(self.host, ctxt, operation)

    def start_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.start(self.host, operation))

    def stop_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.stop(self.host, operation))

    def reboot_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.reboot(self.host, operation))

    def pause_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.pause(self.host, operation))

    def unpause_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.unpause(self.host, operation))

    def suspend_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.suspend(self.host, operation))

    def resume_instance(self, ctxt, operation, work):
        self._conclude(operation, lambda: power.resume(self.host, operation))

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
            self.host, ctxt, self.rooms, operation_uuid, instance,
            migrate_data)

    def post_live_migration_at_destination(self, ctxt, operation, work):
        self.rooms.forget(operation.instance_uuid)
        destination.take_over(self.host, ctxt, operation)

    def hand_over_console_log(self, ctxt, operation_uuid, instance):
        return console.packed(self.host, instance)

    def rollback_live_migration_at_destination(self, ctxt, operation, work):
        self.rooms.forget(operation.instance_uuid)
        destination.forget(self.host, operation)

    def post_live_migration_at_source(self, ctxt, operation, work):
        source.clean_up(self.host, operation)

    def live_migration_abort(self, ctxt, migration_uuid, reason=None):
        self.departures.abort(migration_uuid,
                              reason or departures.ASKED_BY_USER)

    def live_migration_force_complete(self, ctxt, migration_uuid):
        self.departures.force_complete(migration_uuid)

    # -- other services

    def external_instance_event(self, ctxt, events):
        external_events.receive(self.host, ctxt, events)

    # -- cold migration and resize

    def prep_resize(self, ctxt, operation, work):
        resize_destination.prepare(self.host, ctxt, operation)

    def resize_instance(self, ctxt, operation, work):
        aside.run(self.host, work, operation,
                  resize_source.leave, self.host, ctxt, operation)

    def check_instance_shared_storage(self, ctxt, operation_uuid, instance,
                                      migrate_data):
        return self.host.driver.sees_storage(instance, migrate_data)

    def finish_resize(self, ctxt, operation, work):
        aside.run(self.host, work, operation,
                  resize_destination.arrive, self.host, ctxt, operation)

    def confirm_resize(self, ctxt, operation, work):
        resize_source.confirm(self.host, ctxt, operation)

    def revert_resize(self, ctxt, operation, work):
        resize_destination.let_go(self.host, ctxt, operation)

    def finish_revert_resize(self, ctxt, operation, work):
        aside.run(self.host, work, operation,
                  resize_source.take_back, self.host, operation)

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

    def get_vnc_console(self, ctxt, instance, console_type):
        return console.address(self.host, instance, console_type)

    def validate_console_port(self, ctxt, instance, console_type):
        return console.address(self.host, instance, console_type)

    def _conclude(self, operation, act, fail=None):
        """Do an operation's only step and record how it ended.

        :param act: callable() -> fields of the instance that it changes
        :param fail: callable(error) that records that it has failed; None
            for what changes nothing else then
        :returns: what ``act`` has; ``build.WAITS`` for what has not ended
        """
        changes = None
        try:
            with self.host.turns.alone_with(operation.instance_uuid):
                changes = act()
        except Exception as error:
            LOG.warning('%s of instance %s failed: %s', operation.kind,
                        operation.instance_uuid, exception.reason_of(error),
                        exc_info=not isinstance(
                            error, exception.NovaGSException))
            if fail is None:
                self._fail(operation, error)
            else:
                fail(error)
        else:
            if changes is not build.WAITS:
                self.host.recorder.insist(
                    operation.finish, fields.OperationState.SUCCEEDED,
                    instance=changes)
        return changes

    def _fail(self, operation, error, changes=None):
        self.host.recorder.insist(
            operation.finish, fields.OperationState.FAILED,
            error=exception.reason_of(error), instance=changes or {})
