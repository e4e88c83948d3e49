"""Who may do what with servers, and who sees which of their attributes."""

from nova_gs.policies import base

ROOT = 'os_compute_api:'
INDEX = ROOT + 'servers:index'
DETAIL = ROOT + 'servers:detail'
ALL_TENANTS = ROOT + 'servers:index:get_all_tenants'
ALL_FILTERS = ROOT + 'servers:allow_all_filters'
SHOW = ROOT + 'servers:show'
HOST_STATUS = ROOT + 'servers:show:host_status'
EXTENDED = ROOT + 'os-extended-server-attributes'
FAULT_DETAILS = ROOT + 'servers:show:fault_details'
CREATE = ROOT + 'servers:create'
CREATE_ON_HOST = ROOT + 'compute:servers:create:requested_destination'
UPDATE = ROOT + 'servers:update'
DELETE = ROOT + 'servers:delete'
START = ROOT + 'servers:start'
STOP = ROOT + 'servers:stop'
REBOOT = ROOT + 'servers:reboot'
PAUSE = ROOT + 'os-pause-server:pause'
UNPAUSE = ROOT + 'os-pause-server:unpause'
SUSPEND = ROOT + 'os-suspend-server:suspend'
RESUME = ROOT + 'os-suspend-server:resume'
LOCK = ROOT + 'os-lock-server:lock'
UNLOCK = ROOT + 'os-lock-server:unlock'
UNLOCK_OVERRIDE = UNLOCK + ':unlock_override'
CONSOLE_OUTPUT = ROOT + 'os-console-output'
REMOTE_CONSOLES = ROOT + 'os-remote-consoles'
LIVE_MIGRATE = ROOT + 'os-migrate-server:migrate_live'
MIGRATE = ROOT + 'os-migrate-server:migrate'
RESIZE = ROOT + 'servers:resize'
CONFIRM_RESIZE = ROOT + 'servers:confirm_resize'
REVERT_RESIZE = ROOT + 'servers:revert_resize'

ACTION = 'POST /servers/{server_id}/action (%s)'


def list_rules():
    """Return the defaults of this noun."""
    rule = base.rule
    return [
        rule(INDEX, base.READER, 'List servers.', 'GET /servers'),
        rule(DETAIL, base.READER, 'List servers with their attributes.',
             'GET /servers/detail'),
        rule(ALL_TENANTS, base.ADMIN, "List other projects' servers.",
             'GET /servers', 'GET /servers/detail'),
        rule(ALL_FILTERS, base.ADMIN,
             'Filter by what only administrators see, such as the host.',
             'GET /servers', 'GET /servers/detail'),
        rule(SHOW, base.READER, 'Show a server.',
             'GET /servers/{server_id}'),
        rule(HOST_STATUS, base.ADMIN, "See a server's host_status.",
             'GET /servers/{server_id}', 'GET /servers/detail'),
        rule(EXTENDED, base.ADMIN, "See a server's OS-EXT-SRV-ATTR fields.",
             'GET /servers/{server_id}', 'GET /servers/detail'),
        rule(FAULT_DETAILS, base.ADMIN, 'See the details of a fault.',
             'GET /servers/{server_id}', 'GET /servers/detail'),
        rule(CREATE, base.MEMBER, 'Create a server.', 'POST /servers'),
        rule(CREATE_ON_HOST, base.ADMIN, 'Create a server on a named host.',
             'POST /servers'),
        rule(UPDATE, base.MEMBER, 'Rename or describe a server.',
             'PUT /servers/{server_id}'),
        rule(DELETE, base.MEMBER, 'Delete a server.',
             'DELETE /servers/{server_id}'),
        rule(START, base.MEMBER, 'Start a server.', ACTION % 'os-start'),
        rule(STOP, base.MEMBER, 'Stop a server.', ACTION % 'os-stop'),
        rule(REBOOT, base.MEMBER, 'Reboot a server.', ACTION % 'reboot'),
        rule(PAUSE, base.MEMBER, 'Pause a server.', ACTION % 'pause'),
        rule(UNPAUSE, base.MEMBER, 'Let a paused server go on.',
             ACTION % 'unpause'),
        rule(SUSPEND, base.MEMBER, 'Suspend a server.', ACTION % 'suspend'),
        rule(RESUME, base.MEMBER, 'Resume a suspended server.',
             ACTION % 'resume'),
        rule(LOCK, base.MEMBER, 'Lock a server.', ACTION % 'lock'),
        rule(UNLOCK, base.MEMBER, 'Unlock a server.', ACTION % 'unlock'),
        rule(UNLOCK_OVERRIDE, base.ADMIN,
             'Unlock a server that an administrator has locked.',
             ACTION % 'unlock'),
        rule(CONSOLE_OUTPUT, base.MEMBER, "Read a server's console log.",
             ACTION % 'os-getConsoleOutput'),
        rule(REMOTE_CONSOLES, base.MEMBER,
             "Get a URL at which a server's console is seen.",
             'POST /servers/{server_id}/remote-consoles',
             ACTION % 'os-getVNCConsole', ACTION % 'os-getSerialConsole'),
        *_moves(),
    ]


def _moves():
    rule = base.rule
    return [
        rule(LIVE_MIGRATE, base.ADMIN, 'Live-migrate a server.',
             ACTION % 'os-migrateLive'),
        rule(MIGRATE, base.ADMIN, 'Move a server, switched off meanwhile.',
             ACTION % 'migrate'),
        rule(RESIZE, base.MEMBER, 'Give a server another size.',
             ACTION % 'resize'),
        rule(CONFIRM_RESIZE, base.MEMBER, 'Confirm a move or a resize.',
             ACTION % 'confirmResize'),
        rule(REVERT_RESIZE, base.MEMBER, 'Take a move or a resize back.',
             ACTION % 'revertResize'),
    ]
