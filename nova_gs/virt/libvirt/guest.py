"""One guest, as a libvirt domain: find it, start it, end it."""

import contextlib

import libvirt

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import errors

POWER_STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: driver.PowerState.NOSTATE,
    libvirt.VIR_DOMAIN_RUNNING: driver.PowerState.RUNNING,
    libvirt.VIR_DOMAIN_BLOCKED: driver.PowerState.RUNNING,
    libvirt.VIR_DOMAIN_PAUSED: driver.PowerState.PAUSED,
    # It is shutting down, so its QEMU still runs.
    libvirt.VIR_DOMAIN_SHUTDOWN: driver.PowerState.RUNNING,
    libvirt.VIR_DOMAIN_SHUTOFF: driver.PowerState.SHUTDOWN,
    libvirt.VIR_DOMAIN_CRASHED: driver.PowerState.CRASHED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: driver.PowerState.PAUSED,
}
UNDEFINE = (libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
            | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
            | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
            | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
# Seconds between two looks at a guest whose events might be lost.
LOOK_EVERY = 1.0


def find(connection, uuid):
    """Return the domain of an instance, or None; raises libvirtError."""
    try:
        return connection.lookupByUUIDString(uuid)
    except libvirt.libvirtError as error:
        if errors.code(error) == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def describe(domain):
    """Return the driver.Guest of a domain."""
    state, _reason = domain.state()
    power_state = POWER_STATES.get(state, driver.PowerState.NOSTATE)
    if (power_state is driver.PowerState.SHUTDOWN
            and domain.hasManagedSaveImage()):
        power_state = driver.PowerState.SUSPENDED
    return driver.Guest(uuid=domain.UUIDString(), power_state=power_state)


def list_all(connection):
    """Return the driver.Guest of each domain that is there."""
    found = []
    for domain in connection.listAllDomains():
        with unless_gone():
            found.append(describe(domain))
    return found


@contextlib.contextmanager
def unless_gone():
    """Pass by that a domain was removed or ended meanwhile."""
    try:
        yield
    except libvirt.libvirtError as error:
        if errors.code(error) not in (libvirt.VIR_ERR_NO_DOMAIN,
                                      libvirt.VIR_ERR_OPERATION_INVALID):
            raise


def start(domain, flags=libvirt.VIR_DOMAIN_START_FORCE_BOOT):
    """Start a domain; nothing if it is on.

    :param flags: libvirt's; without any a saved memory is taken up
    """
    if domain.isActive():
        return
    try:
        domain.createWithFlags(flags)
    except libvirt.libvirtError:
        if not domain.isActive():
            raise


def cut(domain):
    """Cut a domain's power; nothing if it is off."""
    if not domain.isActive():
        return
    try:
        domain.destroy()
    except libvirt.libvirtError:
        if domain.isActive():
            raise


def shut_down(domain, watch, clock, timeout):
    """Ask a guest to shut down.

    :param watch: events.Watch
    :param clock: Clock
    :param timeout: seconds that it may take
    :returns: whether it is off
    """
    deadline = clock.now() + timeout
    turn = watch.turn()
    if not domain.isActive():
        return True
    with unless_gone():
        domain.shutdown()
    while domain.isActive():
        left = deadline - clock.now()
        if left <= 0:
            return False
        watch.wait_past(turn, min(left, LOOK_EVERY))
        turn = watch.turn()
    return True


def pause(domain):
    """Make a domain stand still; nothing if it does."""
    if not _is_paused(domain):
        domain.suspend()


def unpause(domain):
    """Let a domain go on; nothing if it does."""
    if _is_paused(domain) or not domain.isActive():
        domain.resume()


def _is_paused(domain):
    return domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED


def suspend(domain):
    """Write a domain's memory to disk and end it; nothing if it was."""
    if domain.isActive() or not domain.hasManagedSaveImage():
        # What it resumes as is said here, since it may be paused by a save
        # that was cut.
        domain.managedSave(libvirt.VIR_DOMAIN_SAVE_RUNNING)


def resume(domain):
    """Let a domain run from where it was saved; nothing if it runs."""
    if domain.isActive():
        unpause(domain)
        return
    if not domain.hasManagedSaveImage():
        raise exception.HypervisorError(
            reason='Guest %s is not resumed: it is off, and nothing of its '
                   'memory was saved.' % domain.UUIDString())
    start(domain, flags=0)


def remove(connection, uuid):
    """End a guest and remove its definition; it may be gone already."""
    domain = find(connection, uuid)
    if domain is None:
        return
    with unless_gone():
        cut(domain)
    undefine(domain)


def undefine(domain):
    """Remove a definition; it may be gone already."""
    try:
        domain.undefineFlags(UNDEFINE)
    except libvirt.libvirtError as error:
        if errors.code(error) != libvirt.VIR_ERR_NO_DOMAIN:
            raise
