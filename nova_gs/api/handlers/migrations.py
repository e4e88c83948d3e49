"""See migrations; abort a live one or make it complete."""

from nova_gs.api.handlers import common
from nova_gs.api.handlers import moments
from nova_gs.api import paging
from nova_gs.api.views import migrations as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import migrations as rules

_STATUS = fields.MigrationStatus

#: It may be that nobody has begun one of these yet.
_UNBEGUN = (_STATUS.ACCEPTED, _STATUS.QUEUED)

#: Query parameters of the list -> filters of the store, with the version
#: that brought each.
FILTERS = (
    (1, 'host', 'host'),
    (1, 'instance_uuid', 'instance_uuid'),
    (1, 'migration_type', 'migration_type'),
    (1, 'source_compute', 'source_compute'),
    (1, 'status', 'status'),
    (80, 'user_id', 'user_id'),
    (80, 'project_id', 'project_id'),
)


def list_all(call):
    """``GET /os-migrations``: of every server, the newest first."""
    call.authorize(rules.LIST_ALL)
    filters = {name: call.param(asked) for since, asked, name in FILTERS
               if call.minor >= since and call.param(asked) is not None}
    filters.update(moments.changes(call, since=59, before=66))
    if call.minor < 59:
        found = objects.MigrationList.get_by_filters(call.context, filters)
        return {'migrations': [view.item(call, one) for one in found]}
    size = paging.limit(call)
    found = list(objects.MigrationList.get_by_filters(
        call.context, filters, limit=size, marker=call.param('marker')))
    body = {'migrations': [view.item(call, one) for one in found]}
    links = paging.next_link(call, found, size)
    if links:
        body['migrations_links'] = links
    return body


def index(call, server_id):
    """``GET /servers/ID/migrations``: the live ones in progress."""
    instance = common.load_instance(call, server_id, rules.INDEX)
    found = objects.MigrationList.get_in_progress(
        call.context, instance.uuid)
    return {'migrations': [
        view.of_server(call, one) for one in found
        if one.migration_type == fields.MigrationType.LIVE]}


def show(call, server_id, migration_id):
    """``GET /servers/ID/migrations/N``: one in progress."""
    instance = common.load_instance(call, server_id, rules.SHOW)
    migration = _load(call, instance, migration_id)
    if migration.status not in _STATUS.IN_PROGRESS:
        raise exception.MigrationNotFound(
            migration_id=migration_id, instance_id=instance.uuid)
    return {'migration': view.of_server(call, migration)}


def force_complete(call, server_id, migration_id):
    """``force_complete``: post-copy where permitted, or a paused guest."""
    instance = common.load_instance(call, server_id, rules.FORCE_COMPLETE)
    migration = _load(call, instance, migration_id)
    _check_status(migration, 'force_complete', (_STATUS.RUNNING,))
    call.services.compute_rpcapi.live_migration_force_complete(
        call.context, migration.source_compute, migration.uuid)


def abort(call, server_id, migration_id):
    """``DELETE /servers/ID/migrations/N``: call it off."""
    instance = common.load_instance(call, server_id, rules.ABORT)
    migration = _load(call, instance, migration_id)
    fine = (_STATUS.RUNNING,)
    if call.minor >= 65:
        fine += (_STATUS.ACCEPTED, _STATUS.QUEUED, _STATUS.PREPARING)
    _check_status(migration, 'abort', fine)
    if migration.status in _UNBEGUN and _cancel(call, migration):
        return
    if migration.status == _STATUS.ACCEPTED:
        raise exception.Conflict(
            reason='Migration %s of server %s is being prepared at this very '
                   'moment. Try again in a few seconds.' % (
                       migration.id, instance.uuid))
    try:
        call.services.compute_rpcapi.live_migration_abort(
            call.context, migration.source_compute, migration.uuid)
    except exception.MigrationNotFound:
        _check_over(call, migration)
        raise


def _load(call, instance, migration_id):
    if not migration_id.isdigit():
        raise exception.MigrationNotFound(
            migration_id=migration_id, instance_id=instance.uuid)
    migration = objects.Migration.get_by_id_and_instance(
        call.context, int(migration_id), instance.uuid)
    if migration.migration_type != fields.MigrationType.LIVE:
        raise exception.MigrationNotFound(
            migration_id=migration_id, instance_id=instance.uuid)
    return migration


def _check_status(migration, method, fine):
    if migration.status not in fine:
        raise exception.Invalid(
            reason='Migration %s state of instance %s is %s. Cannot %s '
                   'while the migration is in this state.' % (
                       migration.id, migration.instance_uuid,
                       migration.status, method))


def _check_over(call, migration):
    """Raise Conflict for what its source has not, and yet is not over.

    It may be about to take it, or be cut off from it until its next start.
    """
    now = objects.Migration.get_by_id_and_instance(
        call.context, migration.id, migration.instance_uuid)
    if now.status in _STATUS.IN_PROGRESS:
        raise exception.Conflict(
            reason='Migration %s of server %s is not in the hands of host %s '
                   'at this very moment. Try again in a few seconds.' % (
                       migration.id, migration.instance_uuid,
                       migration.source_compute))


def _cancel(call, migration):
    """End a migration that no host has begun; whether that was so."""
    for operation in objects.OperationList.get_open_by_instance(
            call.context, migration.instance_uuid):
        if operation.migration_uuid == migration.uuid and (
                objects.Operation.cancel_offered(
                    call.context, operation.uuid,
                    fields.OperationState.ABORTED,
                    'The user aborted it before it had begun.',
                    migration={'status': _STATUS.CANCELLED})):
            return True
    return False
