"""What several schemas share."""

#: Also "True" and 1, since clients of all ages write booleans that way.
BOOLEAN = {
    'type': ['boolean', 'string', 'integer'],
    'enum': [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES',
             'Yes', 'yes', 'y', 't', False, 'False', 'FALSE', 'false', '0',
             'OFF', 'Off', 'off', 'NO', 'No', 'no', 'n', 'f', 1, 0],
}
#: Something to read in it, no control characters, no space at either end.
NAME = {
    'type': 'string', 'minLength': 1, 'maxLength': 255, 'format': 'name',
}
DESCRIPTION = {
    'type': ['string', 'null'], 'maxLength': 255, 'format': 'printable',
}
HOST = {
    'type': 'string', 'minLength': 1, 'maxLength': 255,
    'pattern': r'^[a-zA-Z0-9._-]+\Z',
}
UUID = {'type': 'string', 'format': 'uuid'}
POSITIVE = {'type': ['integer', 'string'], 'pattern': r'^[0-9]+\Z',
            'minimum': 1, 'minLength': 1}
WHOLE = {'type': ['integer', 'string'], 'pattern': r'^[0-9]+\Z',
         'minimum': 0, 'minLength': 1}
TAG = {'type': 'string', 'minLength': 1, 'maxLength': 60,
       'pattern': '^[^,/]*$'}
METADATA = {
    'type': 'object',
    'patternProperties': {
        r'^[a-zA-Z0-9-_:. ]{1,255}\Z': {'type': 'string', 'maxLength': 255},
    },
    'additionalProperties': False,
}
NOTHING = {}


def body(name, properties, required=(), empty=False):
    """Return the schema of ``{name: {properties}}`` with nothing else.

    :param empty: allow null in place of the object
    """
    return {
        'type': 'object',
        'properties': {name: {
            'type': ['object', 'null'] if empty else 'object',
            'properties': properties,
            'required': list(required),
            'additionalProperties': False,
        }},
        'required': [name],
        'additionalProperties': False,
    }
