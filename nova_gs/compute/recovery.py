"""What a start finds of the last run, and what it makes of it.

Steps that were offered and not begun are simply taken up.  Those that the
last process had begun are marked ``interrupted``, with what can be said for
certain: an operation on one guest is over, and the user may ask again; a
live migration may go on by itself, so its guest stays marked as migrating.
"""

from oslo_log import log as logging

from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue

LOG = logging.getLogger(__name__)

_CUT = ('Interrupted: nova-compute on host %s ended while step %s was under '
        'way. Look at the instance, then ask again.')


def settle_interrupted(host, ctxt):
    """Mark what the last process of this host had begun and not ended."""
    for operation in objects.OperationList.of_dead_owners(
            ctxt, host.name, host.owner):
        reason = _CUT % (host.name, operation.step)
        moving = operation.kind == fields.OperationKind.LIVE_MIGRATION
        try:
            operation.mark_interrupted(
                reason, instance=None if moving else {'task_state': None})
        except exception.ClaimRefused as error:
            LOG.info('%s', exception.reason_of(error))
        else:
            LOG.warning('Operation %s (%s of instance %s): %s',
                        operation.uuid, operation.kind,
                        operation.instance_uuid, reason)


def take_up_offered(host, ctxt, manager, runner):
    """Execute the steps that wait for this host.

    :param runner: steps.StepRunner
    :returns: how many there were
    """
    offered = objects.OperationList.offered_to(ctxt, host.name)
    for operation in offered:
        row = catalogue.ROWS[operation.step]
        asked_by = context.RequestContext(
            user_id=operation.user_id, project_id=operation.project_id,
            request_id=operation.request_id, is_admin=True)
        runner.take(row, getattr(manager, row.name), asked_by,
                    operation.uuid)
    if offered:
        LOG.info('Took up %d steps that were offered to this host.',
                 len(offered))
    return len(offered)
