"""Making a guest, and removing it.

Each function does one operation on the host's driver and returns the fields
of the instance that it changes.
"""

from oslo_log import log as logging

from nova_gs.compute.live_migration import leftovers
from nova_gs.compute import ports
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

#: On how many hosts a build is tried.
TRIES = 3

#: What has to do with one host: on another one a build may succeed.
OF_ONE_HOST = (exception.HypervisorError, exception.NetworkFailed,
               exception.CalledOff)

#: Said of a guest that was made and now waits for its ports.
WAITS = object()


def build(host, operation, ctxt):
    """Make a guest from its image and start it.

    :returns: fields of the instance that it changes; ``WAITS`` when the guest
        stands still until its ports are plugged in, see ``plugging``
    """
    instance = operation.instance
    host.turns.require_wanted(instance.uuid)
    image = objects.Image.get_by_id(ctxt, operation.params['image_id'])
    waits = ports.bind(host, ctxt, operation)
    try:
        host.driver.spawn(instance, image, paused=waits)
    except exception.HypervisorError:
        # It may have been made before the answer was lost, and the record
        # will name no host where anybody would look for it.
        leftovers.destroy(host, instance)
        raise
    return WAITS if waits else found_running(host, operation)


def fail(host, ctxt, operation, error):
    """Have another host try, or end a build that has failed here."""
    if try_elsewhere(host, ctxt, operation, error):
        return
    reason = all_reasons(operation, exception.reason_of(error))
    ports.release(host, ctxt, operation.instance)
    host.recorder.insist(
        operation.finish, fields.OperationState.FAILED, error=reason,
        instance=when_build_failed(host, operation, reason))


def try_elsewhere(host, ctxt, operation, error):
    """Give a build that has failed here back, to have another host chosen.

    :param error: what has failed it
    :returns: whether that was done; not for what the user wants on this host
        and no other, nor for what has nothing to do with this host, nor after
        ``TRIES``
    """
    failed_on = dict(operation.params.get(fields.FAILED_ON, {}))
    if (not isinstance(error, OF_ONE_HOST)
            or operation.params.get('host') is not None
            or len(failed_on) + 1 >= TRIES):
        return False
    reason = exception.reason_of(error)
    failed_on[host.name] = reason
    LOG.info('Another host is chosen for instance %s.',
             operation.instance_uuid)
    host.pass_on(
        ctxt, operation, 'build_server', error=reason,
        params={fields.FAILED_ON: failed_on},
        instance={'host': None, 'node': None,
                  'task_state': fields.TaskState.SCHEDULING})
    return True


def all_reasons(operation, reason):
    """Return why a build failed, on this host and on those before it."""
    before = operation.params.get(fields.FAILED_ON, {})
    return ' '.join([reason] + [
        'Before, on host %s: %s' % item for item in sorted(before.items())])


def found_running(host, operation):
    """The guest runs: it was built, be it by an earlier process."""
    return {'vm_state': fields.VMState.ACTIVE,
            'power_state': int(driver.PowerState.RUNNING),
            'launched_at': host.clock.utcnow().isoformat()}


def undo(host, operation):
    """Remove half a guest: it is nobody's once the record names no host."""
    host.driver.destroy(operation.instance)
    ports.release(host, context.get_admin_context(), operation.instance)
    return {}


def when_build_failed(host, operation, reason):
    """Return what a failed build leaves: no room taken, the reason told."""
    return {'vm_state': fields.VMState.ERROR, 'host': None, 'node': None,
            'fault': {'code': 500, 'message': reason, 'details': '',
                      'created': host.clock.utcnow().isoformat()}}


def call_off(host, instance_uuid):
    """Have a build not wait any more whose guest is to be deleted."""
    host.plugging.waits.nudge(instance_uuid, exception.Conflict(
        reason='The server was deleted while its guest waited for its '
               'ports.'))


def delete(host, operation):
    """Remove a guest and its disk."""
    host.driver.destroy(operation.instance)
    ports.release(host, context.get_admin_context(), operation.instance)
    host.turns.removed(operation.instance_uuid)
    return {'vm_state': fields.VMState.DELETED, 'deleted': True,
            'power_state': int(driver.PowerState.NOSTATE)}


def follow(host, ctxt, operation):
    """Have a guest deleted where it has moved to meanwhile."""
    now = objects.Instance.get_by_uuid(ctxt, operation.instance_uuid)
    LOG.info('Instance %s, which is to be deleted, has moved to %s.',
             now.uuid, now.host)
    host.pass_on(ctxt, operation, operation.step, host=now.host)
