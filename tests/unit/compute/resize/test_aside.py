"""Steps in a pool of their own."""

from nova_gs.compute.resize import aside
from nova_gs import exception
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from tests.fixtures import clock
from tests.fixtures import compute
from tests.unit import base


class TestRun(base.TestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.operation = compute.FakeOperation()
        self.tracker = tracker.Tracker(clock.ManualClock())
        self.work = tracker.Work(
            self.tracker, 'resize_instance', policy.OnShutdown.FINISH,
            'operation-uuid', 'instance-uuid')
        self.tracker.add(self.work)

    def run_step(self, act):
        aside.run(self.host, self.work, self.operation, act)
        with self.tracker.lock:
            self.assertTrue(self.tracker.lock.wait_for(
                lambda: not self.tracker._works, 10))

    def failing(self, error):
        def act():
            raise error
        return act

    def test_work_ends_with_it(self):
        done = []
        self.run_step(lambda: done.append(self.tracker.list()))
        self.assertEqual([[self.work]], done)
        self.assertIs(policy.Fate.FINISHED, self.work.fate)

    def test_end_that_is_not_recorded(self):
        self.run_step(self.failing(compute.unreachable()))
        self.assertIs(policy.Fate.LEFT, self.work.fate)
        self.assertEqual([], self.operation.written)

    def test_claim_that_is_not_ours_any_more(self):
        self.run_step(self.failing(exception.ClaimRefused(
            step='resize_instance', operation_id='o', why='taken')))
        self.assertIs(policy.Fate.LEFT, self.work.fate)

    def test_bug(self):
        self.run_step(self.failing(KeyError('x')))
        self.assertEqual('mark_interrupted', self.operation.last()[0])

    def test_closed_pool(self):
        self.host.executors.resizes.close()
        done = []
        self.run_step(lambda: done.append(1))
        self.assertEqual([1], done)
