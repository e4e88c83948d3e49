"""Bodies that create and change servers."""

import copy

from nova_gs.api.schemas import parts

_NETWORK = {
    'type': 'object',
    'properties': {
        'uuid': {'type': 'string'},
        'port': {'type': ['string', 'null']},
        'fixed_ip': {'type': 'string'},
    },
    'additionalProperties': False,
}
_DISK = {
    'type': 'object',
    'properties': {
        'source_type': {'enum': ['volume', 'image', 'snapshot', 'blank']},
        'destination_type': {'enum': ['local', 'volume']},
        'uuid': {'type': 'string', 'minLength': 1, 'maxLength': 255},
        'image_id': {'type': 'string'},
        'volume_id': {'type': 'string'},
        'snapshot_id': {'type': 'string'},
        'volume_size': parts.WHOLE,
        'boot_index': {'type': ['integer', 'string', 'null'],
                       'pattern': r'^-?[0-9]+\Z'},
        'delete_on_termination': parts.BOOLEAN,
        'device_name': {'type': 'string', 'maxLength': 255},
        'virtual_name': {'type': 'string', 'maxLength': 255},
        'no_device': parts.NOTHING,
        'connection_info': {'type': 'string'},
        'guest_format': {'type': 'string', 'maxLength': 255},
        'device_type': {'type': 'string', 'maxLength': 255},
        'disk_bus': {'type': 'string', 'maxLength': 255},
    },
    'additionalProperties': False,
}
_FILE = {
    'type': 'object',
    'properties': {
        'path': {'type': 'string'},
        'contents': {'type': 'string', 'format': 'base64'},
    },
    'additionalProperties': False,
}
_CREATE = {
    'name': parts.NAME,
    'imageRef': {'type': 'string'},
    'flavorRef': {'type': ['string', 'integer'], 'minLength': 1},
    'adminPass': {'type': 'string'},
    'metadata': parts.METADATA,
    'networks': {'type': 'array', 'items': _NETWORK},
    'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
    'accessIPv4': {'type': 'string'},
    'accessIPv6': {'type': 'string'},
    'personality': {'type': 'array', 'items': _FILE},
    'availability_zone': parts.NAME,
    'block_device_mapping': {'type': 'array', 'items': _DISK},
    'block_device_mapping_v2': {'type': 'array', 'items': _DISK},
    'config_drive': parts.BOOLEAN,
    'key_name': parts.NAME,
    'min_count': parts.POSITIVE,
    'max_count': parts.POSITIVE,
    'return_reservation_id': parts.BOOLEAN,
    'security_groups': {
        'type': 'array',
        'items': {'type': 'object', 'properties': {'name': parts.NAME},
                  'additionalProperties': False},
    },
    'user_data': {'type': 'string', 'format': 'base64', 'maxLength': 65535},
}
_HINTS = {'type': 'object'}


def _create():
    schema = parts.body('server', copy.deepcopy(_CREATE),
                        ('name', 'flavorRef'))
    schema['properties'].update({
        'os:scheduler_hints': _HINTS, 'OS-SCH-HNT:scheduler_hints': _HINTS})
    return schema


def _networks(**more):
    """Return what 2.37 made of networks: a word, or a list of UUIDs."""
    item = copy.deepcopy(_NETWORK)
    item['properties'].update(uuid=parts.UUID, **more)
    return {'anyOf': [{'enum': ['none', 'auto']},
                      {'type': 'array', 'items': item}]}


def _change(old, minor, server=None, disk=None, drop=(), required=()):
    """Return a copy of a schema as another version has it."""
    schema = copy.deepcopy(old)
    part = schema['properties']['server']
    part['properties'].update(server or {})
    for name in drop:
        del part['properties'][name]
    part['required'].extend(required)
    part['properties']['block_device_mapping_v2']['items'][
        'properties'].update(disk or {})
    return minor, schema


def _versions():
    chain = [(1, _create())]

    def then(minor, **changes):
        chain.append(_change(chain[-1][1], minor, **changes))

    then(19, server={'description': parts.DESCRIPTION})
    tagged = {**_NETWORK['properties'], 'tag': parts.TAG}
    then(32, disk={'tag': parts.TAG}, server={'networks': {
        'type': 'array', 'items': {**_NETWORK, 'properties': tagged}}})
    then(37, server={'networks': _networks()}, required=['networks'])
    then(42, server={'networks': _networks(tag=parts.TAG)})
    then(52, server={'tags': {
        'type': 'array', 'items': parts.TAG, 'maxItems': 50}})
    then(57, drop=['personality'])
    then(63, server={'trusted_image_certificates': {
        'type': ['array', 'null'], 'items': {'type': 'string'}}})
    then(67, disk={'volume_type': {'type': ['string', 'null']}})
    then(74, server={'host': parts.HOST, 'hypervisor_hostname': parts.HOST})
    then(90, server={'hostname': {
        'type': 'string', 'minLength': 1, 'maxLength': 63,
        'pattern': r'^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\Z'}})
    then(94, server={'hostname': parts.HOST})
    return tuple(chain)


CREATE = _versions()

_UPDATE = {
    'name': parts.NAME,
    'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
    'accessIPv4': {'type': 'string'},
    'accessIPv6': {'type': 'string'},
}
UPDATE = (
    (1, parts.body('server', _UPDATE)),
    (19, parts.body('server', {
        **_UPDATE, 'description': parts.DESCRIPTION})),
    (90, parts.body('server', {
        **_UPDATE, 'description': parts.DESCRIPTION,
        'hostname': parts.HOST})),
)
