"""What the tests of a migration at its source share."""

from nova_gs import clock
from nova_gs.compute.live_migration import departures
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import compute
from tests.unit import base


class SourceTestCase(base.TestCase):

    peer_up = True

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf, peer_up=self.peer_up)
        self.addCleanup(self.host.executors.migrations.close)
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.departures = departures.Departures(self.host)
        self.operation = compute.FakeOperation()
        self.work = None

    def begin(self, operation=None):
        operation = operation or self.operation
        with self.gate.enter(
                'live_migration', policy.WhileDraining.OPEN_OPERATION,
                policy.OnShutdown.ABORT) as self.work:
            self.departures.begin(None, operation, self.work)

    def adopt(self):
        with self.gate.enter(
                'live_migration', policy.WhileDraining.OPEN_OPERATION,
                policy.OnShutdown.ABORT) as self.work:
            self.departures.adopt(None, self.operation, self.work,
                                  self.host.driver.handle)

    def wait_started(self):
        self.assertTrue(self.host.driver.started.wait(10))

    def wait_over(self):
        """Wait until the tracker has let go of everything."""
        with self.tracker.lock:
            self.assertTrue(self.tracker.lock.wait_for(
                lambda: not self.tracker._works, 10))
