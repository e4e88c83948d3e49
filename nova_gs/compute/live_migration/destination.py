"""A live migration at its destination.

Room is made in a call that the source makes; what follows are steps of the
operation.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

#: How long it is tried to give a room back, in seconds.
GIVE_BACK_WITHIN = 60


def make_room(host, ctxt, operation_uuid, instance, migrate_data):
    """Make room for a guest that is about to come.

    :returns: the MigrateData to use
    :raises: Conflict when it does not come any more: the call has waited
             for a destination that was away, and the source has given up
    """
    operation = objects.Operation.get_by_uuid(ctxt, operation_uuid)
    if (operation.step != 'live_migration' or
            operation.state != fields.OperationState.RUNNING):
        raise exception.Conflict(
            reason='No room is made for instance %s: operation %s, which '
                   'was to bring it, is %s.' % (
                       instance.uuid, operation.uuid, operation.state))
    return host.driver.accept_migration(instance, migrate_data)


def take_over(host, ctxt, operation):
    """The guest has arrived: make it ours, then let the source clean up."""
    changes = {'vm_state': fields.VMState.ACTIVE}
    try:
        guest = host.driver.finish_migration(
            operation.instance, driver.Side.DESTINATION, arrived=True)
    except exception.HypervisorError as error:
        # It runs here all the same; the next look at it will tell.
        LOG.warning('Instance %s has arrived, but looking after it failed: '
                    '%s', operation.instance_uuid, exception.reason_of(error))
    else:
        if guest is not None:
            changes['power_state'] = int(guest.power_state)
    host.pass_on(ctxt, operation, 'post_live_migration_at_source',
                 host=operation.peer_host, peer_host=None, instance=changes)


def forget(host, operation):
    """The guest does not come: give its room back and end the operation."""
    ending = operation.params['ending']
    _give_room_back(host, operation.instance)
    host.recorder.insist(
        operation.finish, ending['state'], error=ending['reason'],
        migration={'status': ending['migration_status']})


def _give_room_back(host, instance):
    """Try for a while; meanwhile the operation keeps others from trying.

    So no room can be taken away that was made for the next migration.
    """
    give_up_at = host.clock.now() + GIVE_BACK_WITHIN
    told = None
    while True:
        try:
            host.driver.finish_migration(
                instance, driver.Side.DESTINATION, arrived=False)
            return
        except exception.HypervisorError as error:
            reason = exception.reason_of(error)
        if reason != told:
            LOG.warning('The room of instance %s, which does not come, '
                        'cannot be given back yet: %s', instance.uuid, reason)
            told = reason
        if host.recorder.pause() or host.clock.now() >= give_up_at:
            LOG.warning('The room of instance %s is left until the next '
                        'start.', instance.uuid)
            return
