"""Who is up, who takes work, and the heartbeat that tells."""

import datetime
import threading

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client
from nova_gs import servicegroup
from tests.fixtures import compute
from tests.unit import base

PHASE = fields.ServicePhase
DEADLINE = datetime.datetime(2030, 1, 1, 12, 30,
                             tzinfo=datetime.timezone.utc)


class ServiceGroupTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.flags(service_down_time=60)
        self.group = servicegroup.ServiceGroup(self.conf)

    def service(self, **values):
        return objects.Service(**{
            'host': 'host1', 'phase': PHASE.SERVING, 'forced_down': False,
            'seconds_since_seen': 5.0, **values})


class TestIsUp(ServiceGroupTestCase):

    def test_table(self):
        for up, values in (
                (True, {}),
                (True, {'seconds_since_seen': 60.0}),
                (False, {'seconds_since_seen': 60.1}),
                (False, {'seconds_since_seen': None}),
                (False, {'forced_down': True}),
                (True, {'phase': PHASE.DRAINING}),
                (True, {'phase': PHASE.QUIESCED}),
                (False, {'phase': PHASE.DRAINING,
                         'seconds_since_seen': 61.0}),
                (False, {'phase': PHASE.STOPPED})):
            service = self.service(**values)
            self.assertEqual(up, self.group.is_up(service), values)
            self.assertEqual('up' if up else 'down',
                             self.group.state(service))

    def test_nobody_is_down_while_we_recover_ourselves(self):
        group = servicegroup.ServiceGroup(self.conf, lambda: True)
        for up, values in (
                (True, {}),
                (True, {'seconds_since_seen': 1000.0}),
                (False, {'seconds_since_seen': None}),
                (False, {'forced_down': True}),
                (False, {'phase': PHASE.STOPPED})):
            self.assertEqual(up, group.is_up(self.service(**values)), values)


class TestRequire(ServiceGroupTestCase):

    def test_serving_may_be_down(self):
        for seen in (5.0, 1000.0, None):
            self.group.require_serving(self.service(seconds_since_seen=seen))

    def test_draining_says_why_and_until_when(self):
        error = self.assertRaises(
            exception.HostDraining, self.group.require_serving,
            self.service(phase=PHASE.DRAINING, phase_reason='new kernel',
                         phase_deadline=DEADLINE))
        for words in ('host1', 'new kernel', '2030-01-01 12:30:00 UTC'):
            self.assertIn(words, str(error))

    def test_without_reason_or_deadline(self):
        for phase, until in ((PHASE.DRAINING, 'its work has ended'),
                             (PHASE.QUIESCED, 'an operator')):
            error = self.assertRaises(
                exception.HostDraining, self.group.require_serving,
                self.service(phase=phase))
            self.assertIn(phase, str(error))
            self.assertIn(until, str(error))

    def test_quiesced_host_still_lets_go(self):
        service = self.service(phase=PHASE.QUIESCED)
        self.group.require_serving(service, letting_go=True)
        self.group.require_up(service, letting_go=True)
        self.assertRaises(
            exception.HostUnavailable, self.group.require_up,
            self.service(phase=PHASE.QUIESCED, seconds_since_seen=61.0),
            letting_go=True)
        self.assertRaises(
            exception.HostDraining, self.group.require_serving,
            self.service(phase=PHASE.DRAINING), letting_go=True)

    def test_deadline_of_a_quiesce_does_not_end_it(self):
        error = self.assertRaises(
            exception.HostDraining, self.group.require_serving,
            self.service(phase=PHASE.QUIESCED, phase_deadline=DEADLINE))
        self.assertNotIn('2030', str(error))

    def test_stopped_is_not_said_to_drain(self):
        for require in (self.group.require_serving, self.group.require_up):
            error = self.assertRaises(
                exception.HostUnavailable, require,
                self.service(phase=PHASE.STOPPED, phase_reason='SIGTERM'))
            self.assertIn('stopped', str(error))

    def test_require_up(self):
        self.group.require_up(self.service())
        error = self.assertRaises(
            exception.HostUnavailable, self.group.require_up,
            self.service(seconds_since_seen=61.0))
        self.assertIn('down', str(error))
        self.assertRaises(
            exception.HostDraining, self.group.require_up,
            self.service(phase=PHASE.QUIESCED))


class FakeService:
    """Counts its reports and fails as often as it is told to."""

    def __init__(self):
        self.reports = 0
        self.errors = []
        self.bounds = set()
        self.changed = threading.Condition()

    def report(self):
        with self.changed:
            self.reports += 1
            self.bounds.add(rpc_client._limit.get())
            self.changed.notify_all()
            if self.errors:
                raise self.errors.pop(0)

    def wait_reports(self, count):
        with self.changed:
            return self.changed.wait_for(lambda: self.reports >= count, 60)


class TestHeartbeat(base.TestCase):

    def setUp(self):
        super().setUp()
        self.service = FakeService()
        self.beats = 0
        self.heartbeat = servicegroup.Heartbeat(
            self.service, 0.01, beats=(self.beat,))
        self.addCleanup(self.stop)

    def beat(self):
        self.beats += 1

    def stop(self):
        self.heartbeat.stop()
        if self.heartbeat._thread.is_alive():
            self.heartbeat._thread.join(60)
        self.assertFalse(self.heartbeat._thread.is_alive())

    def test_beats_until_stopped(self):
        self.heartbeat.start()
        self.assertTrue(self.service.wait_reports(3))
        self.stop()
        reports = self.service.reports
        self.assertGreaterEqual(self.beats, 3)
        self.assertEqual(reports, self.service.reports)

    def test_recovering(self):
        """For a while after the last report that was not taken."""
        self.heartbeat._report()
        self.assertFalse(self.heartbeat.is_recovering(60))
        self.service.errors = [compute.unreachable()]
        self.heartbeat._report()
        for _ in range(5):
            self.assertTrue(self.heartbeat.is_recovering(0.05))
            self.heartbeat._report()
        self.assertFalse(self.heartbeat.is_recovering(0.05))
        self.heartbeat.start()

    def test_a_report_is_bounded(self):
        self.heartbeat.start()
        self.assertTrue(self.service.wait_reports(1))
        self.assertEqual({2}, self.service.bounds)

    def test_goes_on_after_failures(self):
        self.service.errors = [compute.unreachable(), compute.unreachable(),
                               exception.ServiceNotFound(service_id='x'),
                               KeyError('a bug')]
        self.heartbeat.start()
        self.assertTrue(self.service.wait_reports(7))
        self.stop()
        # What depends on an answer waits for one.
        self.assertEqual(self.service.reports - 4, self.beats)
