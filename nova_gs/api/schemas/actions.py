"""Bodies of POST /servers/ID/action: one key, the action's name."""

from nova_gs.api.schemas import parts

REBOOT = ((1, parts.body(
    'reboot',
    {'type': {'enum': ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']}},
    ('type',))),)
CONSOLE_OUTPUT = ((1, parts.body('os-getConsoleOutput', {
    'length': {'type': ['integer', 'string', 'null'],
               'pattern': r'^-?[0-9]+\Z', 'minimum': -1},
})),)
GET_VNC_CONSOLE = ((1, parts.body(
    'os-getVNCConsole', {'type': {'enum': ['novnc', 'xvpvnc']}},
    ('type',))),)
GET_SERIAL_CONSOLE = ((1, parts.body(
    'os-getSerialConsole', {'type': {'enum': ['serial']}}, ('type',))),)

_HOST = {'type': ['string', 'null'], 'minLength': 1, 'maxLength': 255}
_MODE = {**parts.BOOLEAN,
         'enum': [*parts.BOOLEAN['enum'], 'auto']}


def _migrate_live(required, **properties):
    return parts.body('os-migrateLive', {'host': _HOST, **properties},
                      ('host', 'block_migration', *required))


MIGRATE_LIVE = (
    (1, _migrate_live(('disk_over_commit',), block_migration=parts.BOOLEAN,
                      disk_over_commit=parts.BOOLEAN)),
    (25, _migrate_live((), block_migration=_MODE)),
    (30, _migrate_live((), block_migration=_MODE, force=parts.BOOLEAN)),
    (68, _migrate_live((), block_migration=_MODE)),
)


def _anything(name):
    return {'type': 'object', 'properties': {name: parts.NOTHING},
            'required': [name], 'additionalProperties': False}


#: Clients send null, and some an empty object; what it is does not matter.
START = ((1, _anything('os-start')),)
STOP = ((1, _anything('os-stop')),)
PAUSE = ((1, _anything('pause')),)
UNPAUSE = ((1, _anything('unpause')),)
SUSPEND = ((1, _anything('suspend')),)
RESUME = ((1, _anything('resume')),)
CONFIRM_RESIZE = ((1, _anything('confirmResize')),)
REVERT_RESIZE = ((1, _anything('revertResize')),)
RESIZE = ((1, parts.body('resize', {
    'flavorRef': {'type': ['string', 'integer'], 'minLength': 1},
    'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
}, ('flavorRef',))),)
MIGRATE = (
    (1, _anything('migrate')),
    (56, parts.body('migrate', {'host': _HOST}, empty=True)),
)
UNLOCK = ((1, _anything('unlock')),)
LOCK = (
    (1, _anything('lock')),
    (73, parts.body('lock', {'locked_reason': {
        'type': 'string', 'minLength': 1, 'maxLength': 255}}, empty=True)),
)
FORCE_COMPLETE = ((22, {
    'type': 'object',
    'properties': {'force_complete': {'type': 'null'}},
    'required': ['force_complete'],
    'additionalProperties': False,
}),)
