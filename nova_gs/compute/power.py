"""Switching guests on and off and restarting them.

Each function does one operation on the host's driver and returns the fields
of the instance that it changes.
"""

from nova_gs.objects import fields

#: Seconds that a guest gets to shut down by itself before its power is cut.
SHUTDOWN_TIMEOUT = 60


def start(host, operation):
    """Switch a guest on."""
    host.driver.power_on(operation.instance)
    return _state_of(host, operation, fields.VMState.ACTIVE)


def stop(host, operation):
    """Switch a guest off."""
    host.driver.power_off(
        operation.instance,
        timeout=operation.params.get('timeout', SHUTDOWN_TIMEOUT))
    return _state_of(host, operation, fields.VMState.STOPPED)


def reboot(host, operation):
    """Restart a guest."""
    host.driver.reboot(
        operation.instance,
        hard=operation.params.get('reboot_type', 'HARD') == 'HARD')
    return _state_of(host, operation, fields.VMState.ACTIVE)


def _state_of(host, operation, vm_state):
    guest = host.driver.get_guest(operation.instance_uuid)
    return {'vm_state': vm_state, 'power_state': int(guest.power_state)}
