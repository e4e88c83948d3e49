"""A guest's network interfaces, as libvirt wants them."""

from xml.etree import ElementTree

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import elements

#: Most letters of a network device's name on Linux.
_DEVICE_NAME = 14

#: What of an interface says how it is plugged in.
_WIRING = ('source', 'target', 'virtualport', 'script', 'backend')


def add(devices, port):
    """Add the interface of a port.

    :param devices: the element that it goes into
    :param port: objects.Port, bound
    :raises: HypervisorError for a ``vif_type`` that is not known here
    """
    interface = elements.add(devices, 'interface')
    _wire(interface, port)
    elements.add(interface, 'mac', address=port.mac_address)
    elements.add(interface, 'model', type='virtio')
    # Guests boot from their disk; the card's own loader only takes time.
    elements.add(interface, 'rom', enabled='no')


def device_name(port_id):
    """Return the name of a port's tap; Neutron's agents look for it."""
    return ('tap' + port_id)[:_DEVICE_NAME]


def rewire(xml, ports, plugged):
    """Return a definition whose interfaces are plugged in as ports are.

    :param xml: a definition
    :param ports: objects.Port, as they are bound where it is to be used
    :param plugged: IDs of those whose taps are there already
    :raises: HypervisorError for a ``vif_type`` that is not known here
    """
    domain = ElementTree.fromstring(xml)
    found = _by_address(domain)
    for port in ports:
        interface = found.get((port.mac_address or '').lower())
        if interface is None:
            continue
        for name in _WIRING:
            for element in interface.findall(name):
                interface.remove(element)
        if port.id in plugged and has_tap(port):
            interface.set('type', 'ethernet')
            elements.add(interface, 'target', dev=device_name(port.id),
                         managed='no')
        else:
            _wire(interface, port)
    return ElementTree.tostring(domain, encoding='unicode')


def has_tap(port):
    """Whether a tap of a port can be made without libvirt."""
    return port.vif_type == driver.Plug.BRIDGE


def has_wires(xml):
    """Whether any interface of a definition is one of its host alone."""
    return any(interface.get('type') != 'user'
               for interface in _by_address(
                   ElementTree.fromstring(xml)).values())


def taps_needed(xml):
    """Return the names of devices that have to be there before a start."""
    return {target.get('dev') for target in ElementTree.fromstring(
        xml).iterfind("devices/interface/target[@managed='no']")}


def _by_address(domain):
    """Return {MAC address: element} of a definition's interfaces."""
    return {interface.find('mac').get('address').lower(): interface
            for interface in domain.iterfind('devices/interface')
            if interface.find('mac') is not None}


def _wire(interface, port):
    """Say how an interface is plugged in by libvirt."""
    if port.vif_type not in driver.Plug.ALL:
        raise exception.HypervisorError(
            reason='Port %s is of vif_type %s, which this host cannot plug '
                   'in. It can: %s.' % (
                       port.id, port.vif_type, ', '.join(driver.Plug.ALL)))
    if port.vif_type == driver.Plug.USER:
        interface.set('type', 'user')
        return
    interface.set('type', 'bridge')
    elements.add(interface, 'source',
                 bridge=port.details.get('bridge_name', ''))
    elements.add(interface, 'target', dev=device_name(port.id))
    if port.vif_type == driver.Plug.OVS:
        switch = elements.add(interface, 'virtualport', type='openvswitch')
        elements.add(switch, 'parameters', interfaceid=port.id)
