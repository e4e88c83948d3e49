"""Bodies of POST /servers/ID/remote-consoles."""

from nova_gs.api.schemas import parts

CREATE = ((6, parts.body('remote_console', {
    'protocol': {'enum': ['vnc', 'serial']},
    'type': {'enum': ['novnc', 'serial']},
}, ('protocol', 'type'))),)
