"""A cold migration or resize at its destination: take it, give it back."""

from oslo_log import log as logging

from nova_gs.compute import ports
from nova_gs.compute.resize import common
from nova_gs import exception
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

_STATUS = fields.MigrationStatus
_TASK = fields.TaskState

#: How many destinations are tried.
TRIES = 3


def prepare(host, ctxt, operation):
    """Agree to take a guest, and let its source begin; nothing is made.

    That this step is claimed keeps the source from leaving.  It is looked at
    only then, so there is no gap in which it could leave unseen.
    """
    _, error = common.attempt(host, _check, host, ctxt, operation)
    if error is not None:
        _decline(host, ctxt, operation, error)
        return
    host.pass_on(
        ctxt, operation, 'resize_instance', host=operation.peer_host,
        peer_host=host.name, expires_in=operation.params.get('begin_within'),
        instance={'task_state': _TASK.RESIZE_MIGRATING},
        migration={'status': _STATUS.MIGRATING})


def _check(host, ctxt, operation):
    _require_up(host, ctxt, operation.peer_host)
    host.driver.check_resize(
        operation.instance, operation.migration.new_flavor)


def _require_up(host, ctxt, peer):
    if peer != host.name and not host.peer_is_up(ctxt, peer):
        raise exception.HostUnavailable(host=peer, state='down')


def _decline(host, ctxt, operation, error):
    """Have another host chosen, or end what cannot be."""
    reason = exception.reason_of(error)
    failed_on = dict(operation.params.get(fields.FAILED_ON, {}),
                     **{host.name: reason})
    if (isinstance(error, exception.HostUnavailable)
            or operation.params.get('dest_host') is not None
            or len(failed_on) >= TRIES):
        common.fail(host, operation, reason)
        return
    LOG.info('Another host is chosen for instance %s: %s',
             operation.instance_uuid, reason)
    host.pass_on(
        ctxt, operation, 'migrate_server', error=reason,
        params={fields.FAILED_ON: failed_on},
        migration={'status': _STATUS.ACCEPTED, 'dest_compute': None,
                   'dest_node': None})


def arrive(host, ctxt, operation):
    """Start the guest in its new size; what fails is given back."""
    with host.turns.alone_with(operation.instance_uuid):
        if common.is_deleted(host, operation):
            return
        # Before anything is begun: until then a conductor may give it back.
        host.recorder.insist(operation.report, instance=dict(
            ports.follow(host, operation.instance),
            task_state=_TASK.RESIZE_FINISH))
        guest, error = common.attempt(
            host, host.driver.arrive_from_resize, operation.instance,
            common.unpack(operation), common.is_to_run(operation))
        if error is not None:
            _give_back(host, ctxt, operation, exception.reason_of(error))
            return
        host.recorder.insist(
            operation.finish, fields.OperationState.SUCCEEDED,
            instance={'vm_state': fields.VMState.RESIZED,
                      'power_state': int(guest.power_state),
                      'launched_at': host.clock.utcnow().isoformat()},
            migration={'status': _STATUS.FINISHED})


def _give_back(host, ctxt, operation, why):
    """Nothing of the guest may stay here; its source starts it again."""
    reason = 'The server could not be started on host %s: %s' % (
        host.name, why)
    data, error = common.attempt(
        host, host.driver.leave_for_revert, operation.instance)
    if error is not None:
        # It may run here, so it must not run anywhere else.
        reason = '%s. Whether it is off there cannot be told: %s' % (
            reason.rstrip('.'), exception.reason_of(error))
        common.fail(host, operation, reason, common.fault(host, reason))
        return
    LOG.warning('Instance %s goes back: %s', operation.instance_uuid, reason)
    _pass_back(host, ctxt, operation, data, params={common.ENDING: reason})


def let_go(host, ctxt, operation):
    """Switch the guest off and give it back to its source."""
    migration = operation.migration
    if migration.source_compute != host.name:
        # Named first: from here on it does not leave unseen.
        host.recorder.insist(
            operation.report, peer_host=migration.source_compute)
    with host.turns.alone_with(operation.instance_uuid):
        if common.is_deleted(host, operation):
            return
        data, error = common.attempt(host, _leave, host, ctxt, operation)
        if error is not None:
            _keep(host, operation, error)
            return
        _pass_back(host, ctxt, operation, data)


def _leave(host, ctxt, operation):
    _require_up(host, ctxt, operation.migration.source_compute)
    return host.driver.leave_for_revert(operation.instance)


def _pass_back(host, ctxt, operation, data, params=None):
    host.pass_on(
        ctxt, operation, 'finish_revert_resize',
        host=operation.migration.source_compute, peer_host=None,
        instance=dict(operation.migration.at_source(),
                      task_state=_TASK.RESIZE_REVERTING),
        migration={'status': _STATUS.POST_REVERTING},
        params=dict(params or {}, **common.pack(data)))


def _keep(host, operation, error):
    """The guest stays here, and can still be confirmed or reverted."""
    reason = 'The server stays on host %s: %s' % (
        host.name, exception.reason_of(error))
    guest, unseen = common.attempt(
        host, host.driver.get_guest, operation.instance_uuid)
    common.fail(
        host, operation, reason,
        None if unseen else {'power_state': int(guest.power_state)},
        _STATUS.FINISHED)
