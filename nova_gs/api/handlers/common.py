"""Steps that many handlers share: find the server, accept, publish."""

from oslo_utils import uuidutils

from nova_gs.api.handlers import hosts
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue


def load_instance(call, server_id, rule):
    """Return the instance that a path names, if the user may.

    Another project's instance is not found rather than forbidden, so that
    nobody learns which UUIDs exist.

    :param rule: what the user wants to do with it
    :raises: InstanceNotFound, Forbidden
    """
    if not uuidutils.is_uuid_like(server_id):
        raise exception.InstanceNotFound(instance_id=server_id)
    instance = objects.Instance.get_by_uuid(call.context, server_id)
    check_owner(call, instance)
    call.authorize(rule, instance)
    return instance


def load_to_change(call, server_id, rule):
    """Do the same for a request that a lock keeps users from.

    :raises: InstanceNotFound, Forbidden, InstanceLocked
    """
    instance = load_instance(call, server_id, rule)
    if instance.locked and not call.context.is_admin:
        why = instance.locked_reason
        raise exception.InstanceLocked(
            instance_id=instance.uuid, why=' (%s)' % why if why else '')
    return instance


def check_owner(call, instance):
    """Raise InstanceNotFound for what belongs to another project."""
    if (not call.context.is_admin and
            instance.project_id != call.context.project_id):
        raise exception.InstanceNotFound(instance_id=instance.uuid)


def require_host(call, instance, letting_go=False):
    """Raise what keeps the instance's host from taking a request.

    A host that is merely down is fine: the request is recorded, and taken
    up when the host is back.

    :param letting_go: the request makes the host emptier or stiller, which
        a quiesced host still does
    :raises: Conflict without a host, HostDraining, HostUnavailable
    """
    if not instance.host:
        raise exception.Conflict(
            reason='Instance %s is not on a host yet (it is %s). Try again '
                   'when it is ACTIVE.' % (instance.uuid, instance.vm_state))
    hosts.Hosts(call).require_serving(instance.host, letting_go)


def accept(call, instance, **operation):
    """Record an operation, then let its executor know.

    The record is what counts: a broker that is away changes nothing about
    the answer, since the step stays offered in the database.

    :param operation: arguments of objects.Operation.accept
    :returns: the Operation
    :raises: InvalidState, OperationInProgress, ComputesTooOld
    """
    step = operation['step']
    if not catalogue.is_conductor_step(step):
        call.services.compute_rpcapi.require_known(step)
    accepted = objects.Operation.accept(call.context, instance, **operation)
    call.services.publisher.publish(call.context, accepted)
    return accepted
