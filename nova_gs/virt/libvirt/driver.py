"""The libvirt driver: each verb of the contract, in a few lines."""

import contextlib

import libvirt

from nova_gs import clock as clock_module
from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import arrival
from nova_gs.virt.libvirt import compatibility
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import disks as disks_module
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import host as host_module
from nova_gs.virt.libvirt import migration
from nova_gs.virt.libvirt import native

MIGRATE = (libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER
           | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
           | libvirt.VIR_MIGRATE_PERSIST_DEST)
# Seconds that libvirtd may take to say goodbye.
CLOSE_PATIENCE = 2.0


@native.doors
class LibvirtDriver(driver.ComputeDriver):
    """QEMU and KVM guests; see driver.ComputeDriver for the verbs.

    :param conf: ConfigOpts
    :param opener: function(uri) that returns a virConnect
    :param clock: Clock
    """

    def __init__(self, conf, opener=connections.open_libvirt, clock=None):
        super().__init__(conf)
        self._clock = clock or clock_module.Clock()
        self._watch = events.Watch()
        self._connector = connections.Connector(
            conf.libvirt.connection_uri, opener, self._watch)
        self._disks = disks_module.Disks(conf.instances_path, conf.host)
        self._host = host_module.Host(conf, self._connector, self._disks)
        self._compatibility = compatibility.Compatibility(
            conf, self._connector, self._disks, self._host)
        self._tools = migration.Tools(
            self._connector, self._watch, opener,
            conf.libvirt.live_migration_permit_post_copy)

    # The host.

    def init_host(self):
        self._disks.prepare()
        self._connector.connect()
        self._host.virt_type()

    def close(self):
        self._tools.closed.set()
        self._watch.nudge()
        # A libvirtd that hangs must not keep the process from leaving.
        native.start(self._connector.close).join(CLOSE_PATIENCE)

    def describe_host(self):
        return self._host.describe()

    def list_guests(self):
        with errors.translated('Listing the guests'):
            return self._connector.query(guests.list_all)

    def get_guest(self, uuid):
        guest = self._look(uuid)
        if guest is None:
            raise exception.GuestNotFound(instance_id=uuid)
        return guest

    def console_output(self, instance):
        return self._disks.read_console(instance.uuid)

    # A guest's life.

    def spawn(self, instance, image):
        uuid = instance.uuid
        if self._look(uuid) is not None:
            raise exception.HypervisorError(
                reason='Guest %s is not built: host %s has it already.'
                       % (uuid, self.conf.host))
        try:
            self._disks.create(instance, image)
            xml = domain_xml.build(
                instance, self._host.platform(), self._disks.disk(uuid),
                self._disks.console(uuid))
            with self._changing('Building', uuid) as connection:
                connection.defineXML(xml).create()
        except BaseException as error:
            self._undo_spawn(uuid, error)
            raise

    def _undo_spawn(self, uuid, error):
        """Remove what a failed spawn made; the definition goes first."""
        try:
            self._remove(uuid)
        except exception.HypervisorError as left:
            raise exception.HypervisorError(
                reason='%s What was made of it may be left, since %s'
                       % (exception.reason_of(error), left)) from error

    def destroy(self, instance):
        self._remove(instance.uuid)

    def _remove(self, uuid):
        # A disk whose guest may still run stays.
        with self._changing('Removing', uuid) as connection:
            guests.remove(connection, uuid)
        self._disks.remove(uuid)

    def power_on(self, instance):
        with self._changing('Starting', instance.uuid) as connection:
            guests.start(connection.lookupByUUIDString(instance.uuid))

    def power_off(self, instance, timeout=0):
        with self._changing('Stopping', instance.uuid) as connection:
            self._power_off(connection, instance.uuid, timeout)

    def _power_off(self, connection, uuid, timeout):
        domain = connection.lookupByUUIDString(uuid)
        if not timeout or not guests.shut_down(
                domain, self._watch, self._clock, timeout):
            guests.cut(domain)
        return domain

    def reboot(self, instance, hard):
        timeout = (0 if hard
                   else self.conf.libvirt.wait_soft_reboot_seconds)
        with self._changing('Rebooting', instance.uuid) as connection:
            guests.start(
                self._power_off(connection, instance.uuid, timeout))

    # A migration.

    def describe_for_migration(self, instance):
        with self._doing('Describing', instance.uuid):
            return self._compatibility.describe(instance.uuid)

    def check_migration(self, instance, data):
        with self._doing('Checking', instance.uuid):
            return self._compatibility.complete(instance.uuid, data)

    def accept_migration(self, instance, data):
        # The disk is shared, and libvirt makes the guest when it comes.
        with self._doing('Making room for', instance.uuid):
            self._compatibility.check_room(instance.uuid, data)
        return data

    def start_migration(self, instance, data):
        handle = migration.Migration(
            self._tools, instance.uuid, data.target_uri)
        params = self._bandwidths()
        if data.target_addr:
            params[libvirt.VIR_MIGRATE_PARAM_URI] = _tcp(data.target_addr)
        connection = self._connector.open()
        try:
            with self._doing('Migrating', instance.uuid):
                domain = connection.lookupByUUIDString(instance.uuid)
        except BaseException:
            connections.close(connection)
            raise
        handle.begin(connection, domain, params, self._flags())
        return handle

    def _bandwidths(self):
        """Return libvirt's parameters of the bandwidths, in MiB/s."""
        options = self.conf.libvirt
        limits = {libvirt.VIR_MIGRATE_PARAM_BANDWIDTH:
                  options.live_migration_bandwidth}
        if options.live_migration_permit_post_copy:
            limits[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY] = (
                options.live_migration_post_copy_bandwidth)
        return {name: limit for name, limit in limits.items() if limit}

    def _flags(self):
        flags = MIGRATE
        if self.conf.libvirt.live_migration_trust_storage:
            flags |= libvirt.VIR_MIGRATE_UNSAFE
        if self.conf.libvirt.live_migration_permit_post_copy:
            flags |= libvirt.VIR_MIGRATE_POSTCOPY
        return flags

    def adopt_migration(self, instance, data):
        uuid = instance.uuid
        with self._doing('Looking for', uuid):
            stays = self._connector.query(
                lambda connection: arrival.stays(connection, uuid))
        if stays:
            return None
        handle = migration.Migration(self._tools, uuid, data.target_uri)
        handle.follow()
        return handle

    def finish_migration(self, instance, side, arrived):
        stays = (driver.Side.DESTINATION if arrived else driver.Side.SOURCE)
        if side is stays:
            return self.get_guest(instance.uuid)
        with self._changing('Forgetting', instance.uuid) as connection:
            arrival.forget(connection, instance.uuid)
        return None

    # How they speak to libvirt.

    def _look(self, uuid):
        """Return a Guest, or None."""
        def question(connection):
            domain = guests.find(connection, uuid)
            return None if domain is None else guests.describe(domain)

        with self._doing('Looking for', uuid):
            return self._connector.query(question)

    def _doing(self, verb, uuid):
        return errors.translated(
            '%s guest %s on host %s' % (verb, uuid, self.conf.host), uuid)

    @contextlib.contextmanager
    def _changing(self, verb, uuid):
        with self._doing(verb, uuid), self._connector.own() as connection:
            yield connection


def _tcp(address):
    """Return the URI of an address for a guest's memory."""
    return 'tcp://[%s]' % address if ':' in address else 'tcp://' + address
