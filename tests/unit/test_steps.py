"""Gate, claim, work: in that order, and what happens when one refuses."""

import fixtures

from nova_gs import clock
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker
from nova_gs import steps
from tests.unit import base

REBOOT = catalogue.ROWS['reboot_instance']
STOP = catalogue.ROWS['stop_instance']
POST = catalogue.ROWS['post_live_migration_at_destination']
CONSOLE = catalogue.ROWS['get_console_output']
ABORT = catalogue.ROWS['live_migration_abort']
EVENT = catalogue.ROWS['external_instance_event']


class FullPool:
    """Has no thread free; what is begun cannot be cancelled."""

    def __init__(self):
        self.tasks = {}
        self.begun = set()

    def submit(self, key, function, *args):
        self.tasks[key] = lambda: function(*args)

    def waiting(self):
        return list(self.tasks)

    def cancel(self, key):
        return key not in self.begun and bool(self.tasks.pop(key))


class ImmediatePool:
    """Runs at once what a pool would run later."""

    def waiting(self):
        return ['v']

    def submit(self, key, function, *args):
        function(*args)


class Ctxt:
    request_id = 'req-1'


class FakeOperations:
    """objects.Operation with a failure switch."""

    def __init__(self):
        self.error = None
        self.claims = []
        self.record = objects.Operation(
            uuid='u', step=REBOOT.name, instance_uuid='i', host='host1',
            peer_host=None, claim_id=None, owner=None, state='accepted',
            kind='reboot', request_id='req-2')
        self.offered = []

    def claim(self, cls, ctxt, uuid, step, owner, claim_id):
        self.claims.append((uuid, step, owner))
        if self.error:
            # The claim may have been taken although no answer came.
            self.record.claim_id = claim_id
            raise self.error
        return self.record

    def get_by_uuid(self, cls, ctxt, uuid):
        return self.record


class FakeOutbox:
    """Notes what is in doubt."""

    def __init__(self):
        self.doubts = {}

    def keep_doubt(self, claim_id, operation_uuid, step):
        self.doubts[claim_id] = (operation_uuid, step)

    def drop(self, claim_id):
        del self.doubts[claim_id]


class TestSteps(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.operations = FakeOperations()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Operation.claim', self.operations.claim))
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Operation.get_by_uuid',
            self.operations.get_by_uuid))
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Operation.offer',
            lambda op, step, **kw: self.operations.offered.append(step)))
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.outbox = FakeOutbox()
        self.runner = steps.StepRunner(
            self.gate, 'me', ImmediatePool(), outbox=self.outbox)
        self.ran = []

    def step(self, ctxt, operation, work):
        self.ran.append((operation.uuid, work.instance_uuid))
        self.assertEqual([work], self.tracker.list())

    def send(self, row):
        return self.runner.invoke(row, self.step, Ctxt(), operation_uuid='u')

    def come(self, row, uuid, method=None):
        """Stand in for a message."""
        self.runner.invoke(row, method or self.step, Ctxt(),
                           operation_uuid=uuid)

    def test_cast_without_a_record(self):
        """It is executed at once, and begins nothing."""
        came = []
        for narrow in (lambda: None,
                       lambda: self.gate.narrow('it is stopped', 'soon')):
            narrow()
            self.runner.invoke(EVENT, lambda ctxt, **given: came.append(
                given), Ctxt(), events=[])
        self.assertEqual([{'events': []}] * 2, came)
        self.assertEqual([], self.operations.claims)
        self.gate.close()
        self.assertRaises(exception.HostDraining, self.runner.invoke, EVENT,
                          self.step, Ctxt(), events=[])

    def test_what_was_offered_goes_first(self):
        pool = FullPool()
        self.runner = steps.StepRunner(self.gate, 'me', pool)
        with self.runner.first():
            self.come(REBOOT, 'new')
            self.come(STOP, 'newer')
            self.runner.take(REBOOT, self.step, Ctxt(), 'old')
            self.runner.take(STOP, self.step, Ctxt(), 'older')
            self.assertEqual(['old', 'older'], pool.waiting())
        self.come(REBOOT, 'newest')
        self.assertEqual(['old', 'older', 'new', 'newer', 'newest'],
                         pool.waiting())

    def test_what_carries_begun_work_on_does_not_wait(self):
        done = []
        self.runner = steps.StepRunner(self.gate, 'me', FullPool())
        with self.runner.first():
            self.runner.invoke(CONSOLE, lambda *args, **kwargs: done.append(
                'console'), Ctxt())
            self.come(POST, 'u', lambda *args: done.append('post'))
            self.assertEqual(['console', 'post'], done)

    def test_claimed_step_runs_and_is_tracked_meanwhile(self):
        for row in (REBOOT, POST):
            self.send(row)
        self.assertEqual([('u', 'i')] * 2, self.ran)
        self.assertEqual([('u', REBOOT.name, 'me'), ('u', POST.name, 'me')],
                         self.operations.claims)
        self.assertTrue(self.tracker.empty())

    def test_draining_host_claims_nothing_new(self):
        self.gate.narrow('it is being stopped', 'soon')
        self.send(REBOOT)
        self.assertEqual([], self.operations.claims)
        self.send(POST)
        self.assertEqual(1, len(self.ran))

    def test_quiesced_host_takes_what_empties_it(self):
        self.gate.let_go('new kernel', 'for ever')
        for row in (REBOOT, STOP, POST):
            self.send(row)
        self.assertEqual([STOP.name, POST.name], [
            step for _uuid, step, _owner in self.operations.claims])
        self.assertEqual(['u'], self.gate.handed_back)

    def test_what_waits_and_may_not_begin_is_set_aside(self):
        pool = FullPool()
        self.runner = steps.StepRunner(self.gate, 'me', pool)
        for uuid, row in (('r', REBOOT), ('s', STOP), ('b', REBOOT)):
            self.runner.take(row, self.step, Ctxt(), uuid)
        pool.begun.add('b')
        self.assertEqual(0, self.runner.set_aside())
        self.gate.let_go('new kernel', 'for ever')
        self.assertEqual(1, self.runner.set_aside())
        self.assertEqual((['s', 'b'], ['r']),
                         (pool.waiting(), self.gate.handed_back))
        # It may come again, and wait again.
        self.gate.open()
        self.runner.take(REBOOT, self.step, Ctxt(), 'r')
        self.assertEqual(0, self.runner.set_aside())
        self.assertIn('r', pool.waiting())

    def test_closed_gate_claims_nothing_at_all(self):
        self.gate.close()
        for row in (REBOOT, POST):
            self.send(row)
        self.assertEqual([], self.operations.claims)

    def test_what_is_taken_is_dropped(self):
        self.operations.error = exception.ClaimRefused(
            step='s', operation_id='u', why='taken')
        self.send(REBOOT)
        self.assertEqual([], self.ran)
        self.assertTrue(self.tracker.empty())

    def test_unknown_outcome_does_not_begin_and_is_given_back(self):
        self.operations.error = exception.PeerUnavailable(
            service='conductor', host='any', method='m', reason='r')
        self.send(REBOOT)
        self.assertEqual([], self.ran)
        self.runner.settle()
        self.assertEqual([REBOOT.name], self.operations.offered)
        self.runner.settle()
        self.assertEqual(1, len(self.operations.offered))

    def test_later_step_is_claimed_with_patience(self):
        """Nobody else can take it, and the same claim may be repeated."""
        claimed_by = []

        def persist(claim):
            claimed_by.append(claim.args[-1])
            self.operations.error = exception.PeerUnavailable(
                service='conductor', host='any', method='m', reason='r')
            self.assertRaises(exception.PeerUnavailable, claim)
            self.operations.error = None
            return claim()

        self.runner = steps.StepRunner(
            self.gate, 'me', ImmediatePool(), persist=persist)
        self.send(POST)
        self.assertEqual([('u', 'i')], self.ran)
        self.assertEqual([self.operations.record.claim_id], claimed_by)
        self.send(REBOOT)
        self.assertEqual(1, len(claimed_by))

    def test_description(self):
        """What waits and what is in doubt is named in a report."""
        self.operations.error = exception.PeerUnavailable(
            service='conductor', host='any', method='m', reason='r')
        self.send(REBOOT)
        self.assertEqual(
            ['waits for a thread: operation v',
             'claimed, but it is not known whether with success: step '
             'reboot_instance of operation u'], self.runner.describe())

    def test_unknown_outcome_that_was_a_refusal_is_left_alone(self):
        self.operations.error = exception.PeerUnavailable(
            service='conductor', host='any', method='m', reason='r')
        self.send(REBOOT)
        self.operations.record.claim_id = 'somebody else'
        self.runner.settle()
        self.assertEqual([], self.operations.offered)

    def test_unknown_outcome_is_settled_when_the_step_is_not_offered(self):
        self.operations.error = exception.PeerUnavailable(
            service='conductor', host='any', method='m', reason='r')
        self.send(REBOOT)
        claim_id = self.operations.record.claim_id
        self.operations.record.claim_id = None
        self.runner.settle()
        self.assertEqual([], self.operations.offered)
        self.assertIn(claim_id, self.outbox.doubts)
        # Only now it arrives.
        self.operations.record.claim_id = claim_id
        self.runner.settle()
        self.assertEqual([REBOOT.name], self.operations.offered)
        self.assertEqual({}, self.outbox.doubts)

    def test_unknown_outcome_is_left_work(self):
        self.tracker.begin_history()
        self.operations.error = exception.PeerUnavailable(
            service='conductor', host='any', method='m', reason='r')
        self.send(REBOOT)
        self.assertEqual([policy.Fate.LEFT],
                         [work.fate for work in self.tracker.history()])

    def test_outcome_that_is_not_recorded_is_left_work(self):
        self.tracker.begin_history()

        def unrecorded(ctxt, operation, work):
            raise exception.PeerUnavailable(
                service='conductor', host='any', method='m', reason='r')

        self.runner.invoke(REBOOT, unrecorded, Ctxt(), operation_uuid='u')
        self.assertEqual([policy.Fate.LEFT],
                         [work.fate for work in self.tracker.history()])

    def test_call_is_answered(self):
        answer = self.runner.invoke(
            CONSOLE, lambda ctxt, instance: instance, Ctxt(), instance='i')
        self.assertEqual('i', answer)
        self.assertTrue(self.tracker.empty())

    def test_call_to_a_draining_host_is_refused_with_the_reason(self):
        self.gate.narrow('it is being stopped', '12:00')
        error = self.assertRaises(
            exception.HostDraining, self.runner.invoke, CONSOLE,
            lambda ctxt: None, Ctxt())
        self.assertIn('it is being stopped', str(error))
        self.assertIn('12:00', str(error))

    def test_abort_gets_through_to_a_draining_host(self):
        self.gate.narrow('it is being stopped', '12:00')
        self.runner.invoke(
            ABORT, lambda ctxt, migration_uuid: self.ran.append(1), Ctxt(),
            migration_uuid='m')
        self.assertEqual([1], self.ran)

    def test_claim_that_fails_otherwise_harms_nobody(self):
        self.operations.error = KeyError('x')
        self.send(REBOOT)
        self.assertEqual([], self.ran)
        self.assertTrue(self.tracker.empty())

    def test_bug_in_a_step_ends_with_the_tracker_empty(self):
        def bug(ctxt, operation, work):
            raise KeyError('x')

        finished = []
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Operation.finish',
            lambda op, state, error: finished.append(error)))
        self.runner.invoke(REBOOT, bug, Ctxt(), operation_uuid='u')
        self.assertTrue(self.tracker.empty())
        self.assertIn('KeyError', finished[0])

    def test_what_a_stop_refuses_is_named(self):
        refused = []
        self.runner = steps.StepRunner(
            self.gate, 'me', ImmediatePool(), on_refusal=refused.append)
        self.send(REBOOT)
        self.assertEqual([], refused)
        self.gate.narrow('it is being stopped', 'now')
        self.send(REBOOT)
        self.assertEqual(['u'], refused)

    def test_bug_in_a_later_step_leaves_nobody_waiting(self):
        def bug(ctxt, operation, work):
            raise KeyError('x')

        interrupted = []
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Operation.mark_interrupted',
            lambda op, error: interrupted.append(error)))
        # What is handed on already is the next one's.
        self.runner.invoke(POST, bug, Ctxt(), operation_uuid='u')
        self.assertEqual([], interrupted)
        self.operations.record.claim_id = 'ours'
        self.runner.invoke(POST, bug, Ctxt(), operation_uuid='u')
        self.assertIn('KeyError', interrupted[0])
        self.assertTrue(self.tracker.empty())
