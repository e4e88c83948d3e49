"""Whether a guest could move: what its host says, what the other one thinks.

Nothing is changed here. That both hosts see the same instances_path is
known by a random word in the guest's own directory (``disks``), so nothing
has to be tidied up whatever becomes of the checks.
"""

import libvirt

from nova_gs import exception
from nova_gs.objects import migrate_data
from nova_gs.virt import driver
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import guest as guests


def _refuse(reason, *values):
    return exception.MigrationPreCheckError(reason=reason % values)


class Compatibility:
    """The checks of one host.

    :param conf: ConfigOpts
    :param connector: connection.Connector
    :param disks: disks.Disks
    :param host: host.Host
    """

    def __init__(self, conf, connector, disks, host):
        self._conf = conf
        self._connector = connector
        self._disks = disks
        self._host = host

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
        if state is not driver.PowerState.RUNNING:
            raise _refuse(
                'guest %s is not running on host %s (it is %s); start it '
                'first', uuid, self._conf.host, state.name.lower())
        if domain.jobInfo()[0] != libvirt.VIR_DOMAIN_JOB_NONE:
            raise _refuse('libvirt on host %s is still busy with guest %s; '
                          'try again later', self._conf.host, uuid)
        needs = domain_xml.read(domain.XMLDesc(
            libvirt.VIR_DOMAIN_XML_MIGRATABLE))
        return migrate_data.MigrateData(
            source_host=self._conf.host,
            hypervisor_type=connection.getType(),
            hypervisor_version=connection.getVersion(),
            storage_marker=self._disks.storage_marker(uuid),
            machine_type=needs.machine_type,
            details={'virt_type': needs.virt_type, 'cpu': needs.cpu})

    def complete(self, uuid, data):
        """At the destination: return the data with this host's part.

        :raises: MigrationPreCheckError, libvirtError
        """
        self.check_room(uuid, data)
        self._check_hypervisor(data)
        self._check_cpu(data)
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
        expected = self._disks.storage_marker(uuid)
        if (data.storage_marker != expected or not data.details['storage_id']
                or self._disks.storage_id(uuid) != data.details[
                    'storage_id']):
            raise _refuse(
                'instances_path is not shared: host %s does not see %s of '
                'host %s. Put instances_path of both hosts on the same '
                'shared storage, at the same path', self._conf.host,
                data.storage_marker, data.source_host)
        present = self._connector.query(
            lambda connection: guests.find(connection, uuid) is not None)
        if present:
            raise _refuse(
                'host %s has a guest %s already; if it is left over, '
                'undefine it there (virsh undefine %s)', self._conf.host,
                uuid, domain_xml.name_of(uuid))

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


def _readable(version):
    return '%d.%d.%d' % (version // 1000000, version // 1000 % 1000,
                         version % 1000)
