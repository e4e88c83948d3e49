"""What a start finds of the last run, and what it makes of it.

Steps that were offered and not begun are simply taken up.  What the last
process had begun is settled by its step:

* An operation on one guest is over: it fails, and the user may ask again.
* A live migration may go on without us, so its source takes it up where it
  is: under way, arrived, or over with the guest still here.
* The steps after it, on either side, may be repeated: they are begun again.
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

#: How many operations are asked for at a time: thousands in one answer would
#: keep every other thread waiting while it is unpacked.
PAGE = 100

#: How a migration has ended whose guest is not at its destination.
_DID_NOT_COME = (fields.MigrationStatus.ERROR,
                 fields.MigrationStatus.CANCELLED)

#: What the user is told of an operation that a restart has cut.
_CUT = ('Interrupted: nova-compute on host %s ended while step %s was under '
        'way. Look at the instance, then ask again.')

#: The step at which a guest may be on its way without us.
_MOVING = 'live_migration'


def settle_interrupted(host, ctxt, gate, departures):
    """Settle what an earlier process of this host had begun.

    :param gate: shutdown.tracker.Gate, for what goes on from here
    :param departures: live_migration.departures.Departures
    """
    for operation in _left_behind(host, ctxt):
        try:
            if operation.step == _MOVING:
                _adopt(host, ctxt, gate, departures, operation)
            elif catalogue.ROWS[operation.step].role is (
                    catalogue.Role.STEP):
                _begin_again(host, ctxt, operation)
            else:
                _fail(host, ctxt, gate, operation)
        except (exception.ClaimRefused, exception.HostDraining) as error:
            LOG.info('%s', exception.reason_of(error))
        except exception.HypervisorError as error:
            LOG.warning('Operation %s cannot be settled before the next '
                        'start: %s', operation.uuid,
                        exception.reason_of(error))


def _left_behind(host, ctxt):
    """Return what this host had begun and nobody works on any more."""
    # A conductor names this host too, and is none of our earlier processes.
    begun = [operation for operation in
             objects.OperationList.of_dead_owners(
                 ctxt, host.name, host.owner)
             if not catalogue.is_conductor_step(operation.step)]
    return begun + list(
        objects.OperationList.interrupted_on_host(ctxt, host.name))


def _take_over(host, ctxt, operation):
    mine = host.recorder.insist(
        objects.Operation.take_over, ctxt, operation.uuid, host.name,
        host.owner, str(uuid.uuid4()))
    if mine is None:
        raise exception.ClaimRefused(
            step=operation.step, operation_id=operation.uuid,
            why=fields.ClaimRefusal.MOVED)
    return mine


def _adopt(host, ctxt, gate, departures, operation):
    """Take a live migration up where it is; does not wait for its end."""
    row = catalogue.ROWS[operation.step]
    with gate.enter(row.name, row.while_draining, row.on_shutdown,
                    operation_uuid=operation.uuid,
                    instance_uuid=operation.instance_uuid) as work:
        work.belongs_to(operation)
        mine = _take_over(host, ctxt, operation)
        try:
            departures.adopt(_in_the_name_of(mine), mine, work)
        except exception.HypervisorError as error:
            host.recorder.insist(
                mine.mark_interrupted,
                'Interrupted: where the guest is cannot be told on host %s: '
                '%s' % (host.name, exception.reason_of(error)))
            raise
    LOG.info('Took up operation %s (%s of instance %s).', mine.uuid,
             mine.kind, mine.instance_uuid)


def _begin_again(host, ctxt, operation):
    """Offer a step that may be repeated to this host once more."""
    mine = _take_over(host, ctxt, operation)
    host.recorder.insist(
        mine.offer, mine.step, host=mine.host, peer_host=mine.peer_host)
    LOG.info('Step %s of operation %s was cut and is begun again.',
             mine.step, mine.uuid)


def _fail(host, ctxt, gate, operation):
    """End an operation on one guest; a stop waits for it as for any work."""
    row = catalogue.ROWS[operation.step]
    with gate.enter(row.name, row.while_draining, row.on_shutdown,
                    operation_uuid=operation.uuid,
                    instance_uuid=operation.instance_uuid) as work:
        work.belongs_to(operation)
        work.say('settling what a restart has cut')
        _settle(host, _take_over(host, ctxt, operation))


def _settle(host, mine):
    reason = _CUT % (host.name, mine.step)
    instance, migration = {}, None
    if mine.kind == fields.OperationKind.BUILD:
        # Half a guest belongs to nobody once the record names no host.
        host.driver.destroy(mine.instance)
        instance = build.when_build_failed(host, mine, reason)
    if mine.migration_uuid:
        migration = {'status': fields.MigrationStatus.ERROR}
    host.recorder.insist(
        mine.finish, fields.OperationState.FAILED, error=reason,
        instance=instance, migration=migration)
    LOG.warning('Operation %s (%s of instance %s): %s', mine.uuid, mine.kind,
                mine.instance_uuid, reason)


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
                _clear(host, ctxt, instance, driver.Side.DESTINATION,
                       arrived=False)


def clear_after_departures(host, ctxt):
    """Clean up after guests that were seen to be gone while we were away.

    What they left is removed by their migration's last step.  Nobody waits
    for that when this host is not there.
    """
    departed = objects.MigrationList.get_by_filters(
        ctxt, {'host': host.name,
               'status': fields.MigrationStatus.COMPLETED}, limit=LOOK_BACK)
    for instance in {migration.instance_uuid for migration in departed
                     if migration.source_compute == host.name}:
        _clear(host, ctxt, instance, driver.Side.SOURCE, arrived=True)


def _clear(host, ctxt, instance_uuid, side, arrived):
    """Remove what is left of a guest that is not here and does not come."""
    try:
        instance = objects.Instance.get_by_uuid(ctxt, instance_uuid)
        coming = any(
            m.dest_compute == host.name for m in
            objects.MigrationList.get_in_progress(ctxt, instance_uuid))
        if instance.host != host.name and not coming:
            host.driver.finish_migration(instance, side, arrived=arrived)
    except exception.InstanceNotFound:
        return
    except exception.HypervisorError as error:
        LOG.warning('What a migration has left here of instance %s, which '
                    'is elsewhere, could not be removed: %s', instance_uuid,
                    exception.reason_of(error))


def take_up_offered(host, ctxt, manager, runner, gate):
    """Execute the steps that wait for this host and may begin now.

    :param runner: steps.StepRunner
    :param gate: shutdown.tracker.Gate
    :returns: how many there were
    """
    count = 0
    for operation in _offered_to(host, ctxt):
        row = catalogue.ROWS[operation.step]
        if not gate.admits(row.while_draining, row.lets_go):
            continue
        runner.take(row, getattr(manager, row.name),
                    _in_the_name_of(operation), operation.uuid)
        count += 1
    if count:
        LOG.info('Took up %d steps that were offered to this host.', count)
    return count


def _offered_to(host, ctxt):
    """Return an iterator over what is offered to this host, oldest first."""
    marker = None
    while True:
        page = list(objects.OperationList.offered_to(
            ctxt, host.name, limit=PAGE, marker=marker))
        yield from page
        if len(page) < PAGE:
            return
        marker = page[-1].uuid


def _in_the_name_of(operation):
    """Return the RequestContext of whoever asked for an operation."""
    return context.RequestContext(
        user_id=operation.user_id, project_id=operation.project_id,
        request_id=operation.request_id, is_admin=True)
