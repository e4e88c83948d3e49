"""Ask for a live migration; the conductor finds out whether it can be."""

from oslo_utils import strutils

from nova_gs.api.handlers import common
from nova_gs.api.handlers import hosts
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import servers as rules


def migrate(call, server_id):
    """``os-migrateLive``: to a named host, or to one of our choice.

    What can be told at once is refused at once: the same host, a host that
    nobody knows, one that drains or is down.  Whether disks have to be
    copied is seen by the hosts.
    """
    instance = common.load_to_change(call, server_id, rules.LIVE_MIGRATE)
    wanted = call.body['os-migrateLive']
    _check_force(wanted)
    _check_hosts(call, instance, wanted['host'])
    common.accept(
        call, instance, kind=fields.OperationKind.LIVE_MIGRATION,
        step='live_migrate_server',
        task_state=fields.TaskState.MIGRATING,
        params={'dest_host': wanted['host'],
                'block_migration': _mode(wanted['block_migration'])},
        vm_states=(fields.VMState.ACTIVE, fields.VMState.PAUSED),
        migration=_migration(call, instance), action='live-migration')


def _mode(word):
    """Return whether disks are to be copied; None: if need be."""
    return None if word == 'auto' else strutils.bool_from_string(word)


def _check_force(wanted):
    if (strutils.bool_from_string(wanted.get('force', False)) and
            not wanted['host']):
        raise exception.Invalid(
            reason="Can't force to a non-provided destination. Name a host.")


def _check_hosts(call, instance, wanted):
    records = hosts.Hosts(call)
    if wanted is not None:
        if wanted == instance.host:
            raise exception.Invalid(
                reason='Unable to migrate instance %s to the host it is on '
                       '(%s). Name another one.' % (instance.uuid, wanted))
        if records.service(wanted) is None:
            raise exception.Invalid(
                reason='Compute host %s could not be found.' % wanted)
    if not instance.host:
        raise exception.InvalidState(
            method='live-migration', instance_id=instance.uuid,
            attr='vm_state', state=instance.vm_state)
    if instance.ports:
        # An older destination would leave them bound to the source.
        call.services.compute_rpcapi.require_known('external_instance_event')
    records.require_up(instance.host, letting_go=True)
    if wanted is not None:
        records.require_up(wanted)


def _migration(call, instance):
    """Return the record that goes with the operation.

    Its dest_compute stays empty, because naming a host there is what
    reserves the room: that is the conductor's to do.
    """
    flavor_id = instance.flavor.id if instance.flavor else None
    return objects.Migration(
        call.context, instance_uuid=instance.uuid,
        source_compute=instance.host, source_node=instance.node,
        status=fields.MigrationStatus.ACCEPTED,
        migration_type=fields.MigrationType.LIVE,
        old_flavor_id=flavor_id, new_flavor_id=flavor_id,
        user_id=call.context.user_id, project_id=call.context.project_id)
