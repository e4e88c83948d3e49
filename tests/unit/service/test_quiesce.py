"""From the service record to the coordinator, and back to who asks."""

import datetime
import queue
import threading

import fixtures

from nova_gs import exception
from nova_gs import objects
from nova_gs.service import quiesce
from nova_gs.shutdown import coordinator
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import quiesce as orders
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.fixtures import compute
from tests.unit import base

DEADLINE = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.timezone.utc)
D, P, W = policy.OnShutdown, phases.Phase, policy.WhileDraining


class FakeRecord:
    """A HostRecord; ``error`` is what its readers run into."""

    def __init__(self):
        objects.register_all()
        self.service = objects.Service(phase='serving')
        self.error = None
        self.listener = None

    def write(self, **words):
        for name, value in words.items():
            setattr(self.service, name, value)

    def follow(self, listener):
        self.listener = listener
        listener(self.service)

    def report(self, within=-1):
        if self.error:
            raise self.error
        self.listener(self.service)
        return True


class QuiescingTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.quiesce.MOVED_WITHIN', 0.01))
        self.clock = clock_fixture.ManualClock()
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.coordinator = coordinator.Coordinator(
            self.clock, deadlines.Budget(180, 20, 20), self.gate,
            self.tracker, {}, spawn=lambda name, function: function())
        self.record = FakeRecord()
        self.quiescing = quiesce.Quiescing(
            self.coordinator, self.gate, self.tracker, self.record,
            self.conf.shutdown)

    def posted(self):
        """Return what the coordinator was told, and let it do that."""
        items = []
        while True:
            try:
                items.append(self.coordinator.inbox.get(timeout=0))
            except queue.Empty:
                return items
            self.coordinator.handle(items[-1])


class TestRecord(QuiescingTestCase):

    def test_serving_is_no_news(self):
        self.quiescing.begin()
        self.record.report()
        self.assertEqual([], self.posted())

    def test_a_start_begins_quiesced(self):
        """Nothing slips in before the coordinator has been heard of it."""
        self.record.write(phase='quiesced', phase_reason='new kernel',
                          phase_deadline=DEADLINE)
        self.quiescing.begin()
        self.assertIs(policy.Openness.LETTING_GO, self.gate.openness)
        self.assertEqual([orders.Quiesce('new kernel', DEADLINE)],
                         self.posted())
        self.assertIs(P.QUIESCED, self.coordinator.phase)

    def test_heartbeats_bring_what_is_new(self):
        self.quiescing.begin()
        for words, expected in (
                ({'phase': 'quiesced'}, [orders.Quiesce()]),
                ({}, []),
                ({'phase_reason': 'disk'}, [orders.Quiesce('disk')]),
                ({'phase': 'serving', 'phase_reason': None},
                 [phases.Event.RESUME]),
                ({}, []),
                ({'phase': 'draining'}, []),
                ({'phase': 'stopped'}, [])):
            self.record.write(**words)
            self.record.report()
            self.assertEqual(expected, self.posted(), words)
        self.assertIs(policy.Openness.OPEN, self.gate.openness)

    def test_taken_back_before_it_was_done(self):
        self.quiescing.begin()
        for phase in ('quiesced', 'serving'):
            self.record.write(phase=phase)
            self.record.report()
        self.assertEqual(2, len(self.posted()))
        self.assertIs(P.SERVING, self.coordinator.phase)
        self.assertIs(policy.Openness.OPEN, self.gate.openness)


class TestAsked(QuiescingTestCase):

    def test_goes_by_the_record(self):
        """Not by a message that comes too late."""
        self.quiescing.begin()
        self.quiescing.quiesce_host(DEADLINE.isoformat(), 'too late')
        self.assertEqual([], self.posted())
        self.record.write(phase='quiesced', phase_reason='new kernel')
        self.quiescing.resume_host()
        self.assertEqual([orders.Quiesce('new kernel')], self.posted())

    def test_goes_by_the_message_when_nothing_can_be_read(self):
        self.quiescing.begin()
        self.record.error = compute.unreachable()
        self.quiescing.quiesce_host(DEADLINE.isoformat(), 'new kernel')
        self.assertEqual([orders.Quiesce('new kernel', DEADLINE)],
                         self.posted())
        self.quiescing.resume_host()
        self.assertEqual([phases.Event.RESUME], self.posted())

    def test_answers_when_it_is_so(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.quiesce.MOVED_WITHIN', 60))
        self.quiescing.begin()
        self.record.write(phase='quiesced')
        answered = threading.Event()

        def ask():
            self.quiescing.quiesce_host(None, None)
            answered.set()

        threading.Thread(target=ask, daemon=True).start()
        self.coordinator.turn()
        self.assertFalse(answered.is_set())
        self.quiescing.moved()
        self.assertTrue(answered.wait(60))


class TestDescribe(QuiescingTestCase):

    def test_works(self):
        self.gate.enter('read', W.NEVER, D.DROP)
        self.gate.enter('live_migration', W.NEVER, D.ABORT,
                        operation_uuid='op').say('pre-copy', 40, 1024, 60)
        self.assertEqual(
            [{'operation_id': 'op', 'note': 'pre-copy', 'progress': 40,
              'remaining': 1024, 'ends_at': '2030-01-01T00:01:00+00:00'}],
            self.quiescing.describe_drain()['works'])

    def test_what_was_refused(self):
        self.quiescing.begin()
        self.record.write(phase='quiesced')
        self.record.report()
        self.posted()
        self.assertRaises(exception.HostDraining, self.gate.enter,
                          'start_instance', W.NEVER, D.FINISH)
        self.gate.hand_back('op')
        told = self.quiescing.describe_drain()
        self.assertEqual(
            ('quiesced', {'start_instance': 1}, ['op'], None),
            (told['phase'], told['refused'], told['handed_back'],
             told['deadline']))
        self.record.write(phase='serving')
        self.record.report()
        self.posted()
        self.gate.hand_back('late')
        self.assertEqual([], self.quiescing.describe_drain()['handed_back'])

    def test_in_a_stop(self):
        self.coordinator.handle(phases.Event.TERM)
        told = self.quiescing.describe_drain()
        self.assertEqual(
            ('draining', '2030-01-01T00:00:00+00:00',
             '2030-01-01T00:03:00+00:00', 'abort'),
            (told['phase'], told['since'], told['deadline'],
             told['live_migration_at_deadline']))
