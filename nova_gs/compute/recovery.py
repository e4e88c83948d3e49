"""What a start finds of the last run, and what it makes of it.

Steps that were offered and not begun are simply taken up.  Of those that the
last process had begun, an operation on one guest is over: it fails, and the
user may ask again.  A live migration may go on without us, so it is marked
``interrupted`` and its guest stays as it is.
"""

import uuid

from oslo_log import log as logging

from nova_gs.compute import build
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

#: How many migrations of each ending a start looks back at.
LOOK_BACK = 20

#: How a migration has ended whose guest is not at its destination.
_DID_NOT_COME = (fields.MigrationStatus.ERROR,
                 fields.MigrationStatus.CANCELLED)

#: What the user is told of an operation that a restart has cut.
_CUT = ('Interrupted: nova-compute on host %s ended while step %s was under '
        'way. Look at the instance, then ask again.')


def settle_interrupted(host, ctxt):
    """Settle what an earlier process of this host had begun."""
    begun = list(objects.OperationList.of_dead_owners(
        ctxt, host.name, host.owner))
    marked = list(objects.OperationList.interrupted_on_host(ctxt, host.name))
    for operation in begun + marked:
        reason = _CUT % (host.name, operation.step)
        try:
            if operation.kind != fields.OperationKind.LIVE_MIGRATION:
                _fail(host, ctxt, operation, reason)
            elif operation in begun:
                operation.mark_interrupted(reason)
        except exception.ClaimRefused as error:
            LOG.info('%s', exception.reason_of(error))
        except exception.HypervisorError as error:
            LOG.warning('Operation %s cannot be settled before the next '
                        'start: %s', operation.uuid,
                        exception.reason_of(error))
        else:
            LOG.warning('Operation %s (%s of instance %s): %s',
                        operation.uuid, operation.kind,
                        operation.instance_uuid, reason)


def _fail(host, ctxt, operation, reason):
    mine = objects.Operation.take_over(
        ctxt, operation.uuid, host.name, host.owner, str(uuid.uuid4()))
    changes = {}
    if mine.kind == fields.OperationKind.BUILD:
        # Half a guest belongs to nobody once the record names no host.
        host.driver.destroy(mine.instance)
        changes = build.when_build_failed(host, mine, reason)
    mine.finish(fields.OperationState.FAILED, error=reason, instance=changes)


def give_rooms_back(host, ctxt):
    """Clean up after guests that did not come while this host was away.

    A source whose destination is gone ends the migration by itself; what
    was prepared here for the guest is removed now.
    """
    seen = set()
    for status in _DID_NOT_COME:
        for migration in objects.MigrationList.get_by_filters(
                ctxt, {'host': host.name, 'status': status},
                limit=LOOK_BACK):
            instance = migration.instance_uuid
            if migration.dest_compute == host.name and instance not in seen:
                seen.add(instance)
                _give_room_back(host, ctxt, instance)


def _give_room_back(host, ctxt, instance_uuid):
    try:
        instance = objects.Instance.get_by_uuid(ctxt, instance_uuid)
        coming = any(
            m.dest_compute == host.name for m in
            objects.MigrationList.get_in_progress(ctxt, instance_uuid))
        if instance.host != host.name and not coming:
            host.driver.finish_migration(
                instance, driver.Side.DESTINATION, arrived=False)
    except exception.InstanceNotFound:
        return
    except exception.HypervisorError as error:
        LOG.warning('What was prepared here for instance %s, which did not '
                    'come, could not be removed: %s', instance_uuid,
                    exception.reason_of(error))


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
