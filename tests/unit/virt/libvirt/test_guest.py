import libvirt

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import guest
from tests.fixtures import clock
from tests.fixtures import libvirt as fake
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
NOT_FOUND = libvirt.VIR_ERR_NO_DOMAIN
INVALID = libvirt.VIR_ERR_OPERATION_INVALID
INTERNAL = libvirt.VIR_ERR_INTERNAL_ERROR


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        world = fake.World()
        self.host = world.host('a')
        self.connection = world.open('fake://a')
        self.set_state(*fake.RUNNING)
        self.domain = self.connection.lookupByUUIDString(UUID)

    def set_state(self, *state):
        self.host.domains[UUID] = {'state': state, 'xml': ''}

    def state(self):
        return guest.describe(self.domain).power_state


class TestLook(TestCase):

    def test_power_states(self):
        for state, expected in (
                (libvirt.VIR_DOMAIN_RUNNING, driver.PowerState.RUNNING),
                (libvirt.VIR_DOMAIN_SHUTDOWN, driver.PowerState.RUNNING),
                (libvirt.VIR_DOMAIN_PAUSED, driver.PowerState.PAUSED),
                (libvirt.VIR_DOMAIN_SHUTOFF, driver.PowerState.SHUTDOWN),
                (libvirt.VIR_DOMAIN_CRASHED, driver.PowerState.CRASHED),
                (99, driver.PowerState.NOSTATE)):
            self.set_state(state, 0)
            self.assertEqual(driver.Guest(UUID, expected),
                             guest.describe(self.domain))

    def test_find(self):
        self.assertIsNotNone(guest.find(self.connection, UUID))
        self.assertIsNone(guest.find(self.connection, 'other'))
        self.host.fail('lookupByUUIDString', INTERNAL)
        self.assertRaises(
            libvirt.libvirtError, guest.find, self.connection, UUID)

    def test_list_passes_by_what_goes(self):
        self.host.domains['other'] = {'state': fake.SHUTOFF}
        self.host.fail('state', NOT_FOUND)
        self.assertEqual(
            [driver.Guest('other', driver.PowerState.SHUTDOWN)],
            guest.list_all(self.connection))
        self.host.fail('state', INTERNAL)
        self.assertRaises(
            libvirt.libvirtError, guest.list_all, self.connection)


class TestStart(TestCase):

    def test_runs_already(self):
        guest.start(self.domain)
        self.assertNotIn('create', self.host.calls)

    def test_start(self):
        self.set_state(*fake.SHUTOFF)
        guest.start(self.domain)
        self.assertEqual(driver.PowerState.RUNNING, self.state())

    def test_fails(self):
        self.set_state(*fake.SHUTOFF)
        self.host.fail('create', INTERNAL)
        self.assertRaises(libvirt.libvirtError, guest.start, self.domain)


class TestStandsStill(TestCase):

    def test_pause(self):
        for act, expected in ((guest.pause, driver.PowerState.PAUSED),
                              (guest.unpause, driver.PowerState.RUNNING)):
            for _twice in range(2):
                act(self.domain)
                self.assertEqual(expected, self.state())
        self.assertEqual(1, self.host.calls.count('suspend'))
        self.assertEqual(1, self.host.calls.count('resume'))

    def test_suspend(self):
        for _twice in range(2):
            guest.suspend(self.domain)
            self.assertEqual(driver.PowerState.SUSPENDED, self.state())
        for _twice in range(2):
            guest.resume(self.domain)
            self.assertEqual(driver.PowerState.RUNNING, self.state())
        self.assertTrue(self.host.domains[UUID]['restored'])
        self.assertEqual(1, self.host.calls.count('managedSave'))

    def test_start_boots_what_was_suspended(self):
        guest.suspend(self.domain)
        guest.start(self.domain)
        self.assertFalse(self.host.domains[UUID]['restored'])

    def test_resume_what_a_cut_save_has_left_paused(self):
        guest.pause(self.domain)
        guest.resume(self.domain)
        self.assertEqual(driver.PowerState.RUNNING, self.state())

    def test_what_is_off(self):
        self.set_state(*fake.SHUTOFF)
        for act in (guest.pause, guest.unpause, guest.suspend):
            self.assertRaises(libvirt.libvirtError, act, self.domain)
        self.assertRaises(
            exception.HypervisorError, guest.resume, self.domain)


class TestCut(TestCase):

    def test_cut(self):
        for _twice in range(2):
            guest.cut(self.domain)
            self.assertEqual(driver.PowerState.SHUTDOWN, self.state())
        self.assertEqual(1, self.host.calls.count('destroy'))

    def test_fails(self):
        self.host.fail('destroy', INTERNAL)
        self.assertRaises(libvirt.libvirtError, guest.cut, self.domain)


class TestShutDown(TestCase):

    def shut_down(self, timeout):
        watch = events.Watch()
        watch.attach(self.connection)
        return guest.shut_down(
            self.domain, watch, clock.ManualClock(), timeout)

    def test_obeys(self):
        self.assertTrue(self.shut_down(30))
        self.assertEqual(driver.PowerState.SHUTDOWN, self.state())

    def test_off_already(self):
        self.set_state(*fake.SHUTOFF)
        self.assertTrue(self.shut_down(30))
        self.assertNotIn('shutdown', self.host.calls)

    def test_does_not_listen(self):
        self.host.ignores_shutdown = True
        self.assertFalse(self.shut_down(0))

    def test_ends_amid(self):
        self.host.fail('shutdown', INVALID)
        self.assertFalse(self.shut_down(0))


class TestRemove(TestCase):

    def test_remove(self):
        for _twice in range(2):
            guest.remove(self.connection, UUID)
            self.assertEqual({}, self.host.domains)

    def test_is_off(self):
        self.set_state(*fake.SHUTOFF)
        guest.remove(self.connection, UUID)
        self.assertEqual({}, self.host.domains)

    def test_undefined_by_someone_else(self):
        self.host.fail('undefineFlags', NOT_FOUND)
        guest.remove(self.connection, UUID)

    def test_fails(self):
        for call in ('destroy', 'undefineFlags'):
            self.host.fail(call, INTERNAL)
            self.assertRaises(
                libvirt.libvirtError, guest.remove, self.connection, UUID)
