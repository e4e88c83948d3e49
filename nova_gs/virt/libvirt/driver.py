"""The libvirt driver: each verb of the contract, in a few lines."""

import contextlib

import libvirt

from nova_gs import clock as clock_module
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.objects import migrate_data
from nova_gs.virt import driver
from nova_gs.virt.libvirt import arrival
from nova_gs.virt.libvirt import baggage
from nova_gs.virt.libvirt import compatibility
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import consoles
from nova_gs.virt.libvirt import disks as disks_module
from nova_gs.virt.libvirt import domain_xml
from nova_gs.virt.libvirt import errors
from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import guest as guests
from nova_gs.virt.libvirt import host as host_module
from nova_gs.virt.libvirt import migration
from nova_gs.virt.libvirt import native
from nova_gs.virt.libvirt import orders
from nova_gs.virt.libvirt import resize
from nova_gs.virt.libvirt import serial
from nova_gs.virt.libvirt import wiring
from nova_gs.virt import live_migration

# Seconds that libvirtd may take to say goodbye.
CLOSE_PATIENCE = 2.0


@native.doors
class LibvirtDriver(driver.ComputeDriver):
    """QEMU and KVM guests; see driver.ComputeDriver for the verbs.

    :param conf: ConfigOpts
    :param opener: function(uri) that returns a virConnect
    :param clock: Clock
    """

    REMEDY = 'Start libvirtd, or correct [libvirt] connection_uri.'

    def __init__(self, conf, opener=connections.open_libvirt, clock=None):
        super().__init__(conf)
        self._clock = clock or clock_module.Clock()
        self._watch = events.Watch()
        self._connector = connections.Connector(
            conf.libvirt.connection_uri, opener, self._watch)
        self._disks = disks_module.Disks(conf.instances_path, conf.host)
        self._baggage = baggage.Baggage(self._disks, conf.host)
        self._wiring = wiring.Wiring()
        self._host = host_module.Host(conf, self._connector, self._disks)
        self._serials = serial.Ports(conf)
        self._compatibility = compatibility.Compatibility(
            conf, self._connector, self._disks, self._host, self._baggage)
        self._resizes = resize.Resizes(
            conf, self._connector, self._disks, self._host, self._serials,
            self._watch, self._clock)
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

    def keep_console(self, instance, written):
        self._disks.keep_console(instance.uuid, written)

    def vnc_console(self, instance):
        found = self._console(instance.uuid, fields.ConsoleType.NOVNC)
        return driver.ConsoleAddress(
            host=self._host.proxy_address(found.host), port=found.port)

    def serial_console(self, instance):
        return self._console(instance.uuid, fields.ConsoleType.SERIAL)

    def _console(self, uuid, console_type):
        with self._doing('Looking for the %s console of' % console_type,
                         uuid):
            return self._connector.query(lambda connection: consoles.find(
                connection, uuid, console_type))

    # A guest's life.

    def spawn(self, instance, image, paused=False):
        uuid = instance.uuid
        if self._look(uuid) is not None:
            raise exception.HypervisorError(
                reason='Guest %s is not built: host %s has it already.'
                       % (uuid, self.conf.host))
        try:
            self._disks.create(instance, image)
            with self._changing('Building', uuid) as connection:
                self._define(connection, instance).createWithFlags(
                    libvirt.VIR_DOMAIN_START_PAUSED if paused else 0)
        except BaseException as error:
            self._undo_spawn(uuid, error)
            raise

    def _define(self, connection, instance):
        uuid = instance.uuid
        with self._serials.for_new(connection, uuid) as address:
            return connection.defineXML(domain_xml.build(
                instance, self._host.platform(),
                self._disks.all_of(instance), self._disks.console(uuid),
                address))

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
        self._wiring.unplug(uuid)
        self._disks.remove(uuid)

    def power_on(self, instance):
        with self._changing('Starting', instance.uuid) as connection:
            self._start(connection,
                        connection.lookupByUUIDString(instance.uuid))

    def _start(self, connection, domain):
        self._serials.refresh(connection, domain)
        self._wiring.before_start(domain)
        guests.start(domain)

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
            self._start(connection, self._power_off(
                connection, instance.uuid, timeout))

    def pause(self, instance):
        with self._changing('Pausing', instance.uuid) as connection:
            guests.pause(connection.lookupByUUIDString(instance.uuid))

    def unpause(self, instance):
        with self._changing('Unpausing', instance.uuid) as connection:
            guests.unpause(connection.lookupByUUIDString(instance.uuid))

    def suspend(self, instance):
        with self._changing('Suspending', instance.uuid) as connection:
            guests.suspend(connection.lookupByUUIDString(instance.uuid))

    def resume(self, instance):
        with self._changing('Resuming', instance.uuid) as connection:
            domain = connection.lookupByUUIDString(instance.uuid)
            self._wiring.before_resume(domain, instance.ports)
            guests.resume(domain)

    # A migration.

    def describe_for_migration(self, instance):
        with self._doing('Describing', instance.uuid):
            return self._compatibility.describe(instance.uuid)

    def check_migration(self, instance, data):
        with self._doing('Checking', instance.uuid):
            return self._compatibility.complete(instance.uuid, data)

    def accept_migration(self, instance, data, image=None):
        # libvirt makes the guest when it comes, but no file.
        uuid = instance.uuid
        with self._doing('Making room for', uuid):
            self._compatibility.check_room(uuid, data)
            self._connector.query(
                lambda connection: self._serials.expect(
                    connection, uuid, data))
        if data.block_migration:
            self._baggage.expect(uuid, data, image)
        else:
            # What an earlier one has left would end with this one.
            self._baggage.keep(uuid)
        if data.told('ports') is not None:
            data.plugged = self._wiring.plug(uuid, data.ports)
        return data

    def start_migration(self, instance, data):
        uuid = instance.uuid
        handle = self._handle(uuid, data)
        if data.block_migration:
            self._baggage.pledge(uuid, data.details['dest_storage_id'])
        else:
            self._baggage.keep(uuid)
        connection = self._connector.open()
        try:
            with self._doing('Migrating', uuid):
                domain = connection.lookupByUUIDString(uuid)
                how = orders.make(self.conf, domain, data, self._disks.path,
                                  instance.ports)
        except BaseException:
            connections.close(connection)
            raise
        handle.begin(connection, domain, *how)
        return handle

    def _handle(self, uuid, data):
        return migration.Migration(
            self._tools, uuid, data.target_uri,
            was_paused=bool(data.details.get(compatibility.PAUSED)))

    def adopt_migration(self, instance, data):
        uuid = instance.uuid
        with self._doing('Looking for', uuid):
            stays = self._connector.query(
                lambda connection: arrival.stays(
                    connection, uuid,
                    bool(data.details.get(compatibility.PAUSED))))
        if stays:
            return None
        handle = self._handle(uuid, data)
        handle.follow()
        return handle

    def look_for_arrival(self, instance):
        uuid = instance.uuid
        with self._doing('Looking for', uuid):
            return self._connector.query(
                lambda connection: arrival.seen(connection, uuid))

    def finish_migration(self, instance, side, arrived):
        uuid = instance.uuid
        self._serials.settle(uuid)
        stays = (live_migration.Side.DESTINATION if arrived
                 else live_migration.Side.SOURCE)
        if side is stays:
            guest = self.get_guest(uuid)
            self._baggage.keep(uuid)
            return guest
        with self._changing('Forgetting', uuid) as connection:
            arrival.forget(connection, uuid, self._baggage.is_expected(uuid))
        self._wiring.unplug(uuid)
        self._baggage.drop(
            uuid, baggage.LEAVING if side is live_migration.Side.SOURCE
            else baggage.INCOMING)
        return None

    # A move of a guest that is switched off.

    def check_resize(self, instance, flavor):
        self._resizes.check(instance.uuid, flavor)

    def describe_for_resize(self, instance):
        return self._resizes.describe(instance.uuid)

    def sees_storage(self, instance, data):
        return self._resizes.sees(instance.uuid, data)

    def leave_for_resize(self, instance, data):
        with self._changing('Switching off', instance.uuid) as connection:
            self._resizes.let_go(connection, instance.uuid)
        self._wiring.unplug(instance.uuid)
        return data

    def arrive_from_resize(self, instance, data, power_on):
        with self._changing('Starting', instance.uuid) as connection:
            return self._resizes.arrive(connection, instance, power_on)

    def confirm_resize(self, instance):
        self._disks.keep_size(instance.uuid)

    def leave_for_revert(self, instance):
        with self._changing('Switching off', instance.uuid) as connection:
            self._resizes.let_go(connection, instance.uuid)
        self._wiring.unplug(instance.uuid)
        return migrate_data.MigrateData(
            source_host=self.conf.host, details={})

    def return_from_resize(self, instance, data, power_on):
        with self._changing('Starting', instance.uuid) as connection:
            return self._resizes.take_back(connection, instance, power_on)

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
