"""Removing what is left where no guest is to be."""

import collections

from oslo_concurrency import lockutils
from oslo_log import log as logging

from nova_gs.compute import ports
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import live_migration

LOG = logging.getLogger(__name__)

#: How many migrations that came and that did not a start looks back at.
LOOK_BACK = 20

#: How a migration has ended whose guest is not at its destination.
_DID_NOT_COME = [fields.MigrationStatus.ERROR,
                 fields.MigrationStatus.CANCELLED]

#: How long it is tried, in seconds.
TRY_FOR = 60

#: What another try may be spared.
_MAY_CHANGE = (exception.HypervisorError, exception.NetworkFailed)


def alone_with(instance_uuid):
    """Return a context in which no other thread touches a guest's room.

    What is late for one migration must not take away the room of the next.
    """
    return lockutils.lock('room of %s' % instance_uuid)


def remove(host, instance, side, arrived):
    """Try for a while; meanwhile the operation keeps others from trying.

    So nothing can be taken away that was made for the next migration.

    :param host: compute.host.Host
    :param side: live_migration.Side of this host
    :param arrived: whether the guest is at the destination
    :returns: whether nothing is left
    """
    return _try_on(host, instance, lambda: let_go(
        host, instance, side, arrived))


def let_go(host, instance, side, arrived):
    """Keep nothing here of a guest that is to be on the other host.

    May be repeated.

    :raises: HypervisorError, NetworkFailed
    """
    host.driver.finish_migration(instance, side, arrived=arrived)
    if side is live_migration.Side.DESTINATION:
        # Last: the hypervisor refuses where the guest is here after all.
        ports.unbind_ahead(host, instance)


def remove_at_last(host, operation, side, arrived):
    """Do the same for a migration that is over; nobody has to look again."""
    if remove(host, operation.instance, side, arrived):
        host.cleared.append(operation.migration_uuid)


def destroy(host, instance):
    """Remove a guest that shall not be here at all; try for a while.

    :param host: compute.host.Host
    """
    _try_on(host, instance, lambda: host.driver.destroy(instance))


def _try_on(host, instance, act):
    give_up_at = host.clock.now() + TRY_FOR
    told = None
    while True:
        try:
            act()
            return True
        except _MAY_CHANGE as error:
            reason = exception.reason_of(error)
        if reason != told:
            LOG.warning('What is left here of instance %s cannot be removed '
                        'yet: %s', instance.uuid, reason)
            told = reason
        if host.recorder.pause() or host.clock.now() >= give_up_at:
            LOG.warning('What is left here of instance %s stays: %s. Look at '
                        'it with the hypervisor\'s own means.',
                        instance.uuid, reason)
            return False


def give_rooms_back(host, ctxt):
    """Clean up after guests that did not come while this host was away.

    A source whose destination is gone ends the migration by itself; what
    was prepared here for the guest is removed now.
    """
    for instance_uuid, over in _not_cleared(
            host, ctxt, _DID_NOT_COME, 'dest_compute').items():
        _clear(host, ctxt, instance_uuid, over,
               live_migration.Side.DESTINATION, arrived=False)


def clear_after_departures(host, ctxt):
    """Clean up after guests that were seen to be gone while we were away.

    What they left is removed by their migration's last step.  Nobody waits
    for that when this host is not there.
    """
    for instance_uuid, over in _not_cleared(
            host, ctxt, fields.MigrationStatus.COMPLETED,
            'source_compute').items():
        _clear(host, ctxt, instance_uuid, over, live_migration.Side.SOURCE,
               arrived=True)


def _not_cleared(host, ctxt, status, end):
    """Return what may have left something on the host.

    :param status: of migrations, or a list of them
    :param end: the name of the column that is to name the host
    :returns: {instance UUID: UUIDs of its migrations}
    """
    found = collections.defaultdict(list)
    for migration in objects.MigrationList.get_by_filters(
            ctxt, {end: host.name, 'status': status,
                   'migration_type': fields.MigrationType.LIVE},
            limit=LOOK_BACK):
        if migration.uuid not in host.cleared:
            found[migration.instance_uuid].append(migration.uuid)
    return found


def _clear(host, ctxt, instance_uuid, over, side, arrived):
    """Remove what is left of a guest that is not here and does not come.

    :param over: UUIDs of the migrations that may have left it
    """
    try:
        with alone_with(instance_uuid):
            _clear_unless_needed(host, ctxt, instance_uuid, side, arrived)
        host.cleared.extend(over)
    except _MAY_CHANGE as error:
        LOG.warning('What a migration has left here of instance %s, which '
                    'is elsewhere, could not be removed: %s', instance_uuid,
                    exception.reason_of(error))


def _clear_unless_needed(host, ctxt, instance_uuid, side, arrived):
    try:
        instance = objects.Instance.get_by_uuid(ctxt, instance_uuid)
    except exception.InstanceNotFound:
        # It was deleted where it was, which was not here.
        instance = objects.Instance(ctxt, uuid=instance_uuid, host=None,
                                    ports=[])
    coming = any(m.dest_compute == host.name for m in
                 objects.MigrationList.get_in_progress(ctxt, instance_uuid))
    if instance.host != host.name and not coming:
        let_go(host, instance, side, arrived)
