"""Bodies that let a host take nothing in."""

from nova_gs.shutdown import deadlines
from nova_gs.shutdown import order

BEGIN = ((1, {
    'type': 'object',
    'properties': {
        'deadline': {'type': ['integer', 'null'], 'minimum': 0,
                     'maximum': deadlines.LONGEST},
        'reason': {'type': ['string', 'null'], 'minLength': 1,
                   'maxLength': order.LONGEST_REASON, 'format': 'printable'},
    },
    'additionalProperties': False,
}),)
