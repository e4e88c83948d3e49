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
from nova_gs.virt import driver
from tests.fixtures import compute as compute_fixtures
from tests.unit.db import base
from tests.unit.service import stopping

NEW_WORK, ONGOING = catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING

WITHIN = stopping.WITHIN


class Hypervisor(compute_fixtures.FakeDriver):
    """Also has what a start and a stop ask for."""

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


class Service(compute.ComputeService):
    """A compute that keeps its records without a conductor."""

    def _seat_records(self):
        return types.SimpleNamespace(answers=True)


class StopTestCase(stopping.Stopping, base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(conffixture.ConfFixture(
            self.conf)).transport_url = 'fake:/'
        self.hypervisor = Hypervisor()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.virt.drivers.load', lambda conf: self.hypervisor))
        self.service = Service(self.conf, clock.Clock())
        self.let_go = threading.Event()
        self.service.start()
        self.addCleanup(self.end)

    def end(self):
        """Stop it, if the test has not: the broker in memory is for all."""
        self.let_go.set()
        if self.service.coordinator.phase is phases.Phase.SERVING:
            self.stop()()

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
        return objects.Service.get_by_host_and_binary(
            self.context, 'host1', 'nova-compute').phase

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
