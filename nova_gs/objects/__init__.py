"""Versioned data: what the services say to one another and to the API.

``register_all()`` imports every class and makes it an attribute here, so
that ``from nova_gs import objects`` is all that most modules need.
"""

import importlib

MODULES = (
    'compute_node', 'console_token', 'external_event', 'flavor', 'image',
    'instance', 'instance_action', 'migrate_data', 'migration', 'operation',
    'operation_list', 'port', 'service',
)


def register_all():
    """Import the modules of all objects; may be called again."""
    for name in MODULES:
        importlib.import_module('nova_gs.objects.' + name)
