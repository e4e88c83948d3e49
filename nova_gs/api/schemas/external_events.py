"""What other services may tell of servers, by the version that brought it."""

from nova_gs.api.schemas import parts

#: (since, name, whether a tag is needed), oldest first.  The tag is the ID
#: of a port, a volume or an accelerator request, or POWER_ON / POWER_OFF.
NAMES = (
    (1, 'network-changed', False),
    (1, 'network-vif-plugged', False),
    (1, 'network-vif-unplugged', False),
    (1, 'network-vif-deleted', False),
    (51, 'volume-extended', True),
    (76, 'power-update', True),
    (82, 'accelerator-request-bound', True),
    (93, 'volume-reimaged', True),
)

TAG_REQUIRED = frozenset(name for _, name, required in NAMES if required)

#: Without a status it has completed.
COMPLETED, FAILED, IN_PROGRESS = 'completed', 'failed', 'in-progress'


def _body(minor):
    event = {
        'type': 'object',
        'properties': {
            'server_uuid': parts.UUID,
            'name': {'enum': [name for since, name, _ in NAMES
                              if since <= minor]},
            'status': {'enum': [FAILED, COMPLETED, IN_PROGRESS]},
            'tag': {'type': 'string', 'maxLength': 255},
        },
        'required': ['server_uuid', 'name'],
        'additionalProperties': False,
    }
    return {
        'type': 'object',
        'properties': {
            'events': {'type': 'array', 'minItems': 1, 'items': event}},
        'required': ['events'],
        'additionalProperties': False,
    }


CREATE = tuple((minor, _body(minor)) for minor in dict.fromkeys(
    since for since, _, _ in NAMES))
