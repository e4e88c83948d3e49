"""What libvirt and the guests' consoles say, asked beside nova_gs."""

import dataclasses
import os

from nova_gs.devcloud import console
from nova_gs.virt.driver import PowerState


@dataclasses.dataclass(frozen=True)
class Domain:
    """A guest as a libvirtd knows it.

    :param state: its PowerState
    :param moves: whether a job of libvirt is under way on it
    """

    state: PowerState
    moves: bool


def domains(uri):
    """Return {UUID: Domain} of a libvirtd, whether they run or not.

    :raises: libvirtError
    """
    import libvirt
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    connection = libvirt.open(uri)
    try:
        return {domain.UUIDString(): Domain(
            state=_state(libvirt, domain),
            moves=_moves(libvirt, domain))
            for domain in connection.listAllDomains()}
    finally:
        connection.close()


def _state(libvirt, domain):
    state = domain.state()[0]
    if state == libvirt.VIR_DOMAIN_SHUTOFF:
        return (PowerState.SUSPENDED if domain.hasManagedSaveImage()
                else PowerState.SHUTDOWN)
    return {libvirt.VIR_DOMAIN_RUNNING: PowerState.RUNNING,
            libvirt.VIR_DOMAIN_PAUSED: PowerState.PAUSED}.get(
                state, PowerState.CRASHED)


def _moves(libvirt, domain):
    try:
        return domain.jobInfo()[0] != libvirt.VIR_DOMAIN_JOB_NONE
    except libvirt.libvirtError as error:
        # One that is off has none.
        if error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID:
            return False
        raise


def consoles(directory):
    """Return {UUID: console.Continuity} of all guests that have a console.

    :param directory: instances_path
    """
    found = {}
    for name in os.listdir(directory):
        path = os.path.join(directory, name, 'console.log')
        try:
            with open(path, 'rb') as log:
                found[name] = console.read(log.read())
        except (FileNotFoundError, NotADirectoryError):
            continue
    return found
