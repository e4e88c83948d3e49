"""Where a guest's consoles are: what QEMU listens on, as libvirt knows it."""

from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.virt import driver
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import serial_port

#: Which options give new guests a console, and what reads its (host, port)
#: from a definition.
_KINDS = {
    fields.ConsoleType.NOVNC: ('[vnc]', domain_xml.read_screen),
    fields.ConsoleType.SERIAL: ('[serial_console]', serial_port.read),
}


def find(connection, uuid, console_type):
    """Return the driver.ConsoleAddress that a guest's console listens on.

    :param console_type: one of ``fields.ConsoleType``
    :raises: ConsoleTypeUnavailable, ConsoleNotReady, GuestNotFound,
        libvirtError
    """
    domain = guests.find(connection, uuid)
    if domain is None:
        raise exception.GuestNotFound(instance_id=uuid)
    group, read = _KINDS[console_type]
    found = read(domain.XMLDesc(0))
    if found is None:
        raise exception.ConsoleTypeUnavailable(
            instance_id=uuid, console_type=console_type,
            why='it was made while %s enabled was false' % group)
    host, port = found
    if port is None or not domain.isActive():
        raise exception.ConsoleNotReady(
            instance_id=uuid, why='it is not running')
    return driver.ConsoleAddress(host=host, port=port)
