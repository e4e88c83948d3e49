"""A live migration at its destination.

Room is made in a call that the source makes; what follows are steps of the
operation.  Where the source is lost before it can say how it ended, ``rooms``
does.
"""

import uuid

from oslo_log import log as logging

from nova_gs.compute import console
from nova_gs.compute.live_migration import leftovers
from nova_gs.compute import ports
from nova_gs.compute import power
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client
from nova_gs.virt import live_migration

LOG = logging.getLogger(__name__)

#: Seconds that the source may take to hand a console log over.
LOG_WITHIN = 10

#: What the user reads of a migration whose source is lost.
_ARRIVED = ('Finish: the guest has arrived, and its source is lost. The '
            'destination has it from now on.')


def make_room(host, ctxt, rooms, operation_uuid, instance, migrate_data):
    """Make room for a guest that is about to come.

    The source may give up while that lasts, and clear here what is not there
    yet.  So it is looked at once more whether the guest comes.  Where that
    cannot be told, or the source is lost, ``rooms`` sees to it later.

    Its ports are bound and plugged in here already, so that the network can
    tell when it is ready.  The source waits for that, not this host, which
    would have to be told when the wait is called off.

    :param rooms: rooms.Rooms of this host
    :returns: the MigrateData to use
    :raises: NetworkFailed when a port cannot be had here;
             Conflict when it does not come any more: the call has waited
             for a destination that was away, and the source has given up
    """
    with leftovers.alone_with(instance.uuid):
        _check_comes(ctxt, operation_uuid, instance)
        rooms.remember(operation_uuid, instance.uuid)
        awaited = ports.bind_ahead(host, ctxt, instance, migrate_data)
        data = host.driver.accept_migration(
            instance, migrate_data, _image(ctxt, instance, migrate_data))
        ports.say_what_is_awaited(host, awaited, data)
        try:
            _check_comes(ctxt, operation_uuid, instance)
        except exception.PeerUnavailable as error:
            reason = exception.reason_of(error)
        except exception.Conflict:
            leftovers.remove(host, instance, live_migration.Side.DESTINATION,
                             arrived=False)
            raise
        else:
            return data
    LOG.info('Instance %s: whether it still comes cannot be told: %s',
             instance.uuid, reason)
    return data


def _image(ctxt, instance, migrate_data):
    """Return the image that disks which are copied were made of, or None."""
    if not migrate_data.block_migration or not instance.image_ref:
        return None
    try:
        return objects.Image.get_by_id(ctxt, instance.image_ref)
    except exception.ImageNotFound:
        return None


def _check_comes(ctxt, operation_uuid, instance):
    operation = objects.Operation.get_by_uuid(ctxt, operation_uuid)
    if (operation.step != 'live_migration' or
            operation.state != fields.OperationState.RUNNING):
        raise exception.Conflict(
            reason='No room is made for instance %s: operation %s, which '
                   'was to bring it, is %s.' % (
                       instance.uuid, operation.uuid, operation.state))


def take_over(host, ctxt, operation):
    """The guest has arrived: make it ours, then let the source clean up."""
    _fetch_log(host, ctxt, operation)
    host.pass_on(ctxt, operation, 'post_live_migration_at_source',
                 host=operation.peer_host, peer_host=None,
                 instance=_look_after(host, operation))


def _fetch_log(host, ctxt, operation):
    """Have what the guest wrote at its source, which is about to go.

    It is worth a call, but no guest has to wait for it.
    """
    data = objects.MigrateData.obj_from_primitive(
        operation.params['migrate_data'])
    if not data.block_migration:
        return
    try:
        with rpc_client.at_most(rpc_client.bounded(LOG_WITHIN)):
            packed = host.compute_rpcapi.hand_over_console_log(
                ctxt, operation.peer_host, operation.uuid,
                operation.instance)
        host.driver.keep_console(operation.instance, console.unpack(packed))
    except exception.NovaGSException as error:
        LOG.warning('Instance %s: what it wrote on host %s is not in its '
                    'console log any more: %s', operation.instance_uuid,
                    operation.peer_host, exception.reason_of(error))


def commit_arrival(host, ctxt, operation):
    """Take over a migration whose guest is here and whose source is lost.

    Here it is this host that commits the new place, and it may be all that
    ever is done: if the source stays away, conductors end the operation.

    :param operation: interrupted, with the source as its host
    :raises: ClaimRefused when the source has returned and was faster
    """
    mine = host.recorder.insist(
        objects.Operation.take_over, ctxt, operation.uuid, host.name,
        host.owner, str(uuid.uuid4()), told=_ARRIVED)
    if mine is None:
        # Whether that was so is seen at the next look.
        return
    LOG.warning('Instance %s has arrived here from host %s, which is lost. '
                'This host has it from now on.', mine.instance_uuid,
                mine.host)
    host.pass_on(
        ctxt, mine, 'post_live_migration_at_source', host=mine.host,
        peer_host=None,
        instance=dict(_look_after(host, mine), host=host.name,
                      node=mine.migration.dest_node),
        migration={'status': fields.MigrationStatus.POST_MIGRATING,
                   'memory_remaining': 0, 'disk_remaining': 0})


def _look_after(host, operation):
    """Look at a guest that has arrived; returns what is to be recorded."""
    changes = {}
    if operation.instance.deleted:
        # At its source, which it had left already.
        leftovers.destroy(host, operation.instance)
    try:
        guest = host.driver.finish_migration(
            operation.instance, live_migration.Side.DESTINATION, arrived=True)
    except (exception.HypervisorError, exception.GuestNotFound) as error:
        # It runs here all the same, or was deleted already.
        LOG.warning('Instance %s has arrived, but looking after it failed: '
                    '%s', operation.instance_uuid, exception.reason_of(error))
    else:
        if guest is not None:
            changes = power.state_seen(operation.instance, guest.power_state)
    if not operation.instance.deleted:
        changes.update(ports.follow(host, operation.instance))
    return changes


def forget(host, operation):
    """The guest does not come: give its room back and end the operation."""
    ending = operation.params['ending']
    with leftovers.alone_with(operation.instance_uuid):
        leftovers.remove_at_last(
            host, operation, live_migration.Side.DESTINATION, arrived=False)
    host.recorder.insist(
        operation.finish, ending['state'], error=ending['reason'],
        migration={'status': ending['migration_status']})
