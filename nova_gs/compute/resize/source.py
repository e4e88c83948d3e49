"""A cold migration or resize at its source: let go, and take back."""

from oslo_log import log as logging

from nova_gs.compute import ports
from nova_gs.compute import power
from nova_gs.compute.resize import common
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

_STATUS = fields.MigrationStatus
_STATES = fields.OperationState
_TASK = fields.TaskState


def leave(host, ctxt, operation):
    """Switch the guest off and hand it over; what fails brings it back.

    The new host, size and room are committed before the destination is told.
    """
    with host.turns.alone_with(operation.instance_uuid):
        if common.is_deleted(host, operation):
            return
        data, error = common.attempt(
            host, _let_go, host, ctxt, operation)
        if error is not None:
            _stay(host, operation, exception.reason_of(error))
            return
        migration = operation.migration
        host.pass_on(
            ctxt, operation, 'finish_resize', host=migration.dest_compute,
            peer_host=host.name,
            instance=dict(migration.at_destination(),
                          task_state=_TASK.RESIZE_MIGRATED,
                          power_state=int(driver.PowerState.SHUTDOWN)),
            migration={'status': _STATUS.POST_MIGRATING},
            params=common.pack(data))


def _let_go(host, ctxt, operation):
    instance = operation.instance
    data = host.driver.describe_for_resize(instance)
    _require_shared(host, ctxt, operation, data)
    return host.driver.leave_for_resize(instance, data)


def _require_shared(host, ctxt, operation, data):
    """Refuse to switch a guest off whose disk is not seen over there.

    This also tells that the destination is still there.

    :raises: MigrationPreCheckError, PeerUnavailable
    """
    there = operation.migration.dest_compute
    if there == host.name:
        return
    if not host.compute_rpcapi.check_instance_shared_storage(
            ctxt, there, operation.uuid, operation.instance, data):
        raise exception.MigrationPreCheckError(
            reason='the disk of the guest is not on storage that hosts %s '
                   'and %s share.' % (host.name, there))


def _stay(host, operation, why):
    """The guest has not moved: it goes on here as it was."""
    reason = 'The server stays on host %s: %s' % (host.name, why)
    guest, error = common.attempt(
        host, host.driver.return_from_resize, operation.instance, None,
        common.is_to_run(operation))
    if error is not None:
        reason = '%s. It could not be started again: %s' % (
            reason.rstrip('.'), exception.reason_of(error))
        common.fail(host, operation, reason, common.fault(host, reason))
        return
    common.fail(host, operation, reason,
                power.state_seen(operation.instance, guest.power_state))


def confirm(host, ctxt, operation):
    """Keep nothing to go back to; a delete then goes on at the guest."""
    with host.turns.alone_with(operation.instance_uuid):
        _, error = common.attempt(
            host, host.driver.confirm_resize, operation.instance)
        if error is not None:
            common.fail(host, operation, exception.reason_of(error),
                        status=_STATUS.FINISHED)
            return
    if operation.kind == fields.OperationKind.DELETE:
        host.pass_on(ctxt, operation, 'delete_instance',
                     host=operation.instance.host)
        return
    host.recorder.insist(
        operation.finish, _STATES.SUCCEEDED,
        instance={'vm_state': _as_seen(operation)},
        migration={'status': _STATUS.CONFIRMED})


def _as_seen(operation):
    """Return the vm_state of a guest that may be off by now."""
    return power.VM_STATES.get(
        driver.PowerState(operation.instance.power_state),
        operation.migration.old_vm_state)


def take_back(host, operation):
    """Start the guest as it was before its move."""
    with host.turns.alone_with(operation.instance_uuid):
        if common.is_deleted(host, operation):
            return
        why = operation.params.get(common.ENDING)
        if operation.instance.ports:
            host.recorder.insist(operation.report, instance=ports.follow(
                host, operation.instance))
        guest, error = common.attempt(
            host, host.driver.return_from_resize, operation.instance,
            common.unpack(operation), common.is_to_run(operation))
        if error is not None:
            reason = '%sThe server is off, and could not be started again ' \
                     'on host %s: %s' % (why + ' ' if why else '', host.name,
                                         exception.reason_of(error))
            common.fail(host, operation, reason, common.fault(host, reason))
            return
        changes = {'vm_state': operation.migration.old_vm_state,
                   'power_state': int(guest.power_state)}
        if why is not None:
            common.fail(host, operation, '%s It is back on host %s.' % (
                why, host.name), changes)
            return
        host.recorder.insist(
            operation.finish, _STATES.SUCCEEDED, instance=changes,
            migration={'status': _STATUS.REVERTED})
