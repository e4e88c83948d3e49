"""Every URL of this service, in one table.

A row says which method and path go to which handler, what its body must
look like, which status its answer has, and in which versions it exists.
"""

import dataclasses
import typing

from nova_gs.api.handlers import console
from nova_gs.api.handlers import drain
from nova_gs.api.handlers import external_events
from nova_gs.api.handlers import flavors
from nova_gs.api.handlers import hypervisors
from nova_gs.api.handlers import images
from nova_gs.api.handlers import instance_actions
from nova_gs.api.handlers import interfaces
from nova_gs.api.handlers import live_migration
from nova_gs.api.handlers import locks
from nova_gs.api.handlers import migrations
from nova_gs.api.handlers import networks
from nova_gs.api.handlers import power
from nova_gs.api.handlers import resize
from nova_gs.api.handlers import server_create
from nova_gs.api.handlers import servers
from nova_gs.api.handlers import services
from nova_gs.api.handlers import versions
from nova_gs.api.handlers import zones
from nova_gs.api.schemas import actions as action_schemas
from nova_gs.api.schemas import drain as drain_schemas
from nova_gs.api.schemas import external_events as event_schemas
from nova_gs.api.schemas import flavors as flavor_schemas
from nova_gs.api.schemas import remote_consoles as console_schemas
from nova_gs.api.schemas import servers as server_schemas
from nova_gs.api.schemas import services as service_schemas
from nova_gs.api.views import links

COMPUTE = links.PREFIX


@dataclasses.dataclass(frozen=True)
class Action:
    """One word that a body may ask for at an ``.../action`` URL."""

    name: str
    handler: typing.Callable
    body: tuple
    code: int = 202
    since: int = 1
    until: int | None = None


@dataclasses.dataclass(frozen=True)
class Route:
    """One method of one URL.

    :ivar body: schemas, see ``schemas``; () when no body is read
    :ivar since: first minor version that has it
    :ivar until: last one, None when it has not ended
    :ivar public: answered without a token, even under keystone
    :ivar actions: at ``.../action`` URLs, instead of handler and body
    """

    method: str
    path: str
    handler: typing.Callable | None = None
    body: tuple = ()
    code: int = 200
    since: int = 1
    until: int | None = None
    public: bool = False
    actions: tuple = ()


SERVER_ACTIONS = (
    Action('os-start', power.start, action_schemas.START),
    Action('os-stop', power.stop, action_schemas.STOP),
    Action('reboot', power.reboot, action_schemas.REBOOT),
    Action('pause', power.pause, action_schemas.PAUSE),
    Action('unpause', power.unpause, action_schemas.UNPAUSE),
    Action('suspend', power.suspend, action_schemas.SUSPEND),
    Action('resume', power.resume, action_schemas.RESUME),
    Action('lock', locks.lock, action_schemas.LOCK),
    Action('unlock', locks.unlock, action_schemas.UNLOCK),
    Action('os-migrateLive', live_migration.migrate,
           action_schemas.MIGRATE_LIVE),
    Action('migrate', resize.migrate, action_schemas.MIGRATE),
    Action('resize', resize.resize, action_schemas.RESIZE),
    Action('confirmResize', resize.confirm, action_schemas.CONFIRM_RESIZE,
           code=204),
    Action('revertResize', resize.revert, action_schemas.REVERT_RESIZE),
    Action('os-getConsoleOutput', console.output,
           action_schemas.CONSOLE_OUTPUT, code=200),
    Action('os-getVNCConsole', console.vnc,
           action_schemas.GET_VNC_CONSOLE, code=200, until=5),
    Action('os-getSerialConsole', console.serial,
           action_schemas.GET_SERIAL_CONSOLE, code=200, until=5),
)

MIGRATION_ACTIONS = (
    Action('force_complete', migrations.force_complete,
           action_schemas.FORCE_COMPLETE, since=22),
)

_SERVER = COMPUTE + '/servers/{server_id}'
_MIGRATION = _SERVER + '/migrations/{migration_id}'
_ACTION_LOG = _SERVER + '/os-instance-actions'
_SERVICES = COMPUTE + '/os-services'
_DRAIN = _SERVICES + '/{service_id}/drain'
_HYPERVISORS = COMPUTE + '/os-hypervisors'
_FLAVORS = COMPUTE + '/flavors'
_FLAVOR = _FLAVORS + '/{flavor_id}'

ROUTES = (
    Route('GET', '/', versions.root, public=True),
    Route('GET', '/v2', versions.v20, public=True),
    Route('GET', COMPUTE, versions.v21, public=True),

    Route('GET', COMPUTE + '/servers', servers.index),
    Route('POST', COMPUTE + '/servers', server_create.create,
          server_schemas.CREATE, code=202),
    Route('GET', COMPUTE + '/servers/detail', servers.detail),
    Route('GET', _SERVER, servers.show),
    Route('PUT', _SERVER, servers.update, server_schemas.UPDATE),
    Route('DELETE', _SERVER, servers.delete, code=204),
    Route('POST', _SERVER + '/action', actions=SERVER_ACTIONS),

    Route('GET', _SERVER + '/os-interface', interfaces.index),
    Route('GET', _SERVER + '/os-interface/{port_id}', interfaces.show),
    Route('POST', _SERVER + '/remote-consoles', console.create,
          console_schemas.CREATE, since=6),

    Route('GET', _SERVER + '/migrations', migrations.index, since=23),
    Route('GET', _MIGRATION, migrations.show, since=23),
    Route('DELETE', _MIGRATION, migrations.abort, code=202, since=24),
    Route('POST', _MIGRATION + '/action', actions=MIGRATION_ACTIONS),
    Route('GET', COMPUTE + '/os-migrations', migrations.list_all),

    Route('GET', _ACTION_LOG, instance_actions.index),
    Route('GET', _ACTION_LOG + '/{request_id}', instance_actions.show),

    Route('GET', _SERVICES, services.index),
    Route('PUT', _SERVICES + '/enable', services.enable,
          service_schemas.BY_HOST, until=52),
    Route('PUT', _SERVICES + '/disable', services.disable,
          service_schemas.BY_HOST, until=52),
    Route('PUT', _SERVICES + '/disable-log-reason',
          services.disable_log_reason, service_schemas.BY_HOST_WITH_REASON,
          until=52),
    Route('PUT', _SERVICES + '/force-down', services.force_down,
          service_schemas.FORCE_DOWN, since=11, until=52),
    Route('PUT', _SERVICES + '/{service_id}', services.update,
          service_schemas.UPDATE, since=53),
    Route('GET', _DRAIN, drain.show),
    Route('PUT', _DRAIN, drain.begin, drain_schemas.BEGIN, code=202),
    Route('DELETE', _DRAIN, drain.end, code=204),

    Route('GET', _HYPERVISORS, hypervisors.index),
    Route('GET', _HYPERVISORS + '/detail', hypervisors.detail),
    Route('GET', _HYPERVISORS + '/statistics', hypervisors.statistics,
          until=87),
    Route('GET', _HYPERVISORS + '/{hypervisor_id}', hypervisors.show),
    Route('GET', _HYPERVISORS + '/{hypervisor_id}/uptime',
          hypervisors.uptime, until=87),
    Route('GET', _HYPERVISORS + '/{hypervisor_id}/search',
          hypervisors.search, until=52),
    Route('GET', _HYPERVISORS + '/{hypervisor_id}/servers',
          hypervisors.servers, until=52),

    Route('POST', COMPUTE + '/os-server-external-events',
          external_events.create, event_schemas.CREATE),

    Route('GET', COMPUTE + '/os-aggregates', zones.aggregates),
    Route('GET', COMPUTE + '/os-availability-zone', zones.index),
    Route('GET', COMPUTE + '/os-availability-zone/detail', zones.detail),

    Route('GET', _FLAVORS, flavors.index),
    Route('POST', _FLAVORS, flavors.create, flavor_schemas.CREATE),
    Route('GET', _FLAVORS + '/detail', flavors.detail),
    Route('GET', _FLAVOR, flavors.show),
    Route('DELETE', _FLAVOR, flavors.delete, code=202),
    Route('GET', _FLAVOR + '/os-extra_specs', flavors.extra_specs),

    Route('GET', '/identity', versions.identity_root, public=True),
    Route('GET', '/identity/v3', versions.identity, public=True),

    Route('GET', '/image', images.root, public=True),
    Route('GET', '/image/v2/images', images.index),
    Route('GET', '/image/v2/images/{image_id}', images.show),

    Route('GET', '/network', networks.root, public=True),
    Route('GET', '/network/v2.0', networks.resources, public=True),
    Route('GET', '/network/v2.0/networks', networks.index),
    Route('GET', '/network/v2.0/networks/{network_id}', networks.show),
    Route('GET', '/network/v2.0/{collection}', networks.empty),
)
