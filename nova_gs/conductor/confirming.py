"""Moves and resizes that nobody has confirmed or reverted in time.

Each is confirmed as if its user had asked for that.  Any number of
conductors may look: a server takes one request at a time.
"""

import datetime

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: How many are confirmed at a time; the next look takes more.
BATCH = 100


def confirm_overdue(ctxt, means):
    """Confirm what is older than ``resize_confirm_window``.

    :param ctxt: admin RequestContext
    :param means: tasks.base.Means
    :returns: how many that were
    """
    window = means.conf.resize_confirm_window
    if not window:
        return 0
    overdue = objects.MigrationList.get_by_filters(ctxt, {
        'status': fields.MigrationStatus.FINISHED,
        'migration_type': list(fields.MigrationType.SWITCHED_OFF),
        'changes_before': means.clock.utcnow() - datetime.timedelta(
            seconds=window)}, limit=BATCH)
    return sum(_confirm(ctxt, means, migration) for migration in overdue)


def _confirm(ctxt, means, migration):
    try:
        means.servicegroup.require_up(objects.Service.get_by_host_and_binary(
            ctxt, migration.source_compute, fields.Binary.COMPUTE),
            letting_go=True)
        migration.status = fields.MigrationStatus.CONFIRMING
        operation = objects.Operation.accept(
            ctxt, objects.Instance.get_by_uuid(ctxt, migration.instance_uuid),
            fields.OperationKind.CONFIRM_RESIZE, 'confirm_resize',
            fields.TaskState.RESIZE_CONFIRMING,
            host=migration.source_compute, migration=migration,
            vm_states=(fields.VMState.RESIZED,), action='confirmResize')
    except (exception.Conflict, exception.NotFound) as error:
        LOG.debug('The resize of instance %s is not confirmed: %s',
                  migration.instance_uuid, exception.reason_of(error))
        return False
    LOG.info('The resize of instance %s is confirmed, as nobody has reverted '
             'it.', migration.instance_uuid)
    means.publisher.publish(ctxt, operation)
    return True
