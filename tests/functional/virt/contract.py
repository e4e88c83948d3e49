"""What every driver has to do, whatever its hypervisor: the contract's test.

A driver's functional test derives from ``DriverContract`` and a TestCase and
answers the hooks at the top; the tests know nothing else of it::

    class TestFakeDriver(contract.DriverContract, base.TestCase):
        def make_pair(self, endless=False): ...
"""

import abc
import socket
import uuid

from nova_gs.devcloud import console
from nova_gs.devcloud import waiting
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver
from nova_gs.virt import live_migration

# Seconds after which what should have come will not; never waited out.
PATIENCE = 60
RUNNING = driver.PowerState.RUNNING
PAUSED = driver.PowerState.PAUSED
SHUTDOWN = driver.PowerState.SHUTDOWN
SUSPENDED = driver.PowerState.SUSPENDED


class Help(abc.ABC):
    """What tests of drivers say often."""

    @abc.abstractmethod
    def make_image(self):
        """Return an objects.Image of which guests can be made."""

    def make_instance(self):
        """Return a new objects.Instance, small."""
        objects.register_all()
        return objects.Instance(
            uuid=str(uuid.uuid4()), display_name='<guest> & "co"',
            user_id='user', project_id='project', memory_mb=64, vcpus=1,
            root_gb=0)

    def until(self, condition):
        """Wait until a condition is true; return its result."""
        result = waiting.until(condition, PATIENCE)
        self.assertTrue(result, 'not come true in %d s' % PATIENCE)
        return result

    def spawn(self, virt):
        """Return the instance of a new guest."""
        instance = self.make_instance()
        virt.spawn(instance, self.make_image())
        return instance

    def assert_at(self, virt, instance, state=RUNNING):
        guest = virt.get_guest(instance.uuid)
        self.assertEqual(driver.Guest(instance.uuid, state), guest)

    def assert_not_at(self, virt, instance):
        self.assertRaises(
            exception.GuestNotFound, virt.get_guest, instance.uuid)
        self.assertNotIn(
            instance.uuid, [guest.uuid for guest in virt.list_guests()])

    def check(self, source, destination, instance):
        """Return the MigrateData that both sides agree on."""
        data = destination.check_migration(
            instance, sent(source.describe_for_migration(instance)))
        return sent(destination.accept_migration(instance, sent(data)))

    def migrate(self, source, destination, instance):
        """Return the handle of a migration that was just started."""
        self.data = self.check(source, destination, instance)
        return source.start_migration(instance, self.data)

    def under_way(self, handle):
        """Wait until memory is on its way."""
        self.until(lambda: handle.progress().memory_total)

    def assert_stayed(self, source, destination, instance, outcome):
        self.assertFalse(outcome.arrived, outcome)
        self.assertTrue(outcome.reason)
        for _twice in range(2):
            self.assertIsNone(destination.finish_migration(
                instance, live_migration.Side.DESTINATION, False))
            self.assertEqual(
                RUNNING, source.finish_migration(
                    instance, live_migration.Side.SOURCE, False).power_state)
        self.assert_at(source, instance)
        self.assert_not_at(destination, instance)

    def assert_moved(self, source, destination, instance, outcome):
        self.assertTrue(outcome and outcome.arrived, outcome)
        self.assertFalse(outcome.aborted)
        for _twice in range(2):
            self.assertIsNone(source.finish_migration(
                instance, live_migration.Side.SOURCE, True))
            self.assertEqual(
                RUNNING, destination.finish_migration(
                    instance, live_migration.Side.DESTINATION,
                    True).power_state)
        self.assert_at(destination, instance)
        self.assert_not_at(source, instance)


class DriverContract(Help):
    """Tests of the verbs; hooks first."""

    @abc.abstractmethod
    def make_pair(self, endless=False):
        """Return (source, destination): drivers of two empty hosts.

        ``init_host`` was called; guests get serial ports, and write ticks
        (``nova_gs.devcloud.console``) to them; the test's clean-up removes
        all guests.

        :param endless: whether migrations go on until they are called off
            or forced
        """

    def test_spawned_to_stand_still(self):
        """It has been plugged in, and has not run yet."""
        virt, _ = self.make_pair()
        instance = self.make_instance()
        instance.ports = [objects.Port(
            id=str(uuid.uuid4()), network_id='n',
            mac_address='fa:16:3e:00:00:01', vif_type=driver.Plug.USER)]
        virt.spawn(instance, self.make_image(), paused=True)
        self.assert_at(virt, instance, PAUSED)
        self.assertEqual(b'', virt.console_output(instance).strip())
        virt.unpause(instance)
        self.assert_at(virt, instance)
        virt.destroy(instance)
        self.assert_not_at(virt, instance)

    @abc.abstractmethod
    def fail_next_spawn(self, virt):
        """Let the next spawn of a driver fail in its midst."""

    @abc.abstractmethod
    def break_migration(self, source, destination):
        """Break what keeps a running migration going, but not the guest."""

    @abc.abstractmethod
    def reopen(self, virt):
        """Return a new driver of the same host, as after a restart of ours.

        The old one is closed; what its calls left running goes on.
        """

    def remains(self, virt, instance):
        """Return a list of what a host still has of a removed instance."""
        return []

    # The host.

    def test_describe_host(self):
        virt, _other = self.make_pair()
        facts = virt.describe_host()
        self.assertTrue(facts.hypervisor_type)
        self.assertTrue(facts.hypervisor_hostname)
        self.assertTrue(facts.host_ip)
        self.assertGreater(facts.hypervisor_version, 0)
        self.assertGreater(facts.vcpus, 0)
        self.assertGreater(facts.memory_mb, 0)
        self.assertGreater(facts.local_gb, 0)
        self.assertIsInstance(facts.cpu_info, dict)

    # A guest's life.

    def test_spawn_and_destroy(self):
        virt, other = self.make_pair()
        instance = self.spawn(virt)
        self.assert_at(virt, instance)
        self.assertIn(driver.Guest(instance.uuid, RUNNING),
                      virt.list_guests())
        self.assert_not_at(other, instance)
        for _twice in range(2):
            virt.destroy(instance)
            self.assert_not_at(virt, instance)
        self.assertEqual([], self.remains(virt, instance))

    def test_spawn_what_is_there(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        self.assertRaises(exception.HypervisorError, virt.spawn, instance,
                          self.make_image())
        self.assert_at(virt, instance)

    def test_failed_spawn_leaves_nothing(self):
        virt, _other = self.make_pair()
        instance = self.make_instance()
        self.fail_next_spawn(virt)
        self.assertRaises(exception.HypervisorError, virt.spawn, instance,
                          self.make_image())
        self.assert_not_at(virt, instance)
        self.assertEqual([], self.remains(virt, instance))
        virt.spawn(instance, self.make_image())
        self.assert_at(virt, instance)

    def test_power(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        for _twice in range(2):
            virt.power_off(instance)
            self.assert_at(virt, instance, SHUTDOWN)
        for _twice in range(2):
            virt.power_on(instance)
            self.assert_at(virt, instance)
        virt.power_off(instance, timeout=0.1)
        self.assert_at(virt, instance, SHUTDOWN)

    def test_reboot(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        for hard in (True, False):
            virt.reboot(instance, hard=hard)
            self.assert_at(virt, instance)

    def test_pause(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        for act, state in ((virt.pause, PAUSED), (virt.unpause, RUNNING)):
            for _twice in range(2):
                act(instance)
                self.assert_at(virt, instance, state)
        virt.pause(instance)
        virt.power_on(instance)
        self.assert_at(virt, instance, PAUSED)
        virt.reboot(instance, hard=True)
        self.assert_at(virt, instance)

    def test_suspend(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        for act, state in ((virt.suspend, SUSPENDED), (virt.resume, RUNNING)):
            for _twice in range(2):
                act(instance)
                self.assert_at(virt, instance, state)
        virt.suspend(instance)
        self.assertIn(driver.Guest(instance.uuid, SUSPENDED),
                      virt.list_guests())
        virt.reboot(instance, hard=True)
        self.assert_at(virt, instance)
        virt.power_off(instance)
        self.assert_at(virt, instance, SHUTDOWN)

    def test_suspend_what_stands_still(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        virt.pause(instance)
        virt.suspend(instance)
        self.assert_at(virt, instance, SUSPENDED)
        virt.resume(instance)
        self.assert_at(virt, instance)
        virt.suspend(instance)
        virt.destroy(instance)
        self.assert_not_at(virt, instance)
        self.assertEqual([], self.remains(virt, instance))

    def test_what_is_off_does_not_stand_still(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        virt.power_off(instance)
        for act in (virt.pause, virt.unpause, virt.suspend, virt.resume):
            self.assertRaises(exception.HypervisorError, act, instance)
            self.assert_at(virt, instance, SHUTDOWN)

    def test_destroy_what_is_off(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        virt.power_off(instance)
        virt.destroy(instance)
        self.assert_not_at(virt, instance)
        self.assertEqual([], self.remains(virt, instance))

    def test_unknown_guest(self):
        virt, _other = self.make_pair()
        instance = self.make_instance()
        self.assert_not_at(virt, instance)
        for verb, arguments in (
                (virt.power_on, ()), (virt.power_off, ()),
                (virt.reboot, (True,)), (virt.describe_for_migration, ())):
            self.assertRaises(
                exception.GuestNotFound, verb, instance, *arguments)

    def test_console(self):
        virt, _other = self.make_pair()
        instance = self.spawn(virt)
        text = self.until(lambda: virt.console_output(instance))
        self.assertIsInstance(text, bytes)

    def test_screen(self):
        virt, other = self.make_pair()
        instance = self.spawn(virt)
        self.assert_screen(virt, instance)
        virt.power_off(instance)
        self.assertRaises(
            exception.ConsoleNotReady, virt.vnc_console, instance)
        virt.power_on(instance)
        outcome = self.migrate(virt, other, instance).wait(PATIENCE)
        self.assert_moved(virt, other, instance, outcome)
        self.assert_screen(other, instance)
        self.assertRaises(
            exception.GuestNotFound, virt.vnc_console, instance)

    def assert_screen(self, virt, instance):
        place = virt.vnc_console(instance)
        with socket.create_connection(
                (place.host, place.port), PATIENCE) as viewer:
            self.assertEqual(b'RFB 003.', viewer.makefile('rb').read(8))

    def test_serial(self):
        """What a guest writes is read as it comes, and kept in the log."""
        virt, other = self.make_pair()
        instance = self.spawn(virt)
        reader = self.read_serial(virt, instance)
        virt.power_off(instance)
        # What was on its way may still come.
        self.until(lambda: not reader.readline())
        self.assertRaises(
            exception.ConsoleNotReady, virt.serial_console, instance)
        virt.power_on(instance)
        reader = self.read_serial(virt, instance)
        outcome = self.migrate(virt, other, instance).wait(PATIENCE)
        self.until(lambda: not reader.readline())
        self.assert_moved(virt, other, instance, outcome)
        self.read_serial(other, instance)
        self.assertRaises(
            exception.GuestNotFound, virt.serial_console, instance)
        life = console.read(other.console_output(instance))
        self.assertEqual((2, 0, 0), (
            life.boots_seen, life.ticks_lost, life.ticks_repeated))

    def test_serial_of_some_only(self):
        virt, _other = self.make_pair()
        virt.conf.set_override('enabled', False, group='serial_console')
        self.assertRaises(exception.ConsoleTypeUnavailable,
                          virt.serial_console, self.spawn(virt))

    def read_serial(self, virt, instance):
        """Return a stream of a guest's serial port that has just ticked."""
        place = virt.serial_console(instance)
        connection = socket.create_connection(
            (place.host, place.port), PATIENCE)
        self.addCleanup(connection.close)
        reader = connection.makefile('rb')
        self.addCleanup(reader.close)
        # The first line may have begun before we came.
        line = self.until(lambda: console.whole(reader.readline()))
        self.until(lambda: line in virt.console_output(instance))
        return reader

    # A migration.

    def test_migrate_there_and_back(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        for here, there in ((source, destination), (destination, source)):
            handle = self.migrate(here, there, instance)
            outcome = handle.wait(PATIENCE)
            self.assert_moved(here, there, instance, outcome)
            self.assertEqual('ended', handle.progress().phase)
            self.assertEqual(outcome, handle.wait(0))
            handle.abort()
            handle.force_complete()
            self.assert_at(there, instance)
        source.destroy(instance)
        self.assertEqual([], self.remains(source, instance))

    def test_checks_change_nothing(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        before = self.remains(source, instance)
        for _twice in range(2):
            self.check(source, destination, instance)
        self.assertEqual(before, self.remains(source, instance))
        self.assert_at(source, instance)
        self.assert_not_at(destination, instance)

    def test_what_is_off_cannot_go(self):
        source, _destination = self.make_pair()
        instance = self.spawn(source)
        source.power_off(instance)
        self.assertRaises(exception.MigrationPreCheckError,
                          source.describe_for_migration, instance)

    def test_what_is_there_cannot_come(self):
        source, _destination = self.make_pair()
        instance = self.spawn(source)
        data = source.describe_for_migration(instance)
        self.assertRaises(exception.MigrationPreCheckError,
                          source.check_migration, instance, sent(data))

    def test_progress(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.assertIsNone(handle.wait(0))
        self.under_way(handle)
        progress = handle.progress()
        self.assertEqual('pre-copy', progress.phase)
        self.assertGreaterEqual(
            progress.memory_total, progress.memory_remaining)
        self.assertIn(progress.percent, range(0, 101))
        handle.abort()
        self.assertTrue(handle.wait(PATIENCE).aborted)

    def test_abort(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        handle.abort()
        handle.abort()
        outcome = handle.wait(PATIENCE)
        self.assertTrue(outcome.aborted)
        self.assert_stayed(source, destination, instance, outcome)
        handle.abort()

    def test_abort_at_once(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        handle.abort()
        outcome = handle.wait(PATIENCE)
        self.assertTrue(outcome and outcome.aborted, outcome)
        self.assert_stayed(source, destination, instance, outcome)

    def test_failure(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        self.break_migration(source, destination)
        outcome = handle.wait(PATIENCE)
        self.assertFalse(outcome.aborted)
        self.assert_stayed(source, destination, instance, outcome)

    def test_force_complete(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        handle.force_complete()
        self.assert_moved(
            source, destination, instance, handle.wait(PATIENCE))

    def test_force_complete_at_once(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        handle.force_complete()
        self.assert_moved(
            source, destination, instance, handle.wait(PATIENCE))

    def test_abort_what_is_forced(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        self.under_way(handle)
        handle.force_complete()
        try:
            handle.abort()
        except exception.MigrationNotAbortable:
            pass
        outcome = handle.wait(PATIENCE)
        if outcome.arrived:
            self.assert_moved(source, destination, instance, outcome)
        else:
            self.assertTrue(outcome.aborted)
            self.assert_stayed(source, destination, instance, outcome)

    def test_adopt_and_force_complete(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        self.under_way(self.migrate(source, destination, instance))
        source = self.reopen(source)
        handle = source.adopt_migration(instance, self.data)
        self.assertIsNone(handle.wait(0))
        self.under_way(handle)
        self.assertIs(live_migration.Arrival.COMING,
                      destination.look_for_arrival(instance))
        handle.force_complete()
        self.assert_moved(
            source, destination, instance, handle.wait(PATIENCE))
        self.assertIs(live_migration.Arrival.HERE,
                      destination.look_for_arrival(instance))

    def test_adopt_and_abort(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        self.under_way(self.migrate(source, destination, instance))
        source = self.reopen(source)
        handle = source.adopt_migration(instance, self.data)
        handle.abort()
        outcome = handle.wait(PATIENCE)
        self.assertTrue(outcome.aborted)
        self.assert_stayed(source, destination, instance, outcome)

    def test_nothing_to_adopt(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        self.assertIsNone(source.adopt_migration(
            instance, self.check(source, destination, instance)))
        self.assert_at(source, instance)
        self.assertIs(live_migration.Arrival.NOTHING,
                      destination.look_for_arrival(instance))

    def test_adopt_what_has_arrived_meanwhile(self):
        source, destination = self.make_pair()
        instance = self.spawn(source)
        self.migrate(source, destination, instance).wait(PATIENCE)
        source = self.reopen(source)
        handle = source.adopt_migration(instance, self.data)
        outcome = handle.wait(PATIENCE)
        self.assertEqual('ended', handle.progress().phase)
        self.assert_moved(source, destination, instance, outcome)

    def test_adopt_what_has_failed_meanwhile(self):
        source, destination = self.make_pair(endless=True)
        instance = self.spawn(source)
        handle = self.migrate(source, destination, instance)
        handle.abort()
        handle.wait(PATIENCE)
        source = self.reopen(source)
        self.assertIsNone(source.adopt_migration(instance, self.data))
        self.assert_at(source, instance)


def sent(data):
    """Return MigrateData as it comes out of RPC."""
    return objects.MigrateData.obj_from_primitive(data.obj_to_primitive())
