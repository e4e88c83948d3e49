"""What a stop makes of the migrations that come to its host."""

from nova_gs import clock
from nova_gs.compute.live_migration import arrivals
from nova_gs.compute.live_migration import deadline
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import client as rpc_client
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import compute
from tests.unit.db import base

S = deadline.Stage


class FakeComputeAPI(compute.Failing):
    """The sources' doors."""

    def live_migration_abort(self, ctxt, host, migration_uuid, reason):
        self.called('live_migration_abort', host, migration_uuid, reason)

    def live_migration_force_complete(self, ctxt, host, migration_uuid):
        self.called('live_migration_force_complete', host, migration_uuid)


class ArrivalsTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.api = FakeComputeAPI()
        object.__setattr__(self.host, 'compute_rpcapi', self.api)
        self.tracker = tracker.Tracker(clock.Clock())
        self.tracker.begin_history()
        self.arrivals = arrivals.Arrivals(
            self.host, self.context, self.tracker, lambda seconds: seconds)

    def coming(self, claimed=True, status='running', remaining=100,
               source='host2', destination='host1'):
        """Return the operation of a migration."""
        operation = self.accept(
            self.make_instance(host=source), kind='live-migration',
            step='live_migrate_server', host=None, task_state='migrating',
            migration=objects.Migration(
                source_compute=source, status='queued'))
        operation = objects.Operation.claim(
            self.context, operation.uuid, operation.step, 'conductor', 'c')
        operation.offer('live_migration', host=source,
                        peer_host=destination)
        if claimed:
            operation = objects.Operation.claim(
                self.context, operation.uuid, 'live_migration', source, 's')
            operation.report(remaining=remaining, progress=10,
                             migration={'status': status})
        return operation

    def look(self):
        arrival, = self.arrivals.under_way()
        return arrival


class TestUnderWay(ArrivalsTestCase):

    def test_those_that_come_here(self):
        operation = self.coming()
        self.coming(source='host1', destination='host2')
        self.coming(destination='host3')
        self.accept()
        arrival = self.look()
        self.assertEqual((operation.migration_uuid, S.COPYING, False, False),
                         (arrival.uuid, arrival.stage, arrival.is_forced,
                          arrival.is_settled))

    def test_stages(self):
        for arguments, stage in (
                ({'claimed': False}, S.WAITING),
                ({'status': 'queued', 'remaining': None}, S.WAITING),
                ({'status': 'preparing', 'remaining': None}, S.WAITING),
                ({'status': 'running', 'remaining': None}, S.COPYING),
                ({'status': 'running', 'remaining': 0}, S.COPYING)):
            operation = self.coming(**arguments)
            found = {one.uuid: one.stage
                     for one in self.arrivals.under_way()}
            self.assertIs(stage, found[operation.migration_uuid], arguments)

    def test_estimate_by_what_the_source_reports(self):
        operation = self.coming(remaining=100)
        self.assertIsNone(self.look().estimate())
        self.host.clock.advance(2)
        operation.report(remaining=80)
        self.assertAlmostEqual(8, self.look().estimate())

    def test_those_that_are_over(self):
        operation = self.coming()
        self.look()
        operation.finish('aborted')
        self.assertEqual([], self.arrivals.under_way())
        self.assertRaises(
            exception.MigrationNotFound, self.arrivals.abort,
            operation.migration_uuid, 'x')


class TestAsking(ArrivalsTestCase):

    def test_abort(self):
        operation = self.coming()
        arrival = self.look()
        self.arrivals.abort(arrival.uuid, 'host1 had to be stopped')
        self.assertEqual(
            [('live_migration_abort', 'host2', operation.migration_uuid,
              'host1 had to be stopped')], self.api.calls)
        self.assertTrue(arrival.is_settled)
        self.assertIs(arrival, self.look())

    def test_force_complete(self):
        arrival = (self.coming(), self.look())[1]
        self.arrivals.force_complete(arrival.uuid)
        self.assertEqual(['live_migration_force_complete'],
                         self.api.names())
        self.assertEqual((True, False),
                         (arrival.is_forced, arrival.is_settled))

    def test_source_that_does_not_answer_is_asked_again(self):
        arrival = (self.coming(), self.look())[1]
        self.api.errors['live_migration_abort'] = compute.unreachable()
        self.assertRaises(exception.PeerUnavailable, self.arrivals.abort,
                          arrival.uuid, 'x')
        self.assertFalse(arrival.is_settled)

    def test_past_the_point_is_seen_through(self):
        arrival = (self.coming(), self.look())[1]
        self.api.errors['live_migration_abort'] = (
            exception.MigrationNotAbortable(
                migration_id='m', instance_id='i', status='in post-copy'))
        self.arrivals.abort(arrival.uuid, 'x')
        self.assertTrue(arrival.is_settled)

    def test_what_the_source_has_not_begun_is_ended_here(self):
        operation = self.coming(claimed=False)
        arrival = self.look()
        self.arrivals.abort(arrival.uuid, 'host1 had to be stopped')
        stored = objects.Operation.get_by_uuid(self.context, operation.uuid)
        self.assertEqual(('aborted', 'cancelled', None), (
            stored.state, stored.migration.status,
            stored.instance.task_state))
        self.assertIn('host1 had to be stopped', stored.error)
        self.assertEqual([], self.api.calls)

    def test_what_the_source_has_begun_meanwhile_is_asked_for(self):
        operation = self.coming(claimed=False)
        arrival = self.look()
        objects.Operation.claim(
            self.context, operation.uuid, 'live_migration', 'host2', 's')
        self.arrivals.abort(arrival.uuid, 'x')
        self.assertEqual(['live_migration_abort'], self.api.names())

    def test_calls_are_bounded(self):
        seen = []
        self.api.called = lambda *call: seen.append(rpc_client._limit.get())
        self.arrivals._bounded = lambda seconds: min(seconds, 0.7)
        arrival = (self.coming(), self.look())[1]
        self.arrivals.force_complete(arrival.uuid)
        self.assertEqual([0.7], seen)


class TestLeaving(ArrivalsTestCase):

    def test_is_named_in_the_report(self):
        operation = self.coming()
        arrival = self.look()
        self.arrivals.leave(arrival.uuid, 'x')
        self.assertTrue(arrival.is_settled)
        self.assertTrue(self.tracker.empty())
        work, = self.tracker.history()
        self.assertEqual(
            (policy.Fate.LEFT, policy.OnShutdown.RESUME, operation.uuid,
             operation.instance_uuid, 10),
            (work.fate, work.on_shutdown, work.operation_uuid,
             work.instance_uuid, work.progress))
        self.assertIn('host2', work.name)

    def test_record_stays_the_sources(self):
        operation = self.coming()
        self.arrivals.leave(self.look().uuid, 'x')
        stored = objects.Operation.get_by_uuid(self.context, operation.uuid)
        self.assertEqual(('running', 'host2'), (stored.state, stored.owner))
        self.assertEqual([], self.api.calls)
