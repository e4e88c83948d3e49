"""Migrations that are over, but for clearing up on a host that has gone.

Where the guest is has been settled and recorded; all that is left is to
remove what it does not need on the other host.  The guest must not wait for
that, as the host may never return.  If it does, it clears up at its start.
"""

from oslo_log import log as logging
from oslo_utils import uuidutils

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: Who holds a step for the moment in which it is ended here.
_OWNER = 'nova-conductor, in the place of the host'


def ending_of(operation):
    """Return how an operation ends without its present step.

    :returns: arguments of ``Operation.finish``; None when the step matters
    """
    if operation.step == 'post_live_migration_at_source':
        return {'state': fields.OperationState.SUCCEEDED, 'error': None,
                'migration': {'status': fields.MigrationStatus.COMPLETED}}
    if operation.step == 'rollback_live_migration_at_destination':
        ending = operation.params['ending']
        return {'state': ending['state'], 'error': ending['reason'],
                'migration': {'status': ending['migration_status']}}
    return None


def end_offered(ctxt, operation):
    """End an operation whose host is not there to begin its last step.

    :returns: whether it has ended by that
    """
    ending = ending_of(operation)
    done = ending is not None and objects.Operation.cancel_offered(
        ctxt, operation.uuid, step=operation.step, **ending)
    return done and _tell(operation)


def end_left(ctxt, operation):
    """End an operation whose last step its host has left in the middle.

    :returns: whether it has ended by that
    """
    ending = ending_of(operation)
    if ending is None:
        return False
    try:
        objects.Operation.take_over(
            ctxt, operation.uuid, operation.host, _OWNER,
            uuidutils.generate_uuid()).finish(**ending)
    except exception.ClaimRefused:
        # It is back, or another conductor was faster.
        return False
    return _tell(operation)


def _tell(operation):
    LOG.info('Operation %s (%s of instance %s) has ended, although host %s '
             'is not there to clear up.', operation.uuid, operation.kind,
             operation.instance_uuid, operation.host)
    return True
