"""Bodies that change services."""

from nova_gs.api.schemas import parts


def _flat(properties, required):
    return {'type': 'object', 'properties': properties,
            'required': list(required), 'additionalProperties': False}


_WHICH = {'host': parts.HOST, 'binary': {
    'type': 'string', 'minLength': 1, 'maxLength': 255}}
_REASON = {'type': 'string', 'minLength': 1, 'maxLength': 255,
           'format': 'printable'}

BY_HOST = ((1, _flat(_WHICH, _WHICH)),)
BY_HOST_WITH_REASON = ((1, _flat(
    {**_WHICH, 'disabled_reason': _REASON},
    ('host', 'binary', 'disabled_reason'))),)
FORCE_DOWN = ((11, _flat(
    {**_WHICH, 'forced_down': parts.BOOLEAN}, _WHICH)),)
UPDATE = ((53, {
    **_flat({'status': {'enum': ['enabled', 'disabled']},
             'disabled_reason': _REASON,
             'forced_down': parts.BOOLEAN}, ()),
    'minProperties': 1}),)
