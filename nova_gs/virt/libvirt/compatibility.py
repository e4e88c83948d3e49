"""Whether a guest could move: what its host says, what the other one thinks.

Nothing is changed here. That both hosts see the same instances_path is
known by a random word in the guest's own directory (``disks``), so nothing
has to be tidied up whatever becomes of the checks.
"""

import os

import libvirt

from nova_gs import exception
from nova_gs.objects import migrate_data
from nova_gs.virt import driver
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import host as host_module
from nova_gs.virt.libvirt import serial


#: A guest in one of these states can be moved, and keeps it.
MOVABLE = (driver.PowerState.RUNNING, driver.PowerState.PAUSED)

#: Detail of MigrateData: not empty for a guest that stands still.
PAUSED = 'paused'


def _refuse(reason, *values):
    return exception.MigrationPreCheckError(reason=reason % values)


class Compatibility:
    """The checks of one host.

    :param conf: ConfigOpts
    :param connector: connection.Connector
    :param disks: disks.Disks
    :param host: host.Host
    :param baggage: baggage.Baggage
    """

    def __init__(self, conf, connector, disks, host, baggage):
        self._conf = conf
        self._connector = connector
        self._disks = disks
        self._host = host
        self._baggage = baggage

    def describe(self, uuid):
        """At the source: return the MigrateData of a guest.

        :raises: MigrationPreCheckError, GuestNotFound, libvirtError
        """
        data = self._connector.query(
            lambda connection: self._describe(connection, uuid))
        storage_id = self._disks.storage_id(uuid)
        if not storage_id:
            raise _refuse(
                'the file %s cannot be read on host %s; without it the '
                'destination cannot tell that it sees the same '
                'instances_path', self._disks.storage_marker(uuid),
                self._conf.host)
        data.details['storage_id'] = storage_id
        return data

    def _describe(self, connection, uuid):
        domain = guests.find(connection, uuid)
        if domain is None:
            raise exception.GuestNotFound(instance_id=uuid)
        state = guests.describe(domain).power_state
        if state not in MOVABLE:
            raise _refuse(
                'guest %s is not running on host %s (it is %s); start it '
                'first', uuid, self._conf.host, state.name.lower())
        if domain.jobInfo()[0] != libvirt.VIR_DOMAIN_JOB_NONE:
            raise _refuse('libvirt on host %s is still busy with guest %s; '
                          'try again later', self._conf.host, uuid)
        xml = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE)
        needs = domain_xml.read(xml)
        return migrate_data.MigrateData(
            source_host=self._conf.host,
            hypervisor_type=connection.getType(),
            hypervisor_version=connection.getVersion(),
            storage_marker=self._disks.storage_marker(uuid),
            machine_type=needs.machine_type,
            disks=self._describe_disks(domain, uuid),
            details={'virt_type': needs.virt_type, 'cpu': needs.cpu,
                     'screen_listen': needs.screen_listen,
                     serial.WANTED: '1' if needs.has_serial else '',
                     PAUSED: '1' if state is driver.PowerState.PAUSED
                     else ''})

    def _describe_disks(self, domain, uuid):
        """Return what a copy needs to know of the disks, None if too little.

        See objects.MigrateData.
        """
        drives = domain_xml.read_drives(domain.XMLDesc(0))
        directory = self._disks.directory(uuid)
        bases = os.path.dirname(self._disks.base('any'))
        described = {}
        for drive in drives:
            used = _used(drive.path)
            if (used is None or os.path.dirname(drive.path) != directory
                    or drive.base and os.path.dirname(drive.base) != bases):
                return None
            described[drive.target] = {
                'file': os.path.basename(drive.path), 'format': drive.format,
                'size': domain.blockInfo(drive.target)[0],
                'used': used,
                'base': drive.base and os.path.basename(drive.base),
                'base_format': drive.base_format}
        return described

    def complete(self, uuid, data):
        """At the destination: return the data with this host's part.

        :raises: MigrationPreCheckError, libvirtError
        """
        self.check_room(uuid, data)
        self._check_hypervisor(data)
        self._check_cpu(data)
        self._check_screen(data)
        data.dest_host = self._conf.host
        uri = self._conf.libvirt.live_migration_uri
        data.target_uri = uri.replace('%s', self._conf.host)
        data.target_addr = self._conf.libvirt.live_migration_inbound_addr
        return data

    def check_room(self, uuid, data):
        """At the destination: see that the guest's place is free and right.

        :raises: MigrationPreCheckError, libvirtError
        """
        if data.source_host == self._conf.host:
            raise _refuse('source and destination are the same host %s',
                          self._conf.host)
        self._check_storage(uuid, data)
        present = self._connector.query(
            lambda connection: guests.find(connection, uuid) is not None)
        if present:
            raise _refuse(
                'host %s has a guest %s already; if it is left over, '
                'undefine it there (virsh undefine %s)', self._conf.host,
                uuid, domain_xml.name_of(uuid))

    def _check_storage(self, uuid, data):
        """Decide whether disks are copied, and see that this can be.

        Both hosts may have one directory at two paths. Its guest's disks
        would be copied onto themselves, so that is never done.
        """
        marker, word = self._disks.storage_marker(uuid), data.details[
            'storage_id']
        is_same = bool(word) and self._disks.storage_id(uuid) == word
        if is_same and data.storage_marker == marker:
            if data.block_migration:
                raise _refuse(
                    'hosts %s and %s share instances_path, so there is '
                    'nothing to copy. Ask without block migration',
                    data.source_host, self._conf.host)
            data.block_migration = False
            return
        if is_same or not word or data.block_migration is False:
            raise _refuse(
                'instances_path is not shared: host %s does not see %s of '
                'host %s. Put instances_path of both hosts on the same '
                'shared storage, at the same path%s', self._conf.host,
                data.storage_marker, data.source_host,
                '' if is_same or not word else ', or ask for a block '
                'migration')
        self._check_copy(uuid, data)
        data.block_migration = True

    def _check_copy(self, uuid, data):
        if not data.disks:
            raise _refuse(
                'the disks of guest %s cannot be copied: host %s %s', uuid,
                data.source_host, 'has disks of it elsewhere than in %s'
                % os.path.dirname(data.storage_marker)
                if data.knows_blocks else 'is too old for block migrations; '
                'upgrade it')
        obstacle = self._baggage.find_obstacle(uuid)
        if obstacle:
            raise _refuse('%s on host %s is in the way. See whose it is, and '
                          'move it away', obstacle, self._conf.host)
        needed = sum(disk['used'] for disk in data.disks.values())
        free = self._disks.free_bytes()
        if needed > free:
            raise _refuse(
                'instances_path of host %s has %d MiB left, and the disks of '
                'guest %s take %d MiB', self._conf.host, free >> 20, uuid,
                needed >> 20)

    def _check_hypervisor(self, data):
        kind, version = self._connector.query(
            lambda connection: (connection.getType(),
                                connection.getVersion()))
        if kind != data.hypervisor_type:
            raise _refuse('host %s runs %s, host %s runs %s',
                          data.source_host, data.hypervisor_type,
                          self._conf.host, kind)
        if version < (data.hypervisor_version or 0):
            raise _refuse(
                'QEMU on host %s (%s) is older than on host %s (%s), and a '
                'guest cannot go back; upgrade it', self._conf.host,
                _readable(version), data.source_host,
                _readable(data.hypervisor_version))
        self._host.check_can_run(
            data.details['virt_type'], data.machine_type,
            exception.MigrationPreCheckError)

    def _check_cpu(self, data):
        cpu = data.details.get('cpu')
        if not cpu or data.details['virt_type'] != 'kvm':
            return
        result = self._connector.query(
            lambda connection: connection.compareHypervisorCPU(
                None, None, data.machine_type, 'kvm', cpu, 0))
        if result < libvirt.VIR_CPU_COMPARE_IDENTICAL:
            raise _refuse(
                'the processors of host %s cannot do all that the guest was '
                'promised on host %s; choose a host with the same or newer '
                'ones', self._conf.host, data.source_host)

    def _check_screen(self, data):
        # Not there in what an older source says.
        wanted = data.details.get('screen_listen')
        if wanted and wanted not in host_module.ANYWHERE + (
                self._conf.vnc.server_listen,):
            raise _refuse(
                'the guest\'s screen listens on %s, which is an address of '
                'host %s alone. Set [vnc] server_listen to the same on all '
                'hosts, or leave it out, before a guest is built', wanted,
                data.source_host)


def _used(path):
    """Return the bytes that a file takes on its storage, None: unknown."""
    try:
        return os.stat(path or '').st_blocks * 512
    except OSError:
        return None


def _readable(version):
    return '%d.%d.%d' % (version // 1000000, version // 1000 % 1000,
                         version % 1000)
