"""A conductor that stops: what it has begun, and what it had only fetched."""

import socket
import threading

import fixtures
from oslo_messaging import conffixture

from nova_gs import clock
from nova_gs.conductor import hearing
from nova_gs.conductor.tasks import base as tasks
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.service import conductor
from nova_gs.service import line
from nova_gs.service import workers
from nova_gs import servicegroup
from nova_gs.shutdown import phases
from tests.unit.conductor import base
from tests.unit.service import stopping

WITHIN = stopping.WITHIN

ROW = catalogue.ROWS['live_migrate_server']


class Service(conductor.ConductorService):
    """A conductor with a test's fakes for everybody else."""

    def __init__(self, conf, compute, publisher):
        self._fakes = compute, publisher
        super().__init__(conf, clock.Clock())

    def _seat_store(self):
        return True

    def _make_means(self):
        compute, publisher = self._fakes
        return tasks.Means(
            conf=self.conf, clock=self.clock, compute_rpcapi=compute,
            publisher=publisher,
            servicegroup=servicegroup.ServiceGroup(self.conf),
            hearing=hearing.Hearing(self.context, self.conf, self.clock,
                                    self.stopping))


class StopTestCase(stopping.Stopping, base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(conffixture.ConfFixture(
            self.conf)).transport_url = 'fake:/'
        self.flags(group='conductor', max_concurrent_tasks=1)
        self.flags(group='operations', sweep_interval=3600)
        self.asked, self.answer = threading.Event(), threading.Event()
        self.addCleanup(self.answer.set)
        self.compute.when_asked = self.hold
        self.service = Service(self.conf, self.compute, self.publisher)
        self.service.start()

    def hold(self, check, host):
        """Answer when the test says so, or not, as the real door does."""
        self.asked.set()
        while not self.answer.wait(0.01):
            if self.service._means.called_off.is_set():
                raise exception.CalledOff(task='It', reason='x')

    def migration(self):
        """Let a message for a new migration come in; returns the latter."""
        operation = self.accept(
            kind='live-migration', step=ROW.name, host=None,
            task_state='migrating', params={'dest_host': 'host2'},
            migration=objects.Migration(source_compute='host1'))
        self.service._runner.invoke(
            ROW, self.service._manager.live_migrate_server, self.context,
            operation_uuid=operation.uuid)
        return operation

    def begun_and_waiting(self):
        """Return a migration that is being checked, and two that wait."""
        begun = self.migration()
        self.assertTrue(self.asked.wait(WITHIN))
        return begun, [self.migration(), self.migration()]

    def record(self):
        return objects.Service.get_by_host_and_binary(
            self.context, 'host1', 'nova-conductor')

    def test_begun_is_ended_and_the_rest_is_for_others(self):
        begun, waiting = self.begun_and_waiting()
        end = self.stop(phases.Event.TERM)
        self.assertTrue(self.service.intake_closed.wait(WITHIN))
        self.assertEqual(
            sorted((ROW.name, None, one.uuid) for one in waiting),
            sorted(self.publisher.published))
        self.assertEqual(self.service.coordinator.phase,
                         phases.Phase.DRAINING)
        self.answer.set()
        self.assertEqual(0, end())
        self.assertEqual('live_migration', self.stored(begun).step)
        for one in waiting:
            self.assertTrue(self.stored(one).is_offered)
        self.assertEqual('stopped', self.record().phase)

    def test_what_comes_in_late_is_for_others_too(self):
        self.begun_and_waiting()
        self.service.gate.narrow('it is being stopped', 'now')
        late = self.migration()
        end = self.stop(phases.Event.TERM)
        self.assertTrue(self.service.intake_closed.wait(WITHIN))
        self.assertIn((ROW.name, None, late.uuid), self.publisher.published)
        self.answer.set()
        self.assertEqual(0, end())

    def test_what_waits_is_told_to_whoever_counts(self):
        _, waiting = self.begun_and_waiting()
        self.assertEqual([one.uuid for one in waiting],
                         self.service.waiting())
        self.assertEqual('nova-conductor', self.service.binary)
        end = self.stop(phases.Event.TERM)
        self.assertTrue(self.service.intake_closed.wait(WITHIN))
        self.answer.set()
        self.assertEqual(0, end())

    def test_second_term_hands_on_what_was_begun(self):
        begun, _ = self.begun_and_waiting()
        end = self.stop(phases.Event.TERM, phases.Event.TERM)
        self.assertEqual(0, end())
        stored = self.stored(begun)
        self.assertEqual((ROW.name, True), (stored.step, stored.is_offered))
        self.assertIn((ROW.name, None, begun.uuid), self.publisher.published)

    def test_records_are_kept_to_the_end(self):
        self.begun_and_waiting()
        end = self.stop(phases.Event.TERM)
        self.assertTrue(self.service.intake_closed.wait(WITHIN))
        # What came in before is answered, as whoever asked is waiting.
        row = catalogue.ROWS['object_class_action_versions']
        self.assertEqual(3, self.service._runner.invoke(
            row, self.service._manager.object_class_action_versions,
            self.context, objname='ServiceList',
            objmethod='get_minimum_version',
            object_versions={'ServiceList': '1.0'}, args=('nova-compute',),
            kwargs={}))
        self.answer.set()
        self.assertEqual(0, end())


class CreateTestCase(base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(conffixture.ConfFixture(
            self.conf)).transport_url = 'fake:/'

    def test_one_process_by_default(self):
        self.assertIsInstance(conductor.create(self.conf, clock.Clock()),
                              conductor.ConductorService)

    def test_a_parent_of_several(self):
        self.flags(group='conductor', workers=2)
        self.assertIsInstance(conductor.create(self.conf, clock.Clock()),
                              workers.Parent)

    def test_a_worker_writes_no_record(self):
        self.flags(group='conductor', workers=2)
        self.useFixture(fixtures.EnvironmentVariable(
            line.VARIABLE, '2:%d:owner' % self.line_end()))
        worker = conductor.create(self.conf, clock.Clock())
        self.assertIsInstance(worker, conductor.ConductorService)
        worker.announce()
        worker.last_words()
        self.assertEqual([], list(objects.ServiceList.get_by_filters(
            self.context, {'binary': 'nova-conductor'})))

    def test_each_process_has_a_port_for_its_figures(self):
        self.flags(group='conductor', workers=2)
        parent = conductor.create(self.conf, clock.Clock())
        self.useFixture(fixtures.EnvironmentVariable(
            line.VARIABLE, '2:%d:owner' % self.line_end()))
        worker = conductor.create(self.conf, clock.Clock())
        self.assertEqual([0, 0], [one.metrics_port()
                                  for one in (parent, worker)])
        self.flags('metrics', port=9100)
        self.assertEqual([9100, 9102], [one.metrics_port()
                                        for one in (parent, worker)])

    def line_end(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        return theirs.detach()
