"""Where a guest's screen is: QEMU's VNC server, as libvirt knows it."""

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import guest as guests


def find(connection, uuid):
    """Return the driver.ConsoleAddress that a guest's screen listens on.

    :raises: ConsoleTypeUnavailable, ConsoleNotReady, GuestNotFound,
        libvirtError
    """
    domain = guests.find(connection, uuid)
    if domain is None:
        raise exception.GuestNotFound(instance_id=uuid)
    found = domain_xml.read_screen(domain.XMLDesc(0))
    if found is None:
        raise exception.ConsoleTypeUnavailable(
            instance_id=uuid, console_type='novnc',
            why='it was made while [vnc] enabled was false')
    address, port = found
    if port is None:
        raise exception.ConsoleNotReady(
            instance_id=uuid, why='it is not running')
    return driver.ConsoleAddress(host=address, port=port)
