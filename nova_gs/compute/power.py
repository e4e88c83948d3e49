"""Switching guests on and off, restarting them and making them stand still.

Each function does one operation on the host's driver and returns the fields
of the instance that it changes.
"""

from nova_gs.objects import fields
from nova_gs.virt import driver

#: What an instance is whose guest was last seen so.
VM_STATES = {
    driver.PowerState.RUNNING: fields.VMState.ACTIVE,
    driver.PowerState.PAUSED: fields.VMState.PAUSED,
    driver.PowerState.SHUTDOWN: fields.VMState.STOPPED,
    driver.PowerState.CRASHED: fields.VMState.STOPPED,
    driver.PowerState.SUSPENDED: fields.VMState.SUSPENDED,
}

#: Seconds that a guest gets to shut down by itself before its power is cut.
SHUTDOWN_TIMEOUT = 60


def start(host, operation):
    """Switch a guest on."""
    host.fence.require(operation.instance_uuid)
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
    host.fence.require(operation.instance_uuid)
    host.driver.reboot(
        operation.instance,
        hard=operation.params.get('reboot_type', 'HARD') == 'HARD')
    return _state_of(host, operation, fields.VMState.ACTIVE)


def pause(host, operation):
    """Make a guest stand still."""
    host.driver.pause(operation.instance)
    return _state_of(host, operation, fields.VMState.PAUSED)


def unpause(host, operation):
    """Let a paused guest go on."""
    host.fence.require(operation.instance_uuid)
    host.driver.unpause(operation.instance)
    return _state_of(host, operation, fields.VMState.ACTIVE)


def suspend(host, operation):
    """Write a guest's memory to disk and switch it off."""
    host.driver.suspend(operation.instance)
    return _state_of(host, operation, fields.VMState.SUSPENDED)


def resume(host, operation):
    """Switch a suspended guest on where it was."""
    host.fence.require(operation.instance_uuid)
    host.driver.resume(operation.instance)
    return _state_of(host, operation, fields.VMState.ACTIVE)


def as_found(host, operation):
    """Take down what a guest is, whatever it was to become."""
    return state_seen(
        operation.instance,
        host.driver.get_guest(operation.instance_uuid).power_state)


def state_seen(instance, power_state):
    """Return what a record says of a guest that was seen so.

    :param instance: objects.Instance; one that was never built, or is
        broken, stays that
    :param power_state: driver.PowerState
    :returns: dict with ``power_state`` and ``vm_state``
    """
    vm_state = instance.vm_state
    if vm_state in VM_STATES.values():
        vm_state = VM_STATES.get(power_state, vm_state)
    return {'power_state': int(power_state), 'vm_state': vm_state}


def _state_of(host, operation, vm_state):
    guest = host.driver.get_guest(operation.instance_uuid)
    return {'vm_state': vm_state, 'power_state': int(guest.power_state)}
