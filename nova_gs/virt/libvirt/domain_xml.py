"""The definition of a guest, as libvirt wants it."""

import dataclasses
import os
import string
import uuid
from xml.etree import ElementTree

from nova_gs.virt.libvirt import elements
from nova_gs.virt.libvirt import interfaces
from nova_gs.virt.libvirt import serial_port

_add = elements.add

NAMESPACE = 'https://docs.openstack.org/nova-gs/instance/1.0'
ElementTree.register_namespace('nova-gs', NAMESPACE)

_LETTERS = string.ascii_lowercase


@dataclasses.dataclass(frozen=True)
class Platform:
    """What a host gives its guests.

    :param virt_type: ``kvm`` or ``qemu``
    :param machine_type: QEMU's name of the machine, or an alias of it
    :param cache_mode: how QEMU treats the host's page cache
    :param has_screen: whether guests get a screen, to be seen over VNC
    :param screen_listen: address that it listens on; None: libvirt's own,
        which is another one after a migration
    """

    virt_type: str
    machine_type: str
    cache_mode: str
    has_screen: bool = False
    screen_listen: str | None = None


def name_of(instance_uuid):
    """Return the name of an instance's guest."""
    return 'instance-%s' % instance_uuid


def build(instance, platform, disks, console, serial=None):
    """Return the definition of an instance's guest as a string.

    :param instance: objects.Instance
    :param platform: Platform
    :param disks: [(path, format)], the one that it boots from first
    :param console: path of the log of its serial console
    :param serial: (host, port) that its serial port listens on besides, or
        None
    """
    domain = _build_machine(
        platform, name_of(instance.uuid), instance.uuid, instance.memory_mb,
        instance.vcpus)
    _add_metadata(domain, instance)
    devices = domain.find('devices')
    _add_disks(devices, platform, disks)
    serial_port.add(devices, console, serial)
    if platform.has_screen:
        _add_screen(devices, platform.screen_listen)
    for port in instance.ports:
        interfaces.add(devices, port)
    return ElementTree.tostring(domain, encoding='unicode')


def build_probe(platform, name):
    """Return the definition of a guest that only shows whether it starts.

    It has neither disk nor console.
    """
    domain = _build_machine(platform, name, str(uuid.uuid4()), 16, 1)
    return ElementTree.tostring(domain, encoding='unicode')


def _build_machine(platform, name, identity, memory_mb, vcpus):
    domain = ElementTree.Element('domain', type=platform.virt_type)
    _add(domain, 'name', name)
    _add(domain, 'uuid', identity)
    _add(domain, 'memory', memory_mb, unit='MiB')
    _add(domain, 'vcpu', vcpus)
    system = _add(domain, 'os')
    _add(system, 'type', 'hvm', machine=platform.machine_type)
    _add(system, 'boot', dev='hd')
    features = _add(domain, 'features')
    _add(features, 'acpi')
    _add(features, 'apic')
    if platform.virt_type == 'kvm':
        # What the guest sees is fixed at its start and checked against the
        # destination; without it a guest gets QEMU's smallest processor.
        _add(domain, 'cpu', mode='host-model')
    _add(domain, 'clock', offset='utc')
    _add(domain, 'on_poweroff', 'destroy')
    _add(domain, 'on_reboot', 'restart')
    _add(domain, 'on_crash', 'destroy')
    devices = _add(domain, 'devices')
    _add(devices, 'controller', type='usb', model='none')
    _add(devices, 'memballoon', model='none')
    return domain


def _add_metadata(domain, instance):
    metadata = _add(domain, 'metadata')
    ours = _add(metadata, '{%s}instance' % NAMESPACE)
    for field in ('display_name', 'project_id', 'user_id'):
        value = getattr(instance, field)
        if value is not None:
            _add(ours, '{%s}%s' % (NAMESPACE, field), value)


def _add_disks(devices, platform, disks):
    for letter, (path, disk_format) in zip(_LETTERS, disks):
        drive = _add(devices, 'disk', type='file', device='disk')
        _add(drive, 'driver', name='qemu', type=disk_format,
             cache=platform.cache_mode)
        _add(drive, 'source', file=path)
        _add(drive, 'target', dev='vd' + letter, bus='virtio')


def _add_screen(devices, address):
    # The port is chosen at each start, and by the destination of each
    # migration, from the range in its qemu.conf.
    graphics = _add(devices, 'graphics', type='vnc', port='-1',
                    autoport='yes')
    listen = {'address': address} if address else {}
    _add(graphics, 'listen', type='address', **listen)
    # Every guest has a driver for it.
    _add(_add(devices, 'video'), 'model', type='vga')


@dataclasses.dataclass(frozen=True)
class Running:
    """What the definition of a running guest says of its needs.

    ``cpu`` is the XML of its processor, or '' when it has QEMU's own;
    ``screen_listen`` the address that its screen wants on any host, or '';
    ``has_serial`` tells whether its serial port is reached over TCP.
    """

    virt_type: str
    machine_type: str
    cpu: str
    screen_listen: str = ''
    has_serial: bool = False


def read(xml):
    """Return the ``Running`` of a live definition.

    :param xml: what libvirt returns for an active guest that may migrate
    """
    domain = ElementTree.fromstring(xml)
    listen = domain.find("devices/graphics[@type='vnc']/listen[@address]")
    cpu = domain.find('cpu')
    has_model = cpu is not None and cpu.find('model') is not None
    return Running(
        virt_type=domain.get('type', ''),
        machine_type=domain.find('os/type').get('machine', ''),
        cpu=(ElementTree.tostring(cpu, encoding='unicode')
             if has_model else ''),
        screen_listen='' if listen is None else listen.get('address'),
        has_serial=serial_port.read(xml) is not None)


def read_screen(xml):
    """Return (address, port) that a running guest's screen listens on.

    :param xml: what libvirt returns for an active guest
    :returns: None for a guest without a screen; the port is None while it
        does not listen
    """
    graphics = ElementTree.fromstring(xml).find(
        "devices/graphics[@type='vnc']")
    if graphics is None:
        return None
    listen = graphics.find("listen[@type='address']")
    address = (listen.get('address') if listen is not None
               else graphics.get('listen'))
    port = int(graphics.get('port', -1))
    return address or '127.0.0.1', port if port > 0 else None


@dataclasses.dataclass(frozen=True)
class Drive:
    """A disk of a running guest.

    ``target`` is its name in the guest's definition (``vda``), ``path`` its
    file, or None for one that is no file; ``base`` the file below it, or
    None.
    """

    target: str
    path: str | None
    format: str
    base: str | None
    base_format: str | None


def read_drives(xml):
    """Return the ``Drive`` of each disk that a guest writes to.

    :param xml: what libvirt returns for an active guest
    """
    drives = []
    for disk in ElementTree.fromstring(xml).iterfind('devices/disk'):
        if disk.find('readonly') is not None:
            continue
        below = disk.find('backingStore[@type]')
        drives.append(Drive(
            target=disk.find('target').get('dev'),
            path=_file_of(disk), format=disk.find('driver').get('type'),
            base=None if below is None else _file_of(below),
            base_format=(None if below is None
                         else below.find('format').get('type'))))
    return drives


def _file_of(element):
    source = element.find('source')
    return None if source is None else source.get('file')


def move(xml, source, destination, cache_mode):
    """Return a definition for a host that has the guest's files elsewhere.

    :param xml: the definition at the source
    :param source: the directory in which the files are now
    :param destination: that in which they will be
    :param cache_mode: how QEMU shall treat the page cache there
    """
    domain = ElementTree.fromstring(xml)
    for disk in domain.iterfind('devices/disk'):
        disk.find('driver').set('cache', cache_mode)
        # What is below a disk is written in the disk itself.
        for below in disk.findall('backingStore'):
            disk.remove(below)
    for element in domain.find('devices').iter():
        if element.tag not in ('source', 'log'):
            continue
        for attribute in ('file', 'path'):
            path = element.get(attribute)
            if path and path.startswith(os.path.join(source, '')):
                element.set(attribute, os.path.join(
                    destination, os.path.relpath(path, source)))
    return ElementTree.tostring(domain, encoding='unicode')
