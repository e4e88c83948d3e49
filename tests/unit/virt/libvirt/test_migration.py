import fixtures
import libvirt

from nova_gs import exception
from nova_gs.virt.libvirt import arrival
from nova_gs.virt.libvirt import connection as connections
from nova_gs.virt.libvirt import events
from nova_gs.virt.libvirt import migration
from tests.fixtures import libvirt as fake
from tests.unit import base

UUID = 'a8a9c4c1-0d6e-4a43-8f49-6b1d5b7b1c11'
PATIENCE = 20
FAILED = libvirt.VIR_ERR_OPERATION_FAILED


class TestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.world = fake.World()
        self.source = self.world.host('a')
        self.destination = self.world.host('b')
        self.source.held = True
        self.source.domains[UUID] = {'state': fake.RUNNING}
        for name, value in (
                ('nova_gs.virt.libvirt.migration.LOOK_EVERY', 0.01),
                ('nova_gs.virt.libvirt.wishes.ASK_EVERY', 0.01),
                ('nova_gs.virt.libvirt.cancelling.PATIENCE', 0.01),
                ('libvirt_qemu.qemuMonitorCommand', fake.Domain.monitor)):
            self.useFixture(fixtures.MonkeyPatch(name, value))
        self.tools = self.make_tools()

    def make_tools(self, permit_post_copy=False):
        watch = events.Watch()
        connector = connections.Connector('fake://a', self.world.open, watch)
        connector.connect()
        tools = migration.Tools(
            connector, watch, self.world.open, permit_post_copy)
        self.addCleanup(tools.closed.set)
        return tools

    def begin(self, await_job=True):
        connection = self.tools.connector.open()
        handle = migration.Migration(self.tools, UUID, 'fake://b')
        handle.begin(connection, connection.lookupByUUIDString(UUID),
                     {'bandwidth': 8}, 1)
        if await_job:
            self.await_job(handle)
        return handle

    def await_job(self, handle):
        while UUID not in self.source.jobs:
            self.assertIsNone(handle.wait(0.005))

    def follow(self):
        self.source.jobs[UUID] = fake.Job()
        handle = migration.Migration(self.tools, UUID)
        handle.follow()
        return handle

    def end_job(self, uri='fake://b', failure=None):
        """End a followed job as libvirt would."""
        connection = self.world.open('fake://a')
        connection.lookupByUUIDString(UUID).finish_job(uri, failure)

    def set_state(self, state, host=None):
        (host or self.source).domains[UUID] = {'state': state}

    def assert_here(self, handle, aborted=False):
        outcome = handle.wait(PATIENCE)
        self.assertEqual((False, aborted),
                         (outcome.arrived, outcome.aborted), outcome)
        self.assertTrue(outcome.reason)
        self.assertEqual(libvirt.VIR_DOMAIN_RUNNING,
                         self.source.domains[UUID]['state'][0])
        return outcome


class TestEnd(TestCase):

    def test_arrives(self):
        self.source.held = False
        handle = self.begin(await_job=False)
        outcome = handle.wait(PATIENCE)
        self.assertTrue(outcome.arrived)
        self.assertEqual(12, outcome.downtime_ms)
        self.assertEqual(
            ('fake://b', {'bandwidth': 8}, 1),
            self.destination.domains[UUID]['migrated'])
        self.assertEqual(outcome, handle.wait(0))
        # Its own connection is closed: one listens, one is idle.
        self.assertEqual(2, len(self.source.connections))

    def test_fails(self):
        handle = self.begin()
        self.source.jobs[UUID].end(fake.error(FAILED, 'socket is closed'))
        outcome = self.assert_here(handle)
        self.assertEqual('socket is closed.', outcome.reason)

    def test_somebody_else_aborts(self):
        handle = self.begin()
        self.source.jobs[UUID].end(fake.error(
            libvirt.VIR_ERR_OPERATION_ABORTED))
        self.assert_here(handle, aborted=True)

    def test_fails_but_is_there(self):
        handle = self.begin()
        self.set_state(fake.RUNNING, self.destination)
        del self.source.domains[UUID]
        self.source.lose_connections()
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_lost_on_both_hosts(self):
        handle = self.begin()
        del self.source.domains[UUID]
        self.source.lose_connections()
        outcome = handle.wait(PATIENCE)
        self.assertFalse(outcome.arrived)
        self.assertIn('on neither host', outcome.reason)

    def test_destination_cannot_be_asked(self):
        self.destination.stop()
        handle = self.begin()
        del self.source.domains[UUID]
        self.source.lose_connections()
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_guest_dies_amid(self):
        handle = self.begin()
        self.set_state((libvirt.VIR_DOMAIN_SHUTOFF,
                        libvirt.VIR_DOMAIN_SHUTOFF_CRASHED))
        self.source.jobs[UUID].end(fake.invalid('domain is not running'))
        outcome = handle.wait(PATIENCE)
        self.assertFalse(outcome.arrived)
        self.assertIn('no longer runs on the source', outcome.reason)

    def test_connection_is_lost_and_the_job_goes_on(self):
        handle = self.begin()
        self.source.lose_connections()
        self.assertIsNone(handle.wait(0.05))
        self.end_job()
        outcome = handle.wait(PATIENCE)
        self.assertTrue(outcome.arrived)
        self.assertEqual(12, outcome.downtime_ms)

    def test_libvirtd_is_away_for_a_while(self):
        handle = self.begin()
        self.source.stop()
        self.assertIsNone(handle.wait(0.05))
        self.assertEqual('pre-copy', handle.progress().phase)
        self.source.jobs.clear()
        self.source.up = True
        outcome = self.assert_here(handle)
        self.assertIn('End of file', outcome.reason)

    def test_broken_post_copy_is_waited_for(self):
        handle = self.begin()
        self.set_state(arrival.BROKEN_POST_COPY)
        self.set_state(fake.RUNNING, self.destination)
        self.source.jobs[UUID].end(fake.error(FAILED))
        self.source.held = False
        self.assertIsNone(handle.wait(0.05))
        self.set_state((libvirt.VIR_DOMAIN_SHUTOFF,
                        libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED))
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_definition_is_there_and_the_destination_does_not_answer(self):
        self.destination.stop()
        handle = self.begin()
        self.set_state((libvirt.VIR_DOMAIN_SHUTOFF,
                        libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED))
        self.source.jobs[UUID].end(fake.error(FAILED))
        self.source.held = False
        self.assertIsNone(handle.wait(0.05))
        self.assertEqual('in doubt', handle.progress().phase)
        self.destination.up = True
        self.set_state(fake.RUNNING, self.destination)
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def cut_at_the_last_moment(self):
        """libvirtd is killed when memory has gone, and is there again."""
        handle = self.begin()
        self.source.stop()
        self.set_state(arrival.INCOMING)
        self.source.jobs.clear()
        self.source.up = True
        return handle

    def test_cut_at_the_last_moment_and_there(self):
        self.set_state(fake.RUNNING, self.destination)
        handle = self.cut_at_the_last_moment()
        self.assertTrue(handle.wait(PATIENCE).arrived)
        self.assertEqual(arrival.INCOMING,
                         self.source.domains[UUID]['state'])

    def test_cut_at_the_last_moment_and_not_there(self):
        self.assert_here(self.cut_at_the_last_moment())

    def test_cut_at_the_last_moment_and_nobody_can_tell(self):
        self.destination.stop()
        handle = self.cut_at_the_last_moment()
        self.assertIsNone(handle.wait(0.05))
        self.assertNotIn('resume', self.source.calls)
        self.destination.up = True
        self.assert_here(handle)

    def test_cut_at_the_last_moment_and_still_coming(self):
        self.set_state(arrival.INCOMING, self.destination)
        handle = self.cut_at_the_last_moment()
        self.assertIsNone(handle.wait(0.05))
        self.assertNotIn('resume', self.source.calls)
        self.set_state(fake.RUNNING, self.destination)
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_closed_driver_knows_no_end(self):
        handle = self.follow()
        self.tools.closed.set()
        self.tools.watch.nudge()
        self.end_job()
        self.assertIsNone(handle.wait(0.05))


class TestAbort(TestCase):

    def test_abort(self):
        handle = self.begin()
        handle.abort()
        self.assert_here(handle, aborted=True)
        handle.abort()
        self.assertEqual(1, self.source.calls.count('abortJob'))

    def near_its_end(self):
        job = self.source.jobs[UUID]
        job.stats['memory_remaining'] = 0
        job.ends_when_paused = False
        return job

    def test_near_its_end_the_guest_stands_still(self):
        handle = self.begin()
        self.near_its_end()
        handle.abort()
        self.assert_here(handle, aborted=True)
        self.assertLess(self.source.calls.index('suspend'),
                        self.source.calls.index('abortJob'))

    def test_not_in_its_switch_over(self):
        handle = self.begin()
        job = self.near_its_end()
        self.source.qemu_says = 'device'
        handle.abort()
        while self.source.calls.count('query-migrate') < 3:
            self.assertIsNone(handle.wait(0.005))
        self.assertNotIn('abortJob', self.source.calls)
        job.end()
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_switch_over_does_not_come_off(self):
        handle = self.begin()
        job = self.near_its_end()
        self.source.qemu_says = 'device'
        handle.abort()
        job.end(fake.error(FAILED))
        self.assert_here(handle, aborted=True)

    def test_is_helped_to_end(self):
        handle = self.begin()
        self.source.hangs = True
        handle.abort()
        self.assert_here(handle, aborted=True)
        self.assertIn('suspend', self.source.calls)

    def test_cannot_be_helped_for_a_while(self):
        handle = self.begin()
        self.source.hangs = True
        self.source.fail('query-migrate', FAILED, times=3)
        handle.abort()
        self.assert_here(handle, aborted=True)

    def test_before_there_is_a_job(self):
        handle = migration.Migration(self.tools, UUID, 'fake://b')
        handle.abort()
        self.assertIn('abortJob', self.source.calls)
        connection = self.tools.connector.open()
        handle.begin(connection, connection.lookupByUUIDString(UUID), {}, 1)
        self.assert_here(handle, aborted=True)

    def test_libvirtd_is_away(self):
        handle = self.begin()
        self.source.stop()
        handle.abort()
        self.source.up = True
        while 'abortJob' not in self.source.calls:
            self.assertIsNone(handle.wait(0.005))
        self.end_job(failure=fake.error(libvirt.VIR_ERR_OPERATION_ABORTED))
        self.assert_here(handle, aborted=True)

    def test_in_post_copy(self):
        handle = self.begin()
        for state in (arrival.POST_COPY, arrival.BROKEN_POST_COPY):
            self.set_state(state)
            error = self.assertRaises(
                exception.MigrationNotAbortable, handle.abort)
            self.assertIn(UUID, str(error))
        self.set_state(fake.RUNNING)
        self.source.jobs[UUID].end(fake.error(FAILED))
        # What was refused was not asked for.
        self.assert_here(handle)

    def test_post_copy_begins_amid(self):
        handle = self.begin()
        self.source.fail('abortJob', libvirt.VIR_ERR_OPERATION_INVALID)
        looks = iter((False, True))
        self.addCleanup(setattr, arrival, 'is_handed_over',
                        arrival.is_handed_over)
        arrival.is_handed_over = lambda domain: next(looks)
        self.assertRaises(exception.MigrationNotAbortable, handle.abort)

    def test_guest_has_left(self):
        handle = self.begin()
        self.source.fail('abortJob', libvirt.VIR_ERR_NO_DOMAIN)
        handle.abort()
        self.source.jobs[UUID].end()
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_libvirt_says_no(self):
        handle = self.begin()
        self.source.fail('abortJob', libvirt.VIR_ERR_INTERNAL_ERROR)
        self.assertRaises(exception.HypervisorError, handle.abort)
        handle.abort()
        self.assert_here(handle, aborted=True)


class TestForce(TestCase):

    def test_pause(self):
        handle = self.begin()
        handle.force_complete()
        self.assertTrue(handle.wait(PATIENCE).arrived)
        self.assertIn('suspend', self.source.calls)
        self.assertEqual(libvirt.VIR_DOMAIN_RUNNING,
                         self.destination.domains[UUID]['state'][0])

    def test_not_before_memory_moves(self):
        handle = self.begin()
        self.source.jobs[UUID].stats['memory_iteration'] = 0
        handle.force_complete()
        self.assertIsNone(handle.wait(0.05))
        self.assertNotIn('suspend', self.source.calls)
        self.source.jobs[UUID].stats['memory_iteration'] = 1
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_abort_is_stronger(self):
        handle = self.begin()
        self.source.jobs[UUID].stats['memory_iteration'] = 0
        handle.force_complete()
        handle.abort()
        handle.force_complete()
        self.assert_here(handle, aborted=True)
        self.assertNotIn('suspend', self.source.calls)

    def test_pause_comes_too_late(self):
        """The migration fails just before the guest is paused."""
        handle = self.begin()
        job = self.source.jobs[UUID]
        read = fake.Domain.jobStats

        def read_and_end(domain):
            stats = read(domain)
            fake.Domain.jobStats = read
            self.source.jobs.pop(UUID)
            return stats

        self.addCleanup(setattr, fake.Domain, 'jobStats', read)
        fake.Domain.jobStats = read_and_end
        handle.force_complete()
        self.assertEqual(libvirt.VIR_DOMAIN_PAUSED,
                         self.source.domains[UUID]['state'][0])
        self.source.lose_connections()
        job.poke()
        self.assert_here(handle)

    def test_post_copy(self):
        self.tools = self.make_tools(permit_post_copy=True)
        handle = self.begin()
        handle.force_complete()
        handle.force_complete()
        self.assertEqual('post-copy', handle.progress().phase)
        self.assertEqual(
            1, self.source.calls.count('migrateStartPostCopy'))
        self.source.jobs[UUID].end()
        self.assertTrue(handle.wait(PATIENCE).arrived)

    def test_post_copy_does_not_work(self):
        self.tools = self.make_tools(permit_post_copy=True)
        self.source.fail('migrateStartPostCopy', FAILED)
        handle = self.begin()
        handle.force_complete()
        self.assertTrue(handle.wait(PATIENCE).arrived)
        self.assertIn('suspend', self.source.calls)

    def test_libvirt_says_no_later(self):
        handle = self.begin()
        job = self.source.jobs[UUID]
        job.stats['memory_iteration'] = 0
        handle.force_complete()
        self.source.fail('suspend', libvirt.VIR_ERR_INTERNAL_ERROR)
        job.stats['memory_iteration'] = 1
        self.assertIsNone(handle.wait(0.05))
        handle.force_complete()
        self.assertTrue(handle.wait(PATIENCE).arrived)


class TestProgress(TestCase):

    def test_progress(self):
        handle = self.begin()
        progress = handle.progress()
        self.assertEqual(
            ('pre-copy', 1.5, 1000, 400, 600, 40),
            (progress.phase, progress.elapsed, progress.memory_total,
             progress.memory_processed, progress.memory_remaining,
             progress.percent))
        self.source.jobs[UUID].end()
        handle.wait(PATIENCE)
        progress = handle.progress()
        self.assertEqual(('ended', 400),
                         (progress.phase, progress.memory_processed))

    def test_sparse(self):
        handle = self.begin()
        for name in list(self.source.jobs[UUID].stats):
            if name.startswith('memory_'):
                del self.source.jobs[UUID].stats[name]
        self.assertEqual(0, handle.progress().memory_total)

    def test_keeps_the_last_when_there_is_none(self):
        handle = self.begin()
        last = handle.progress()
        for call, code in (
                ('jobStats', libvirt.VIR_ERR_OPERATION_INVALID),
                ('jobStats', libvirt.VIR_ERR_INTERNAL_ERROR),
                ('state', libvirt.VIR_ERR_NO_DOMAIN),
                ('lookupByUUIDString', libvirt.VIR_ERR_NO_DOMAIN)):
            self.source.fail(call, code)
            self.assertEqual(last, handle.progress())
        self.source.up = False
        self.assertEqual(last, handle.progress())


class TestFollow(TestCase):

    def test_arrives(self):
        handle = self.follow()
        self.assertEqual(40, handle.progress().percent)
        self.end_job()
        outcome = handle.wait(PATIENCE)
        self.assertTrue(outcome.arrived)
        self.assertEqual(12, outcome.downtime_ms)

    def test_fails(self):
        handle = self.follow()
        self.end_job(failure=fake.error(FAILED))
        outcome = self.assert_here(handle)
        self.assertIn('libvirt gave it up', outcome.reason)

    def test_abort(self):
        handle = self.follow()
        handle.abort()
        self.end_job(failure=fake.error(libvirt.VIR_ERR_OPERATION_ABORTED))
        outcome = self.assert_here(handle, aborted=True)
        self.assertEqual('It was called off.', outcome.reason)

    def test_cannot_look_for_a_while(self):
        self.source.fail('state', libvirt.VIR_ERR_INTERNAL_ERROR, times=3)
        handle = self.follow()
        self.end_job()
        self.assertTrue(handle.wait(PATIENCE).arrived)
