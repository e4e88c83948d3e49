"""What both ends of a cold migration have to do with the record."""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)

#: Where the operation's params have what the guest arrives or returns with.
DATA = 'resize_data'

#: Where they have how an operation ends whose guest goes back.
ENDING = 'ending'

#: How long a hypervisor that is away is waited for, in seconds.
TRY_FOR = 60

_DELETED = 'The server was deleted meanwhile.'


def is_to_run(operation):
    """Whether a guest is started at its next place."""
    return operation.migration.old_vm_state != fields.VMState.STOPPED


def pack(data):
    """Return params of an operation.

    :param data: objects.MigrateData
    """
    return {DATA: data.obj_to_primitive()}


def unpack(operation):
    """Return the MigrateData in an operation's params, None without any."""
    found = operation.params.get(DATA)
    return found and objects.MigrateData.obj_from_primitive(found)


def fault(host, reason):
    """Return what an instance's record says of a guest that is in trouble."""
    return {'vm_state': fields.VMState.ERROR,
            'fault': {'code': 500, 'message': reason, 'details': '',
                      'created': host.clock.utcnow().isoformat()}}


def persistently(host, act, *arguments):
    """Do what may be repeated; wait for a hypervisor that is away.

    :param host: compute.host.Host
    :raises: HypervisorUnavailable after ``TRY_FOR``, or as this process goes
    """
    give_up_at = host.clock.now() + TRY_FOR
    while True:
        try:
            return act(*arguments)
        except exception.HypervisorUnavailable as error:
            failure = error
        if host.recorder.pause() or host.clock.now() >= give_up_at:
            raise failure


def attempt(host, act, *arguments):
    """Do the same; what goes wrong is returned, so that it is told once.

    :returns: (result, None) or (None, exception)
    """
    try:
        return persistently(host, act, *arguments), None
    except exception.NovaGSException as error:
        return None, error


def is_deleted(host, operation):
    """Whether an instance was deleted; what came of it is removed then.

    To be asked alone with the guest.
    """
    try:
        host.turns.require_wanted(operation.instance_uuid)
    except exception.InstanceNotFound:
        pass
    else:
        if not operation.instance.deleted:
            return False
    LOG.info('Instance %s, which was to be moved, was deleted meanwhile.',
             operation.instance_uuid)
    persistently(host, host.driver.destroy, operation.instance)
    persistently(host, host.driver.confirm_resize, operation.instance)
    host.recorder.insist(
        operation.finish, fields.OperationState.ABORTED, error=_DELETED,
        migration={'status': fields.MigrationStatus.ERROR})
    return True


def fail(host, operation, reason, instance=None,
         status=fields.MigrationStatus.ERROR):
    """End an operation that has failed, and say so.

    :param reason: for the user
    :param instance: dict of the instance's fields to write
    :param status: of the migration from now on
    """
    LOG.warning('%s of instance %s failed: %s', operation.kind,
                operation.instance_uuid, reason)
    host.recorder.insist(
        operation.finish, fields.OperationState.FAILED, error=reason,
        instance=instance, migration={'status': status})
