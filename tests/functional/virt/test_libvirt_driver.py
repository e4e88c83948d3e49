"""The libvirt driver on real libvirt and QEMU, two hosts on one machine."""

import concurrent.futures
import glob
import hashlib
import os
import signal
import subprocess
import sys
import threading
import uuid

import libvirt

from nova_gs.devcloud import console
from nova_gs.devcloud import figures
from nova_gs.devcloud import guest_image
from nova_gs.devcloud import waiting
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.libvirt import driver as libvirt_driver
from nova_gs.virt.libvirt import orders
from tests.fixtures import conf as conf_fixture
from tests.fixtures import libvirt_hosts
from tests.functional.virt import contract
from tests.functional.virt import ports_contract
from tests.functional.virt import resize_contract
from tests.unit import base

# A guest that writes faster than the bandwidth allows never arrives.
BUSY = guest_image.Ticker('busy', hz=64, pages=64, region_mib=16)
BANDWIDTH = 8


class TestCase(base.TestCase):
    """Drivers of two hosts, which all tests of a class share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cloud = libvirt_hosts.LibvirtHosts()
        cls.cloud.setUp()
        cls.addClassCleanup(cls.cloud.cleanUp)

    def make_conf(self, name, **options):
        """Return the ConfigOpts of one host."""
        conf = self.useFixture(conf_fixture.Conf()).conf
        conf.set_override('host', name)
        conf.set_override('instances_path', self.cloud.layout.instances)
        conf.set_override('shutdown_timeout', 0)
        conf.set_override('enabled', True, group='serial_console')
        conf.set_override(
            'proxyclient_address', self.cloud.hosts[name].address,
            group='serial_console')
        options = dict(
            connection_uri=self.cloud.uri_pattern % name,
            live_migration_uri=self.cloud.uri_pattern,
            live_migration_inbound_addr=self.cloud.hosts[name].address,
            live_migration_trust_storage=True, wait_soft_reboot_seconds=1,
            **options)
        for option, value in options.items():
            conf.set_override(option, value, group='libvirt')
        return conf

    def make_driver(self, conf):
        """Return a connected driver."""
        virt = libvirt_driver.LibvirtDriver(conf)
        virt.init_host()
        self.addCleanup(virt.close)
        return virt

    def make_pair(self, endless=False, **options):
        if endless:
            options.setdefault('live_migration_bandwidth', BANDWIDTH)
        self.addCleanup(self._remove_all)
        return tuple(
            self.make_driver(self.make_conf(name, **options))
            for name in libvirt_hosts.NAMES)

    def _remove_all(self):
        for name in libvirt_hosts.NAMES:
            if not self.cloud.hosts[name].ready():
                self.cloud.start(name)
            virt = self.make_driver(self.make_conf(name))
            for guest in virt.list_guests():
                virt.destroy(objects.Instance(uuid=guest.uuid))

    def make_image(self, ticker=BUSY):
        objects.register_all()
        path = os.path.join(self.cloud.layout.directory, ticker.name)
        guest_image.write(ticker, path)
        with open(path, 'rb') as image:
            checksum = hashlib.sha256(image.read()).hexdigest()
        return objects.Image(
            id=str(uuid.uuid4()), name=ticker.name, path=path,
            disk_format='raw', size=os.path.getsize(path), checksum=checksum)

    def continuity(self, virt, instance, ticks=1):
        """Return the console.Continuity once so many more lines came."""
        seen = console.read(virt.console_output(instance)).ticks_seen

        def more():
            found = console.read(virt.console_output(instance))
            return found if found.ticks_seen >= seen + ticks else None

        return waiting.until(more, contract.PATIENCE)


class TestContract(TestCase, contract.DriverContract,
                   resize_contract.ResizeContract,
                   ports_contract.PortsContract):

    def fail_next_spawn(self, virt):
        # libvirt takes the definition, but QEMU is not to be had: the disk
        # is replaced by a directory when the guest is about to start.
        create = virt._disks.create

        def create_badly(instance, image):
            virt._disks.create = create
            create(instance, image)
            os.unlink(virt._disks.disk(instance.uuid))
            os.mkdir(virt._disks.disk(instance.uuid))

        virt._disks.create = create_badly

    def break_migration(self, source, destination):
        self.cloud.crash(destination.conf.host)
        self.cloud.start(destination.conf.host)

    def reopen(self, virt):
        virt.close()
        return self.make_driver(virt.conf)

    def write_to_disk(self, virt, instance):
        virt.power_off(instance)
        subprocess.run(
            ('qemu-io', '-f', 'qcow2', '-c', 'write -P %d 64k 128k' % (
                uuid.UUID(instance.uuid).bytes[0] | 1),
             virt._disks.disk(instance.uuid)),
            check=True, capture_output=True)

    def read_disk(self, virt, instance):
        content = subprocess.run(
            ('qemu-img', 'dd', '-U', '-f', 'qcow2', '-O', 'raw', 'bs=1M',
             'count=1', 'if=' + virt._disks.disk(instance.uuid),
             'of=' + os.path.join(self.cloud.layout.directory, 'content')),
            check=True, capture_output=True)
        self.assertFalse(content.stderr)
        with open(os.path.join(self.cloud.layout.directory, 'content'),
                  'rb') as stream:
            return hashlib.sha256(stream.read()).hexdigest()

    def remains(self, virt, instance):
        return glob.glob(os.path.join(
            virt.conf.instances_path, instance.uuid, '*'))


class TestGuests(TestCase, contract.Help):
    """What guests see of it, and what becomes of them without us."""

    def test_console_goes_on(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        self.continuity(source, instance, ticks=3)
        for here, there in ((source, destination), (destination, source)):
            handle = self.migrate(here, there, instance)
            outcome = handle.wait(contract.PATIENCE)
            self.assert_moved(here, there, instance, outcome)
            self.assertIsInstance(outcome.downtime_ms, int)
            life = self.continuity(there, instance, ticks=3)
            self.assertTrue(life.unbroken, life)

    def test_console_survives_a_reboot(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        self.continuity(virt, instance)
        for boots, hard in ((2, True), (3, False)):
            virt.reboot(instance, hard)
            life = self.continuity(virt, instance)
            self.assertEqual(boots, life.boots_seen)

    def test_abort_and_force_leave_a_sound_guest(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        handle.force_complete()
        handle.abort()
        outcome = handle.wait(contract.PATIENCE)
        self.assert_stayed(source, destination, instance, outcome)
        handle = self.migrate(source, destination, instance)
        handle.force_complete()
        outcome = handle.wait(contract.PATIENCE)
        self.assert_moved(source, destination, instance, outcome)
        life = self.continuity(destination, instance, ticks=3)
        self.assertTrue(life.unbroken, life)

    def test_aborts_at_any_time(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        for delay in (0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4):
            handle = self.migrate(source, destination, instance)
            self.assertIsNone(handle.wait(delay))
            handle.abort()
            outcome = handle.wait(contract.PATIENCE)
            self.assertTrue(outcome and outcome.aborted, (delay, outcome))
            self.assert_stayed(source, destination, instance, outcome)
        life = self.continuity(source, instance, ticks=3)
        self.assertTrue(life.unbroken, life)

    def test_aborts_about_the_end(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        # Where it ends is about a third of a second after its begin here.
        tries = 300 if figures.is_full() else 12
        for number in range(tries):
            handle = self.migrate(source, destination, instance)
            handle.wait(0.2 + 0.3 * number / tries)
            handle.abort()
            outcome = handle.wait(contract.PATIENCE)
            if outcome.arrived:
                self.assert_moved(source, destination, instance, outcome)
                source, destination = destination, source
            else:
                self.assert_stayed(source, destination, instance, outcome)
        life = self.continuity(source, instance, ticks=3)
        self.assertTrue(life.unbroken, life)

    def test_several_at_a_time(self):
        source, destination = self.make_pair()
        instances = [self.spawn(source) for _number in range(3)]
        handles = [self.migrate(source, destination, instance)
                   for instance in instances]
        for handle, instance in zip(handles, instances):
            self.until(lambda: handle.progress() and handle.wait(0))
            self.assert_moved(source, destination, instance,
                              handle.wait(contract.PATIENCE))


class TestChecks(TestCase, contract.Help):
    """What keeps a guest from going."""

    def _refused(self, text, check, *arguments):
        error = self.assertRaises(
            exception.MigrationPreCheckError, check, *arguments)
        self.assertIn(text, str(error))

    def test_storage_that_is_not_shared(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        data = source.describe_for_migration(instance)
        with open(data.storage_marker, encoding='ascii') as marker:
            self.assertEqual(marker.read(), data.details['storage_id'])
        data.details['storage_id'] = 'of another directory'
        data.block_migration = False
        self._refused('instances_path is not shared',
                      destination.check_migration, instance, data)
        conf = self.make_conf('b')
        conf.set_override('instances_path', conf.state_path)
        data = source.describe_for_migration(instance)
        data.block_migration = False
        self._refused('instances_path is not shared',
                      self.make_driver(conf).check_migration, instance, data)

    def test_unknown_machine(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        data = source.describe_for_migration(instance)
        self.assertRegex(data.machine_type, '^pc-i440fx-')
        data.machine_type = 'pc-i440fx-99.0'
        self._refused('machine type pc-i440fx-99.0',
                      destination.check_migration, instance, data)

    def test_older_hypervisor(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        data = source.describe_for_migration(instance)
        data.hypervisor_version = 99001002
        self._refused('older than on host a (99.1.2)',
                      destination.check_migration, instance, data)

    def test_storage_that_is_not_trusted(self):
        source, destination = self.make_pair()
        source.conf.set_override(
            'live_migration_trust_storage', False, group='libvirt')
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        outcome = handle.wait(contract.PATIENCE)
        self.assert_stayed(source, destination, instance, outcome)
        self.assertIn('live_migration_trust_storage', outcome.reason)


class TestFaults(TestCase, contract.Help):
    """Daemons that die or hang; the guest stays in one place."""

    def test_source_libvirtd_killed(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        self.cloud.kill('a')
        self.assertIsNone(handle.wait(1))
        self.assertEqual('pre-copy', handle.progress().phase)
        self.assertRaises(exception.HypervisorUnavailable,
                          source.list_guests)
        self.cloud.start('a')
        outcome = handle.wait(contract.PATIENCE)
        self.assert_stayed(source, destination, instance, outcome)
        self.assertFalse(outcome.aborted)
        life = self.continuity(source, instance, ticks=3)
        self.assertTrue(life.unbroken, life)

    def test_destination_libvirtd_killed(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        self.cloud.kill('b')
        outcome = handle.wait(contract.PATIENCE)
        self.assertFalse(outcome.arrived)
        self.cloud.start('b')
        self.assert_stayed(source, destination, instance, outcome)
        life = self.continuity(source, instance, ticks=3)
        self.assertTrue(life.unbroken, life)

    def test_reconnects(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        for _time in range(3):
            self.cloud.kill('a')
            self.assertRaises(exception.HypervisorUnavailable,
                              virt.get_guest, instance.uuid)
            self.cloud.start('a')
            self.assert_at(virt, instance)

    def test_libvirtd_comes_and_goes_while_many_ask(self):
        """libvirt crashes the process if threads share a connection."""
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        over = threading.Event()
        answers = []

        def ask():
            while not over.is_set():
                try:
                    virt.get_guest(instance.uuid)
                    virt.describe_for_migration(instance)
                    answers.append(True)
                except exception.HypervisorUnavailable:
                    over.wait(0.01)

        with concurrent.futures.ThreadPoolExecutor() as pool:
            asking = [pool.submit(ask) for _number in range(6)]
            for _time in range(8):
                self.cloud.kill('a')
                self.cloud.start('a')
                seen = len(answers)
                self.until(lambda: len(answers) > seen + 20)
            over.set()
            for thread in asking:
                thread.result(contract.PATIENCE)
        self.assert_at(virt, instance)

    def test_hung_libvirtd(self):
        conf = self.make_conf('a')
        virt = libvirt_driver.LibvirtDriver(conf)
        virt._connector._patience = 0.5
        self.addCleanup(virt.close)
        process = self.cloud.hosts['a'].process
        process.send_signal(signal.SIGSTOP)
        try:
            for _time in range(3):
                self.assertRaises(exception.HypervisorUnavailable,
                                  virt.init_host)
        finally:
            process.send_signal(signal.SIGCONT)
        self.until(lambda: self._is_open(virt))

    def _is_open(self, virt):
        try:
            virt.init_host()
        except exception.HypervisorUnavailable:
            return False
        return True

    def test_client_killed(self):
        """A killed nova-compute: the next one adopts what it left."""
        source, destination = self.make_pair(endless=True)
        # The client below does not know of ports.
        source.conf.set_override('enabled', False, group='serial_console')
        instance = self.spawn(source)
        data = self.check(source, destination, instance)
        child = subprocess.Popen(
            [sys.executable, '-c', CLIENT,
             self.cloud.hosts['a'].uri, instance.uuid, data.target_uri,
             str(BANDWIDTH), 'tcp://' + data.target_addr])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        handle = self.until(lambda: source.adopt_migration(instance, data))
        self.under_way(handle)
        child.kill()
        child.wait()
        self.assertIsNone(handle.wait(0.5))
        handle.force_complete()
        outcome = handle.wait(contract.PATIENCE)
        self.assert_moved(source, destination, instance, outcome)
        self.assertIsInstance(outcome.downtime_ms, int)
        life = self.continuity(destination, instance, ticks=3)
        self.assertTrue(life.unbroken, life)


CLIENT = '''
import sys, libvirt
uri, uuid, target, bandwidth, address = sys.argv[1:]
libvirt.open(uri).lookupByUUIDString(uuid).migrateToURI3(
    target, {'bandwidth': int(bandwidth), 'migrate_uri': address}, %d)
''' % (orders.MIGRATE | libvirt.VIR_MIGRATE_UNSAFE)
