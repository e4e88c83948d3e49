"""Bodies that create flavors."""

from nova_gs.api.schemas import parts

_CREATE = {
    # Clients send null for "choose one", tempest sends numbers.
    'id': {'type': ['string', 'number', 'null'], 'minLength': 1,
           'maxLength': 255, 'pattern': r'^(?! )[a-zA-Z0-9. _-]+(?<! )\Z'},
    'name': parts.NAME,
    'ram': parts.POSITIVE,
    'vcpus': parts.POSITIVE,
    'disk': parts.WHOLE,
    'swap': parts.WHOLE,
    'OS-FLV-EXT-DATA:ephemeral': parts.WHOLE,
    'rxtx_factor': {'type': ['number', 'string']},
    'os-flavor-access:is_public': parts.BOOLEAN,
}
_REQUIRED = ('name', 'ram', 'vcpus', 'disk')

CREATE = (
    (1, parts.body('flavor', _CREATE, _REQUIRED)),
    (55, parts.body('flavor', {
        **_CREATE, 'description': {
            'type': ['string', 'null'], 'maxLength': 65535,
            'format': 'printable'}}, _REQUIRED)),
)
