"""A live migration at its destination.

Room is made by the driver alone (``accept_migration``), in a call that the
source makes; what follows are steps of the operation.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)


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
    try:
        host.driver.finish_migration(
            operation.instance, driver.Side.DESTINATION, arrived=False)
    except exception.HypervisorError as error:
        LOG.warning('The room of instance %s, which does not come, could not '
                    'be given back: %s. It is tried again at the next start.',
                    operation.instance_uuid, exception.reason_of(error))
    host.recorder.insist(
        operation.finish, ending['state'], error=ending['reason'],
        migration={'status': ending['migration_status']})
