"""A compute that stops: which queue it leaves when, and what is let in."""

import threading
import types

import fixtures
from oslo_messaging import conffixture

from nova_gs import clock
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.service import compute
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.virt import driver
from tests.fixtures import compute as compute_fixtures
from tests.unit.db import base
from tests.unit.service import stopping

NEW_WORK, ONGOING = catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING

WITHIN = stopping.WITHIN


class Hypervisor(compute_fixtures.FakeDriver):
    """Also has what a start and a stop ask for.

    While ``held`` is not set, a reboot does not end.
    """

    def __init__(self):
        super().__init__()
        self.entered = threading.Event()
        self.held = threading.Event()
        self.held.set()

    def reboot(self, instance, hard):
        super().reboot(instance, hard)
        self.entered.set()
        self.held.wait(WITHIN)

    def init_host(self):
        self.called('init_host')

    def describe_host(self):
        return driver.HostFacts(
            hypervisor_type='fake', hypervisor_version=1,
            hypervisor_hostname='host1', host_ip='127.0.0.1', vcpus=4,
            memory_mb=1024, local_gb=10, cpu_info={})

    def list_guests(self):
        return []

    def close(self):
        self.called('close')


class ServiceTestCase(stopping.Stopping, base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(conffixture.ConfFixture(
            self.conf)).transport_url = 'fake:/'
        self.hypervisor = Hypervisor()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.virt.drivers.load', lambda conf: self.hypervisor))
        # Its records are in this very process.
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.rpcapi.seat_records',
            lambda conf, transport, bound: types.SimpleNamespace(
                answers=True)))
        self.let_go = threading.Event()
        self.service = self.make()
        self.service.start()
        self.addCleanup(self.end)

    def end(self):
        """Stop it, if the test has not: the broker in memory is for all."""
        self.let_go.set()
        if self.service.coordinator.phase is phases.Phase.SERVING:
            self.stop()()

    def make(self):
        """Return a service that was not started."""
        # A test must not wait for a beat.
        self.flags(report_interval=3600)
        service = compute.ComputeService(self.conf, clock.Clock())
        self.addCleanup(self.leave, service)
        return service

    def leave(self, service):
        """Let nothing of a service be in the way of later tests."""
        for topic in service._queues.topics:
            service._queues.leave(topic, WITHIN)
        if service._heartbeat:
            service._heartbeat.stop()

    def hold(self):
        """Let the host have something to do until ``let_go`` is set."""
        entered = threading.Event()

        def work():
            with self.service.gate.enter(
                    'live_migration',
                    catalogue.ROWS['live_migration'].while_draining,
                    catalogue.ROWS['live_migration'].on_shutdown):
                entered.set()
                self.let_go.wait(WITHIN)

        threading.Thread(target=work, daemon=True).start()
        self.assertTrue(entered.wait(WITHIN))

    def phase(self):
        return self.record().phase

    def record(self):
        return objects.Service.get_by_host_and_binary(
            self.context, 'host1', 'nova-compute')

    def take(self, step, operation):
        """Let a message come in."""
        self.service._runner.take(
            catalogue.ROWS[step], getattr(self.service._manager, step),
            self.context, operation.uuid)

    def stored(self, operation):
        return objects.Operation.get_by_uuid(self.context, operation.uuid)

    def await_that(self, condition):
        """Wait until something is so, looking at each change of work."""
        end = self.service.clock.now() + WITHIN
        while not condition():
            self.assertLess(self.service.clock.now(), end)
            self.service.tracker.wait_change(0.05)


class StopTestCase(ServiceTestCase):

    def test_serves_both(self):
        self.assertEqual([ONGOING, NEW_WORK], self.service._queues.topics)
        self.assertEqual('serving', self.phase())

    def test_begun_work_is_heard_of_to_the_end(self):
        self.hold()
        end = self.stop()
        self.assertTrue(self.service.intake_closed.wait(WITHIN))
        self.assertEqual([ONGOING], self.service._queues.topics)
        self.assertNotIn('close', self.hypervisor.names())
        self.let_go.set()
        self.assertEqual(0, end())
        self.assertEqual([], self.service._queues.topics)
        self.assertIn('close', self.hypervisor.names())
        self.assertEqual('stopped', self.phase())

    def test_what_has_not_begun_stays_offered(self):
        """Whatever order messages and the stop come in."""
        self.hold()
        end = self.stop()
        self.assertTrue(self.service.intake_closed.wait(WITHIN))
        late = self.accept()
        self.service._runner.take(
            catalogue.ROWS['reboot_instance'],
            self.service._manager.reboot_instance, self.context, late.uuid)
        self.let_go.set()
        self.assertEqual(0, end())
        self.assertTrue(objects.Operation.get_by_uuid(
            self.context, late.uuid).is_offered)
        self.assertNotIn('reboot', self.hypervisor.names())


class StartTestCase(ServiceTestCase):

    def test_conductor_that_is_away_for_a_moment(self):
        """Whatever a start needs of it, it is waited for."""
        self.stop()()
        self.service._state_path._lock.close()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.daemon.TRY_EVERY', 0.01))
        tried = []
        for name in ('recovery.Recovery.alone', 'recovery.Recovery.aside',
                     'recovery.take_up_offered'):
            self.useFixture(fixtures.MonkeyPatch(
                'nova_gs.compute.' + name, self.failing_once(name, tried)))
        self.service = self.make()
        self.service.start()
        self.assertEqual({NEW_WORK, ONGOING},
                         set(self.service._queues.topics))
        self.assertEqual(3 * [2], [
            tried.count(name) for name in dict.fromkeys(tried)])

    def failing_once(self, name, tried):
        def act(*args):
            tried.append(name)
            if tried.count(name) == 1:
                raise compute_fixtures.unreachable()

        return act


class QuiesceTestCase(ServiceTestCase):

    def setUp(self):
        super().setUp()
        self.lead()

    def lead(self):
        """Let the coordinator run, to its end after the test if not before."""
        service = self.service
        running = threading.Thread(
            target=service.coordinator.run, daemon=True)
        running.start()

        def end():
            service.coordinator.post(phases.Event.TERM)
            running.join(WITHIN)
            self.assertFalse(running.is_alive())

        self.end = end
        self.addCleanup(end)

    def start_again(self, stop=True):
        """Stop or vanish, and start as a new process does."""
        if stop:
            self.end()
        self.service._state_path._lock.close()
        self.service = self.make()
        self.service.start()

    def quiesce(self, **order):
        self.record().quiesce(**order)
        self.service._manager.quiesce_host(self.context, None, None)
        self.assertIs(phases.Phase.QUIESCED, self.service.coordinator.phase)

    def resume(self):
        self.record().resume()
        self.service._manager.resume_host(self.context)
        self.assertIs(phases.Phase.SERVING, self.service.coordinator.phase)

    def stop_of_a_guest(self):
        return self.accept(kind='stop', step='stop_instance',
                           task_state='powering-off')

    def await_phase(self, phase):
        self.await_that(lambda: self.service.coordinator.phase is phase)

    def test_what_waits_is_set_aside_and_taken_up(self):
        self.flags(group='compute', max_concurrent_operations=1)
        self.start_again()
        self.lead()
        self.hypervisor.held.clear()
        self.addCleanup(self.hypervisor.held.set)
        begun, waiting, stop = (
            self.accept(), self.accept(), self.stop_of_a_guest())
        self.take('reboot_instance', begun)
        self.assertTrue(self.hypervisor.entered.wait(WITHIN))
        self.take('reboot_instance', waiting)
        self.take('stop_instance', stop)
        self.quiesce()
        self.await_that(lambda: self.service.gate.handed_back)
        self.assertEqual([waiting.uuid], self.service.gate.handed_back)
        self.assertEqual([ONGOING, NEW_WORK], self.service._queues.topics)
        self.hypervisor.held.set()
        self.await_that(lambda: self.stored(stop).is_final)
        self.assertEqual(('succeeded', 'accepted'), (
            self.stored(begun).state, self.stored(waiting).state))
        self.resume()
        self.await_that(lambda: self.stored(waiting).is_final)
        self.assertEqual(2, self.hypervisor.names().count('reboot'))
        self.assertEqual([], self.service.gate.handed_back)

    def test_comes_back_quiesced(self):
        """Of what is offered, only what empties the host is taken up."""
        self.quiesce(reason='new kernel')
        self.end()
        self.assertEqual('stopped', self.record().phase)
        reboot, stop = self.accept(), self.stop_of_a_guest()
        self.start_again()
        self.assertIs(policy.Openness.LETTING_GO, self.service.gate.openness)
        self.lead()
        self.await_that(lambda: self.stored(stop).is_final)
        self.await_phase(phases.Phase.QUIESCED)
        self.assertEqual(('quiesced', 'new kernel'), (
            self.record().phase, self.record().phase_reason))
        self.assertTrue(self.stored(reboot).is_offered)
        self.resume()
        self.await_that(lambda: self.stored(reboot).is_final)

    def test_heartbeat_brings_it(self):
        """If nobody could tell the host."""
        self.record().quiesce('new kernel')
        self.service._heartbeat._report()
        self.await_phase(phases.Phase.QUIESCED)
        self.record().resume()
        self.service._heartbeat._report()
        self.await_phase(phases.Phase.SERVING)

    def test_interrupted_work_is_settled(self):
        """A quiesced host, too, says what became of what it had begun."""
        operation = self.accept()
        objects.Operation.claim(self.context, operation.uuid,
                                operation.step, self.service.owner, 'c')
        self.quiesce()
        self.start_again(stop=False)
        self.lead()
        self.await_that(lambda: self.stored(operation).is_final)

    def test_deadline(self):
        """What is under way is called off, and nothing after that."""
        early = self.depart()
        self.quiesce(deadline=0)
        self.await_that(lambda: self.stored(early).is_final)
        self.assertEqual('aborted', self.stored(early).state)
        self.assertIn('had to have ended', self.stored(early).error)
        self.await_that(lambda: not self.following('calling-off'))
        self.assertIs(phases.Phase.QUIESCED, self.service.coordinator.phase)

    def test_at_the_deadline_the_host_carries_it_on(self):
        """It stays, so there is nothing to be left to the hypervisor."""
        self.flags(group='shutdown', live_migration_at_deadline='resume')
        early = self.depart()
        self.quiesce(deadline=0)
        self.await_that(lambda: self.service.coordinator.deadlines.release_at)
        self.await_that(lambda: not self.following('shutdown-call_off'))
        self.assertEqual([], self.following('calling-off'))
        self.hypervisor.handle.end(arrived=True)
        self.await_that(lambda: self.stored(early).step.startswith('post'))

    def following(self, name):
        """Return the threads of this name."""
        return [thread for thread in threading.enumerate()
                if thread.name == name]

    def depart(self):
        """Return a live migration that is under way."""
        host = self.service._manager.host
        for name, fake in (
                ('compute_rpcapi', compute_fixtures.FakeComputeAPI()),
                ('publisher', compute_fixtures.FakePublisher())):
            object.__setattr__(host, name, fake)
        operation = self.accept(
            kind='live-migration', step='live_migrate_server',
            task_state='migrating', host=None,
            migration=objects.Migration(
                source_compute='host1', dest_compute='host2',
                dest_node='node2', status='accepted'))
        operation = objects.Operation.claim(
            self.context, operation.uuid, operation.step, 'conductor', 'c')
        operation.offer(
            'live_migration', host='host1', peer_host='host2',
            params={'migrate_data':
                    objects.MigrateData().obj_to_primitive()})
        self.take('live_migration', operation)
        self.await_that(
            lambda: self.stored(operation).migration.status == 'running')
        return operation
