"""Guests that are moved switched off, or get another size.

Nothing of a guest is defined on a host that it has left: what it is follows
from its record, and its disk is on the storage that both hosts share.  So it
cannot run in two places, whatever starts there.
"""

from nova_gs import exception
from nova_gs.objects import migrate_data
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import guest as guests

#: Where MigrateData has the random word in the guest's directory.
_STORAGE_ID = 'storage_id'


class Resizes:
    """Such guests of one host.

    :param conf: ConfigOpts
    :param connector: connection.Connector
    :param disks: disks.Disks
    :param host: host.Host
    :param serials: serial.Ports
    :param watch: events.Watch
    :param clock: Clock
    """

    def __init__(self, conf, connector, disks, host, serials, watch, clock):
        self._conf = conf
        self._connector = connector
        self._disks = disks
        self._host = host
        self._serials = serials
        self._watch = watch
        self._clock = clock

    def check(self, uuid, flavor):
        """At the destination: refuse a size that cannot be had."""
        if not self._disks.storage_id(uuid):
            raise exception.MigrationPreCheckError(
                reason='host %s does not see the disk of guest %s: its '
                       'instances_path (%s) is not on storage that both '
                       'hosts share.' % (
                           self._conf.host, uuid, self._disks.path))
        self._disks.check_size(uuid, flavor.root_gb)

    def describe(self, uuid):
        """At the source: return the MigrateData of a guest."""
        storage_id = self._disks.storage_id(uuid)
        if not storage_id:
            raise exception.MigrationPreCheckError(
                reason='the file %s cannot be read on host %s; without it '
                       'the destination cannot tell that it sees the same '
                       'instances_path.' % (
                           self._disks.storage_marker(uuid),
                           self._conf.host))
        return migrate_data.MigrateData(
            source_host=self._conf.host, hypervisor_type='QEMU',
            storage_marker=self._disks.storage_marker(uuid),
            details={_STORAGE_ID: storage_id})

    def sees(self, uuid, data):
        """At the destination: whether this is the source's storage."""
        return (bool(data.details.get(_STORAGE_ID)) and
                self._disks.storage_id(uuid) == data.details[_STORAGE_ID])

    def let_go(self, connection, uuid):
        """Switch a guest off and remove its definition; the disk stays.

        It may have gone already.
        """
        domain = guests.find(connection, uuid)
        if domain is None:
            return
        if self._conf.shutdown_timeout:
            with guests.unless_gone():
                guests.shut_down(domain, self._watch, self._clock,
                                 self._conf.shutdown_timeout)
        guests.remove(connection, uuid)

    def arrive(self, connection, instance, power_on):
        """Take a guest in its new size; one that runs has come already."""
        domain = guests.find(connection, instance.uuid)
        if domain is None or not domain.isActive():
            self._disks.grow(instance.uuid, instance.root_gb)
            domain = self._define(connection, instance, power_on)
        return guests.describe(domain)

    def take_back(self, connection, instance, power_on):
        """Take a guest in its old size; one that is here has not left."""
        domain = guests.find(connection, instance.uuid)
        if domain is None:
            self._disks.shrink_back(instance.uuid)
            domain = self._define(connection, instance, power_on)
        elif power_on:
            guests.start(domain)
        return guests.describe(domain)

    def _define(self, connection, instance, power_on):
        with self._serials.for_new(connection, instance.uuid) as serial:
            domain = connection.defineXML(domain_xml.build(
                instance, self._host.platform(),
                self._disks.all_of(instance),
                self._disks.console(instance.uuid), serial))
        if power_on:
            guests.start(domain)
        return domain
