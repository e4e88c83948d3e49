"""Guests whose destination is gone before it has begun to take them.

A guest that has left its source, switched off, waits for its destination.
It need not: until that has begun, its source can have it back as well.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

_WHY = ('The server was not started on host %s, whose nova-compute is not '
        'there.')


def give_back(ctxt, means, operation):
    """Offer a guest to its source, if that is there.

    :param ctxt: admin RequestContext
    :param means: tasks.base.Means
    :param operation: offered to a host that is not there
    :returns: whether that was done
    """
    if operation.step != 'finish_resize':
        return False
    try:
        migration = objects.Migration.get_by_uuid(
            ctxt, operation.migration_uuid)
        source = objects.Service.get_by_host_and_binary(
            ctxt, migration.source_compute, fields.Binary.COMPUTE)
    except exception.NotFound:
        return False
    if not (means.servicegroup.is_up(source) and migration.give_guest_back(
            operation.uuid, _WHY % operation.host,
            means.conf.operations.sweep_interval)):
        return False
    LOG.warning('Instance %s goes back to host %s: host %s, which was to '
                'start it, is not there.', operation.instance_uuid,
                migration.source_compute, operation.host)
    means.publisher.publish(ctxt, objects.Operation.get_by_uuid(
        ctxt, operation.uuid))
    return True
