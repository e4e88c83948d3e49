"""How libvirt is told to move a guest: parameters and flags of its call."""

import libvirt

from nova_gs.virt import driver
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import interfaces
from nova_gs.virt.libvirt import serial
from nova_gs.virt.libvirt import serial_port

MIGRATE = (libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER
           | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
           | libvirt.VIR_MIGRATE_PERSIST_DEST)
_XML = libvirt.VIR_DOMAIN_XML_MIGRATABLE | libvirt.VIR_DOMAIN_XML_SECURE


def make(conf, domain, data, instances_path, ports=()):
    """Return what ``migrateToURI3`` is given: (parameters, flags).

    :param conf: ConfigOpts
    :param domain: the guest, at its source
    :param data: objects.MigrateData that both ends have agreed on
    :param instances_path: of the source
    :param ports: objects.Port of the guest, as they are bound to the source
    :raises: libvirtError, HypervisorError
    """
    options = conf.libvirt
    params = _bandwidths(options)
    if data.target_addr:
        params[libvirt.VIR_MIGRATE_PARAM_URI] = _tcp(data.target_addr)
    flags = MIGRATE | _permitted(options)
    params.update(_definitions(domain, data, instances_path, ports))
    if data.block_migration:
        params[libvirt.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = sorted(data.disks)
        flags |= _kind_of_copy(data)
    return params, flags


def _bandwidths(options):
    """Return libvirt's parameters of the bandwidths, in MiB/s."""
    limits = {libvirt.VIR_MIGRATE_PARAM_BANDWIDTH:
              options.live_migration_bandwidth}
    if options.live_migration_permit_post_copy:
        limits[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY] = (
            options.live_migration_post_copy_bandwidth)
    return {name: limit for name, limit in limits.items() if limit}


def _permitted(options):
    flags = 0
    if options.live_migration_trust_storage:
        flags |= libvirt.VIR_MIGRATE_UNSAFE
    if options.live_migration_permit_post_copy:
        flags |= libvirt.VIR_MIGRATE_POSTCOPY
    elif options.live_migration_permit_auto_converge:
        flags |= libvirt.VIR_MIGRATE_AUTO_CONVERGE
    return flags


def _definitions(domain, data, instances_path, ports):
    """Return the parameters that say what the guest is at the destination.

    Both definitions, of the guest now and of its next start, are given where
    its files, its interfaces or the port of what it writes are other ones
    there.
    """
    there = data.told('ports')
    is_rewired = _is_rewired(domain, there)
    if not (is_rewired or data.block_migration
            or serial_port.read(domain.XMLDesc(0))):
        return {}
    definitions = {}
    for name, flag, plugged in (
            (libvirt.VIR_MIGRATE_PARAM_DEST_XML, 0, data.told('plugged')),
            (libvirt.VIR_MIGRATE_PARAM_PERSIST_XML,
             libvirt.VIR_DOMAIN_XML_INACTIVE, None)):
        xml = domain.XMLDesc(_XML | flag)
        if is_rewired:
            xml = interfaces.rewire(
                xml, ports if there is None else there, plugged or ())
        if data.block_migration:
            xml = domain_xml.move(
                xml, instances_path, data.details['dest_instances_path'],
                data.details['dest_cache_mode'])
        definitions[name] = serial_port.place(xml, serial.promised_in(data))
    return definitions


def _is_rewired(domain, there):
    """Whether interfaces are plugged in otherwise at the destination.

    :param there: its ports, as they are bound there; None: it does not say
    """
    xml = domain.XMLDesc(_XML)
    if there is None:
        # What it finds is as here, but for a tap that nobody makes.
        return bool(interfaces.taps_needed(xml))
    return interfaces.has_wires(xml) or any(
        port.vif_type != driver.Plug.USER for port in there)


def _kind_of_copy(data):
    """Return the flag that copies what the guest has written, or all.

    What it has written is enough where the destination has the bases below.
    """
    if any(disk['base'] for disk in data.disks.values()):
        return libvirt.VIR_MIGRATE_NON_SHARED_INC
    return libvirt.VIR_MIGRATE_NON_SHARED_DISK


def _tcp(address):
    """Return the URI of an address for a guest's memory."""
    return 'tcp://[%s]' % address if ':' in address else 'tcp://' + address
