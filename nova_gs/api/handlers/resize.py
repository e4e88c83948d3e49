"""Move a server that is switched off meanwhile, or give it another size.

The conductor finds a host.  The server can be taken back until the move is
confirmed, so until then it takes room at both ends.
"""

from nova_gs.api.handlers import common
from nova_gs.api.handlers import hosts
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

_VM = fields.VMState
_TASK = fields.TaskState
_KIND = fields.OperationKind
_STATUS = fields.MigrationStatus
_TYPES = fields.MigrationType


def migrate(call, server_id):
    """``migrate``: to a host of our choice; since 2.56, to a named one."""
    instance = common.load_to_change(call, server_id, rules.MIGRATE)
    wanted = (call.body['migrate'] or {}).get('host') if (
        call.minor >= 56) else None
    if wanted is not None:
        _check_wanted(call, instance, wanted)
    _move(call, instance, instance.flavor, _KIND.MIGRATE, _TYPES.COLD,
          {'dest_host': wanted})


def resize(call, server_id):
    """``resize``: a flavor with another size, and no smaller disk."""
    instance = common.load_to_change(call, server_id, rules.RESIZE)
    try:
        flavor = objects.Flavor.get_by_flavor_id(
            call.context, str(call.body['resize']['flavorRef']))
    except exception.FlavorNotFound as error:
        raise exception.Invalid(reason=exception.reason_of(error))
    if flavor.disabled:
        raise exception.Invalid(
            reason='Flavor %s could not be found.' % flavor.flavorid)
    if instance.flavor and flavor.flavorid == instance.flavor.flavorid:
        raise exception.Invalid(
            reason='When resizing, instances must change flavor!')
    _check_disks(instance, flavor)
    _move(call, instance, flavor, _KIND.RESIZE, _TYPES.RESIZE, {})


def _check_disks(instance, flavor):
    """Refuse a flavor whose disks cannot be made of those that there are."""
    if flavor.root_gb < instance.root_gb:
        raise exception.Invalid(
            reason='The disk of server %s has %d GiB and cannot be made '
                   'smaller; flavor %s has %d GiB.' % (
                       instance.uuid, instance.root_gb, flavor.flavorid,
                       flavor.root_gb))
    for what, name in (('ephemeral disk', 'ephemeral_gb'), ('swap', 'swap')):
        has = getattr(instance.flavor, name) if instance.flavor else 0
        if getattr(flavor, name) != has:
            raise exception.Invalid(
                reason='The %s of server %s keeps its size, %d; flavor %s has '
                       '%d. Choose one with the same.' % (
                           what, instance.uuid, has, flavor.flavorid,
                           getattr(flavor, name)))


def confirm(call, server_id):
    """``confirmResize``: keep the move, and nothing to go back to."""
    instance = common.load_to_change(call, server_id, rules.CONFIRM_RESIZE)
    migration = finished(call, instance, 'confirmResize')
    hosts.Hosts(call).require_serving(
        migration.source_compute, letting_go=True)
    migration.status = _STATUS.CONFIRMING
    _accept(call, instance, _KIND.CONFIRM_RESIZE, 'confirm_resize',
            _TASK.RESIZE_CONFIRMING, migration.source_compute, migration,
            (_VM.RESIZED,), 'confirmResize')


def revert(call, server_id):
    """``revertResize``: back to the host and the size that it had."""
    instance = common.load_to_change(call, server_id, rules.REVERT_RESIZE)
    migration = finished(call, instance, 'revertResize')
    records = hosts.Hosts(call)
    records.require_up(instance.host, letting_go=True)
    records.require_up(migration.source_compute)
    migration.status = _STATUS.REVERTING
    _accept(call, instance, _KIND.REVERT_RESIZE, 'revert_resize',
            _TASK.RESIZE_REVERTING, instance.host, migration, (_VM.RESIZED,),
            'revertResize')


def finished(call, instance, method):
    """Return the migration that a server can be taken back from.

    :raises: InvalidState when there is none
    """
    found = objects.MigrationList.get_by_filters(
        call.context, {'instance_uuid': instance.uuid,
                       'status': _STATUS.FINISHED,
                       'migration_type': list(_TYPES.SWITCHED_OFF)}, limit=1)
    if instance.vm_state != _VM.RESIZED or not found:
        raise exception.InvalidState(
            method=method, instance_id=instance.uuid, attr='vm_state',
            state=instance.vm_state)
    return found[0]


def _check_wanted(call, instance, wanted):
    records = hosts.Hosts(call)
    if wanted == instance.host:
        raise exception.Invalid(
            reason='Unable to migrate instance %s to the host it is on (%s). '
                   'Name another one.' % (instance.uuid, wanted))
    if records.service(wanted) is None:
        raise exception.Invalid(
            reason='Compute host %s could not be found.' % wanted)
    records.require_up(wanted)


def _move(call, instance, flavor, kind, migration_type, params):
    if not instance.host:
        raise exception.InvalidState(
            method=kind, instance_id=instance.uuid, attr='vm_state',
            state=instance.vm_state)
    hosts.Hosts(call).require_up(instance.host, letting_go=True)
    call.services.compute_rpcapi.require_known('prep_resize')
    old = instance.flavor
    _accept(call, instance, kind, 'migrate_server', _TASK.RESIZE_PREP, None,
            objects.Migration(
                call.context, instance_uuid=instance.uuid,
                source_compute=instance.host, source_node=instance.node,
                status=_STATUS.ACCEPTED, migration_type=migration_type,
                old_flavor_id=old.id, new_flavor_id=flavor.id,
                old_flavor=old, new_flavor=flavor,
                old_vm_state=instance.vm_state,
                user_id=call.context.user_id,
                project_id=call.context.project_id),
            (_VM.ACTIVE, _VM.STOPPED), kind, params)


def _accept(call, instance, kind, step, task_state, host, migration,
            vm_states, action, params=None):
    common.accept(
        call, instance, kind=kind, step=step, task_state=task_state,
        host=host, params=params, vm_states=vm_states, migration=migration,
        action=action)


def first_step_of_delete(call, instance):
    """Return (step, host) of what deletes a server that is on a host.

    One that could go back is forgotten at its source first, if that is there
    to do so.  Otherwise it keeps nothing that could run.
    """
    if instance.vm_state == _VM.RESIZED:
        try:
            source = finished(call, instance, 'delete').source_compute
            call.services.compute_rpcapi.require_known('confirm_resize')
            hosts.Hosts(call).require_up(source, letting_go=True)
        except exception.Conflict:
            pass
        else:
            return 'confirm_resize', source
    return 'delete_instance', instance.host
