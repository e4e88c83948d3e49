"""Migrations: as the administrator's list and as part of a server."""

from nova_gs.api.views import links
from nova_gs.api.views import times
from nova_gs.objects import fields

_BYTES = ('memory_total', 'memory_processed', 'memory_remaining',
          'disk_total', 'disk_processed', 'disk_remaining')


def item(call, migration):
    """Return a migration of ``/os-migrations``."""
    view = _common(call, migration)
    view.update(instance_uuid=migration.instance_uuid,
                old_instance_type_id=migration.old_flavor_id,
                new_instance_type_id=migration.new_flavor_id)
    if call.minor >= 23:
        view['migration_type'] = migration.migration_type
        if (migration.migration_type == fields.MigrationType.LIVE and
                migration.status in fields.MigrationStatus.IN_PROGRESS):
            view['links'] = links.both(
                call.base_url, 'servers', migration.instance_uuid,
                'migrations', str(migration.id))
    return view


def of_server(call, migration):
    """Return a migration of ``/servers/ID/migrations``."""
    view = _common(call, migration)
    view['server_uuid'] = migration.instance_uuid
    for name in _BYTES:
        view[name + '_bytes'] = getattr(migration, name)
    return view


def _common(call, migration):
    view = {name: getattr(migration, name) for name in (
        'id', 'status', 'source_node', 'source_compute', 'dest_node',
        'dest_compute', 'dest_host')}
    view['created_at'] = times.exact(migration.created_at)
    view['updated_at'] = times.exact(migration.updated_at)
    if call.minor >= 59:
        view['uuid'] = migration.uuid
    if call.minor >= 80:
        view['user_id'] = migration.user_id
        view['project_id'] = migration.project_id
    return view
