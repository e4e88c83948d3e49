"""A live migration at its destination.

Room is made in a call that the source makes; what follows are steps of the
operation.
"""

from oslo_log import log as logging

from nova_gs.compute.live_migration import leftovers
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)


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
    leftovers.remove(host, operation.instance, driver.Side.DESTINATION,
                     arrived=False)
    host.recorder.insist(
        operation.finish, ending['state'], error=ending['reason'],
        migration={'status': ending['migration_status']})
