"""Making a guest, and removing it.

Each function does one operation on the host's driver and returns the fields
of the instance that it changes.
"""

from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import driver


def build(host, operation, ctxt):
    """Make a guest from its image and start it."""
    instance = operation.instance
    image = objects.Image.get_by_id(ctxt, operation.params['image_id'])
    host.driver.spawn(instance, image)
    return {'vm_state': fields.VMState.ACTIVE,
            'power_state': int(driver.PowerState.RUNNING),
            'launched_at': host.clock.utcnow().isoformat()}


def when_build_failed(host, operation, reason):
    """Return what a failed build leaves: no room taken, the reason told."""
    return {'vm_state': fields.VMState.ERROR, 'host': None, 'node': None,
            'fault': {'code': 500, 'message': reason, 'details': '',
                      'created': host.clock.utcnow().isoformat()}}


def delete(host, operation):
    """Remove a guest and its disk."""
    host.driver.destroy(operation.instance)
    return {'vm_state': fields.VMState.DELETED, 'deleted': True,
            'power_state': int(driver.PowerState.NOSTATE)}
