"""What is told of a drain, when, and what happens when it cannot be."""

import threading

import fixtures

from nova_gs import clock
from nova_gs import exception
from nova_gs.notifications import herald
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import quiesce
from tests.fixtures import drained
from tests.unit import base

_Event = phases.Event


class FakeSender:
    """Notes what is sent; raises ``error`` if there is one."""

    def __init__(self):
        self.sent, self.closed = [], 0
        self.error = None
        self.changed = threading.Condition()

    def send(self, event_type, payload):
        with self.changed:
            self.sent.append((event_type, payload))
            self.changed.notify_all()
        if self.error:
            raise self.error

    def close(self):
        self.closed += 1

    def words(self):
        """Return the last word of each event type, with its phase."""
        return [(event_type.rpartition('.')[2], payload.phase)
                for event_type, payload in self.sent]

    def await_sent(self, count):
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.sent) >= count, 60), self.words()


class HeraldTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.sender = FakeSender()
        self.daemon = drained.Drained(self.conf)
        self.herald = herald.Herald(self.daemon, self.sender, 10)


class TestLook(HeraldTestCase):

    def test_nothing_is_told_of_a_host_that_serves(self):
        with self.daemon.enter():
            self.assertFalse(self.herald.look())
        self.assertEqual([], self.sender.sent)

    def test_a_stop(self):
        work = self.daemon.enter()
        self.daemon.lead(_Event.TERM)
        self.assertTrue(self.herald.look())
        self.daemon.lead(_Event.ABORT_DUE)
        self.assertTrue(self.herald.look())
        work.release(policy.Fate.ABORTED)
        self.daemon.lead(_Event.IDLE)
        self.assertFalse(self.herald.look())
        self.daemon.lead(_Event.RELEASED)
        self.assertFalse(self.herald.look())
        self.assertEqual(
            [('begin', 'draining'), ('progress', 'aborting'),
             ('end', 'releasing')], self.sender.words())
        end = self.sender.sent[-1][1]
        self.assertEqual((0, 1), (end.exit_code, end.aborted))
        self.assertEqual(1, self.sender.closed)

    def test_whoever_looks_late_misses_nothing(self):
        self.daemon.lead(_Event.TERM, _Event.IDLE, _Event.RELEASED)
        self.herald.look()
        self.assertEqual([('begin', 'draining'), ('end', 'releasing')],
                         self.sender.words())

    def test_progress_only_when_there_is_some(self):
        work = self.daemon.enter()
        self.daemon.lead(_Event.TERM)
        for note in ('', '', 'pre-copy', 'pre-copy', 'post-copy'):
            work.say(note)
            self.herald.look()
            self.daemon.clock.advance(10)
        self.assertEqual(
            ['', 'pre-copy', 'post-copy'],
            [payload.operations[0].phase for _, payload in self.sender.sent])

    def test_progress_not_more_often_than_it_is_wanted(self):
        work = self.daemon.enter()
        self.daemon.lead(_Event.TERM)
        for number in range(25):
            work.say('%d of 25' % number)
            self.herald.look()
            self.daemon.clock.advance(1)
        self.assertEqual(
            ['0 of 25', '10 of 25', '20 of 25'],
            [payload.operations[0].phase for _, payload in self.sender.sent])

    def test_quiesced_and_taken_back(self):
        self.daemon.lead(quiesce.Quiesce('new memory'))
        self.herald.look()
        self.daemon.lead(_Event.RESUME)
        self.assertFalse(self.herald.look())
        self.assertEqual([('begin', 'quiesced'), ('end', 'serving')],
                         self.sender.words())
        self.assertIsNone(self.sender.sent[-1][1].exit_code)
        self.assertEqual(0, self.sender.closed)

    def test_a_forced_exit_corrects_what_was_told(self):
        self.daemon.lead(_Event.TERM, _Event.IDLE)
        self.herald.look()
        self.daemon.lead(_Event.QUIT)
        self.herald.look()
        self.assertEqual(
            [0, 4], [payload.exit_code for event_type, payload
                     in self.sender.sent if event_type.endswith('end')])

    def test_a_broker_that_is_away(self):
        self.sender.error = exception.PeerUnavailable('No broker.')
        self.daemon.lead(_Event.TERM)
        self.herald.look()
        self.daemon.lead(_Event.ABORT_DUE)
        self.herald.look()
        self.sender.error = None
        self.daemon.lead(_Event.IDLE)
        self.herald.look()
        self.assertEqual(3, len(self.sender.sent))
        self.assertEqual(1, self.log.output.count('No broker.'))
        self.assertNotIn('Traceback', self.log.output)


class TestThread(HeraldTestCase):

    def setUp(self):
        super().setUp()
        self.daemon = drained.Drained(self.conf, clock.Clock())
        self.herald = herald.Herald(self.daemon, self.sender, 0.01)

    def test_is_woken_by_what_the_stop_does(self):
        done = []
        doers = self.herald.beside(
            {phases.Action.RELEASE: lambda: done.append('release')})
        self.herald.begin()
        self.daemon.lead(_Event.TERM, _Event.IDLE)
        doers[phases.Action.RELEASE]()
        self.sender.await_sent(2)
        self.assertEqual(['release'], done)

    def test_looks_again_by_itself(self):
        work = self.daemon.enter()
        self.daemon.lead(_Event.TERM)
        self.herald.begin()
        self.herald.wake()
        self.sender.await_sent(1)
        work.say('pre-copy')
        self.sender.await_sent(2)
        self.daemon.lead(_Event.QUIT)
        self.herald.wake()
        self.sender.await_sent(3)

    def test_goes_on_after_an_error_of_its_own(self):
        self.sender.error = KeyError('a bug')
        self.herald.begin()
        self.daemon.lead(_Event.TERM)
        self.herald.wake()
        self.sender.await_sent(1)
        self.sender.error = None
        self.daemon.lead(_Event.IDLE)
        self.herald.wake()
        self.sender.await_sent(2)
        self.assertIn('a bug', self.log.output)

    def test_a_sender_that_hangs_holds_up_nobody(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.sender.send = lambda *what: go_on.wait(60)
        done = []
        doer = self.herald.beside({'x': lambda: done.append(1)})['x']
        self.herald.begin()
        self.daemon.lead(_Event.TERM)
        began = clock.Clock().now()
        doer()
        doer()
        self.assertEqual([1, 1], done)
        self.assertLess(clock.Clock().now() - began, 10)


class TestOfDaemon(base.TestCase):

    def made(self, **options):
        self.flags('notifications', **options)
        return herald.of_daemon(self.daemon)

    def setUp(self):
        super().setUp()
        self.daemon = drained.Drained(self.conf)
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.notifications.sender.Sender',
            lambda conf, publisher: publisher))

    def test_off_by_default(self):
        made = herald.of_daemon(self.daemon)
        made.begin()
        doers = {'x': print}
        self.assertIs(doers, made.beside(doers))

    def test_on(self):
        made = self.made(enabled=True, progress_interval=3)
        self.assertEqual(('nova-compute:host1', 3),
                         (made._sender, made._interval))

    def test_only_of_computes(self):
        self.daemon.binary = 'nova-conductor'
        self.assertIsInstance(self.made(enabled=True), herald.Silence)
