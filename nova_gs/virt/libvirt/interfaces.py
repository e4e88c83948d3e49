"""A guest's network interfaces, as libvirt wants them."""

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import elements

#: Most letters of a network device's name on Linux.
_DEVICE_NAME = 14


def add(devices, port):
    """Add the interface of a port.

    :param devices: the element that it goes into
    :param port: objects.Port, bound
    :raises: HypervisorError for a ``vif_type`` that is not known here
    """
    if port.vif_type not in driver.Plug.ALL:
        raise exception.HypervisorError(
            reason='Port %s is of vif_type %s, which this host cannot plug '
                   'in. It can: %s.' % (
                       port.id, port.vif_type, ', '.join(driver.Plug.ALL)))
    if port.vif_type == driver.Plug.USER:
        interface = elements.add(devices, 'interface', type='user')
    else:
        interface = _bridged(devices, port)
    elements.add(interface, 'mac', address=port.mac_address)
    elements.add(interface, 'model', type='virtio')
    # Guests boot from their disk; the card's own loader only takes time.
    elements.add(interface, 'rom', enabled='no')


def _bridged(devices, port):
    interface = elements.add(devices, 'interface', type='bridge')
    elements.add(interface, 'source',
                 bridge=port.details.get('bridge_name', ''))
    elements.add(interface, 'target', dev=('tap' + port.id)[:_DEVICE_NAME])
    if port.vif_type == driver.Plug.OVS:
        switch = elements.add(interface, 'virtualport', type='openvswitch')
        elements.add(switch, 'parameters', interfaceid=port.id)
    return interface
