"""A guest's serial port in its definition: a log, and perhaps a TCP port.

Whoever is connected to the port, or whether anybody is, makes no difference
to the log: QEMU itself writes it, and both QEMUs of a migration, and each new
life of the guest, add to the same one.
"""

from xml.etree import ElementTree

from nova_gs.virt.libvirt import elements

_add = elements.add

#: libvirt shows the port a second time as the guest's console.
_SHOWN_AS = ('serial', 'console')


def add(devices, log, address):
    """Add a serial port to the devices of a definition.

    :param log: path of a file
    :param address: (host, port) that it listens on besides, or None
    """
    serial = _add(devices, 'serial')
    _fill(serial, log, address)
    _add(serial, 'target', port='0')


def _fill(element, log, address):
    """Say where what is written goes to."""
    if address is None:
        element.set('type', 'file')
        _add(element, 'source', path=log, append='on')
        return
    host, port = address
    element.set('type', 'tcp')
    # What qemu.conf may say of TLS is not for a proxy that speaks none.
    _add(element, 'source', mode='bind', host=host, service=port, tls='no')
    _add(element, 'protocol', type='raw')
    _add(element, 'log', file=log, append='on')


def read(xml):
    """Return (host, port) that a guest's serial port listens on, or None.

    :param xml: the guest's definition
    """
    source = ElementTree.fromstring(xml).find(
        "devices/serial[@type='tcp']/source[@mode='bind']")
    if source is None:
        return None
    return source.get('host'), int(source.get('service'))


def place(xml, address):
    """Return a definition whose serial port listens elsewhere.

    One that listens nowhere is left as it is.

    :param address: (host, port); None: it is to have its log only
    """
    domain = ElementTree.fromstring(xml)
    for name in _SHOWN_AS:
        for element in domain.iterfind("devices/%s[@type='tcp']" % name):
            log = element.find('log').get('file')
            for child in element.findall('*'):
                if child.tag in ('source', 'protocol', 'log'):
                    element.remove(child)
            _fill(element, log, address)
    return ElementTree.tostring(domain, encoding='unicode')
