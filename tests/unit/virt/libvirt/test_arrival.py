import libvirt

from nova_gs import exception
from nova_gs.virt.libvirt import arrival
from nova_gs.virt import live_migration
from tests.fixtures import libvirt as fake
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
MIGRATED = (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED)
CRASHED = (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED)
USER = (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER)
IN_POST_COPY = (libvirt.VIR_DOMAIN_RUNNING,
                libvirt.VIR_DOMAIN_RUNNING_POSTCOPY)
RESUMED = (libvirt.VIR_DOMAIN_RUNNING,
           libvirt.VIR_DOMAIN_RUNNING_MIGRATION_CANCELED)


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.world = fake.World()
        self.host = self.world.host('a')
        self.connection = self.world.open('fake://a')

    def set_state(self, state):
        self.host.domains[UUID] = {'state': state}


class TestLook(TestCase):

    def look(self):
        return arrival.look(self.connection, UUID)

    def test_gone(self):
        self.assertIs(arrival.Place.GONE, self.look())
        for call in ('state', 'jobStats'):
            self.set_state(fake.RUNNING)
            self.host.fail(call, libvirt.VIR_ERR_NO_DOMAIN, times=2)
            self.assertIs(
                arrival.Place.GONE if call == 'state'
                else arrival.Place.HERE, self.look())
            self.host._failures.clear()

    def test_without_a_job(self):
        for state, place in (
                (fake.RUNNING, arrival.Place.HERE),
                (RESUMED, arrival.Place.HERE),
                (USER, arrival.Place.HERE),
                (MIGRATED, arrival.Place.OFF),
                (arrival.INCOMING, arrival.Place.STOPPED),
                (CRASHED, arrival.Place.OFF),
                (arrival.POST_COPY, arrival.Place.SPLIT),
                (arrival.BROKEN_POST_COPY, arrival.Place.SPLIT)):
            self.set_state(state)
            self.assertIs(place, self.look(), state)

    def test_with_a_job(self):
        for state, place in (
                (fake.RUNNING, arrival.Place.MOVING),
                (arrival.INCOMING, arrival.Place.MOVING),
                (arrival.POST_COPY, arrival.Place.MOVING),
                (arrival.BROKEN_POST_COPY, arrival.Place.SPLIT)):
            self.set_state(state)
            self.host.jobs[UUID] = fake.Job()
            self.assertIs(place, self.look(), state)

    def test_another_job(self):
        self.set_state(fake.RUNNING)
        self.host.jobs[UUID] = fake.Job({
            'operation': libvirt.VIR_DOMAIN_JOB_OPERATION_SNAPSHOT})
        self.assertIs(arrival.Place.HERE, self.look())

    def test_stays(self):
        for state, stays in (
                (None, False), (fake.RUNNING, True), (USER, False),
                (CRASHED, False), (arrival.POST_COPY, False),
                (arrival.INCOMING, False)):
            self.host.domains.clear()
            if state:
                self.set_state(state)
            self.assertIs(
                stays, arrival.stays(self.connection, UUID), state)
        self.set_state(fake.RUNNING)
        self.host.jobs[UUID] = fake.Job()
        self.assertFalse(arrival.stays(self.connection, UUID))

    def test_fails(self):
        for call in ('state', 'jobStats'):
            self.set_state(fake.RUNNING)
            self.host.fail(call, libvirt.VIR_ERR_INTERNAL_ERROR)
            self.assertRaises(libvirt.libvirtError, self.look)


class TestForget(TestCase):

    def test_nothing_to_forget(self):
        arrival.forget(self.connection, UUID)

    def test_rest(self):
        for state in (fake.SHUTOFF, MIGRATED, *arrival.LEFT_OVER):
            self.set_state(state)
            arrival.forget(self.connection, UUID)
            self.assertEqual({}, self.host.domains)

    def test_what_runs_is_not_touched(self):
        for state in (fake.RUNNING, RESUMED, USER):
            self.set_state(state)
            error = self.assertRaises(
                exception.HypervisorError, arrival.forget, self.connection,
                UUID)
            self.assertIn('runs here although', str(error))
            self.assertEqual({UUID: {'state': state}}, self.host.domains)


class TestAskDestination(TestCase):

    def ask(self, uri='fake://a'):
        return arrival.ask_destination(uri, UUID, self.world.open)

    def test_no_address(self):
        self.assertIsNone(self.ask(None))

    def test_does_not_answer(self):
        self.host.stop()
        self.assertIsNone(self.ask())
        self.host.up = True
        self.host.fail('lookupByUUIDString', libvirt.VIR_ERR_INTERNAL_ERROR)
        self.assertIsNone(self.ask())

    def test_not_there(self):
        self.assertIs(live_migration.Arrival.NOTHING, self.ask())

    def test_by_state(self):
        for state, expected in (
                (arrival.INCOMING, live_migration.Arrival.COMING),
                (arrival.STARTING, live_migration.Arrival.COMING),
                (arrival.POST_COPY, live_migration.Arrival.POST_COPY),
                (arrival.BROKEN_POST_COPY, live_migration.Arrival.POST_COPY),
                (IN_POST_COPY, live_migration.Arrival.POST_COPY),
                ((libvirt.VIR_DOMAIN_RUNNING,
                  arrival.RUNNING_POSTCOPY_FAILED),
                 live_migration.Arrival.POST_COPY),
                (fake.SHUTOFF, live_migration.Arrival.OFF),
                ((libvirt.VIR_DOMAIN_CRASHED, 1), live_migration.Arrival.OFF),
                (fake.RUNNING, live_migration.Arrival.HERE),
                (USER, live_migration.Arrival.HERE)):
            self.set_state(state)
            self.assertIs(expected, self.ask(), state)


class TestHasArrived(base.TestCase):
    """What both hosts say, taken together."""

    DOUBT = None

    def test_silence_is_an_answer_only_without_a_definition(self):
        for place, expected in (
                (arrival.Place.GONE, True),
                (arrival.Place.OFF, self.DOUBT),
                (arrival.Place.STOPPED, self.DOUBT),
                (arrival.Place.SPLIT, self.DOUBT)):
            self.assertIs(expected, arrival.has_arrived(place, None), place)

    def test_where_the_destination_has_it(self):
        for there in (live_migration.Arrival.HERE,
                      live_migration.Arrival.POST_COPY):
            for place in (arrival.Place.GONE, arrival.Place.OFF):
                self.assertIs(True, arrival.has_arrived(place, there))
        self.assertIs(True, arrival.has_arrived(
            arrival.Place.STOPPED, live_migration.Arrival.HERE))

    def test_what_a_split_guest_needs_is_kept(self):
        for there in (live_migration.Arrival.HERE,
                      live_migration.Arrival.POST_COPY,
                      live_migration.Arrival.COMING):
            self.assertIs(self.DOUBT, arrival.has_arrived(
                arrival.Place.SPLIT, there))

    def test_where_the_destination_knows_it_not(self):
        for place in (arrival.Place.GONE, arrival.Place.OFF,
                      arrival.Place.STOPPED, arrival.Place.SPLIT):
            self.assertIs(False, arrival.has_arrived(
                place, live_migration.Arrival.NOTHING))

    def test_what_is_coming_is_waited_for(self):
        for place in arrival.Place:
            self.assertIs(self.DOUBT, arrival.has_arrived(
                place, live_migration.Arrival.COMING))

    def test_one_that_was_there_does_not_go_on_from_an_older_state(self):
        self.assertIs(self.DOUBT, arrival.has_arrived(
            arrival.Place.STOPPED, live_migration.Arrival.OFF))
