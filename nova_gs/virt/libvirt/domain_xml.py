"""The definition of a guest, as libvirt wants it."""

import dataclasses
import re
import uuid
from xml.etree import ElementTree

NAMESPACE = 'https://docs.openstack.org/nova-gs/instance/1.0'
ElementTree.register_namespace('nova-gs', NAMESPACE)

# Characters that XML cannot carry in any form.
_UNPRINTABLE = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-'
                          '\U0010ffff]')


@dataclasses.dataclass(frozen=True)
class Platform:
    """What a host gives its guests.

    :param virt_type: ``kvm`` or ``qemu``
    :param machine_type: QEMU's name of the machine, or an alias of it
    :param cache_mode: how QEMU treats the host's page cache
    """

    virt_type: str
    machine_type: str
    cache_mode: str


def name_of(instance_uuid):
    """Return the name of an instance's guest."""
    return 'instance-%s' % instance_uuid


def build(instance, platform, disk, console):
    """Return the definition of an instance's guest as a string.

    :param instance: objects.Instance
    :param platform: Platform
    :param disk: path of its qcow2 disk
    :param console: path of the log of its serial console
    """
    domain = _build_machine(
        platform, name_of(instance.uuid), instance.uuid, instance.memory_mb,
        instance.vcpus)
    _add_metadata(domain, instance)
    _add_devices(domain.find('devices'), platform, disk, console)
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


def _add_devices(devices, platform, disk, console):
    drive = _add(devices, 'disk', type='file', device='disk')
    _add(drive, 'driver', name='qemu', type='qcow2',
         cache=platform.cache_mode)
    _add(drive, 'source', file=disk)
    _add(drive, 'target', dev='vda', bus='virtio')
    # Both QEMUs of a migration, and each new life of the guest, add to the
    # same log.
    serial = _add(devices, 'serial', type='file')
    _add(serial, 'source', path=console, append='on')
    _add(serial, 'target', port='0')


def _add(parent, tag, text=None, **attributes):
    element = ElementTree.SubElement(parent, tag, {
        name: _clean(value) for name, value in attributes.items()})
    if text is not None:
        element.text = _clean(text)
    return element


def _clean(value):
    return _UNPRINTABLE.sub('\ufffd', str(value))


@dataclasses.dataclass(frozen=True)
class Running:
    """What the definition of a running guest says of its needs.

    ``cpu`` is the XML of its processor, or '' when it has QEMU's own.
    """

    virt_type: str
    machine_type: str
    cpu: str


def read(xml):
    """Return the ``Running`` of a live definition.

    :param xml: what libvirt returns for an active guest
    """
    domain = ElementTree.fromstring(xml)
    cpu = domain.find('cpu')
    has_model = cpu is not None and cpu.find('model') is not None
    return Running(
        virt_type=domain.get('type', ''),
        machine_type=domain.find('os/type').get('machine', ''),
        cpu=(ElementTree.tostring(cpu, encoding='unicode')
             if has_model else ''))
