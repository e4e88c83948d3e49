"""An answer is waited for only while somebody may give it."""

import threading
import types

import amqp

from nova_gs import exception
from nova_gs.rpc import answers
from tests.fixtures import channels
from tests.fixtures import clock
from tests.unit import base


def draining():
    return exception.HostDraining(host='host1', reason='r', deadline='d')


class TestReaders(base.TestCase):

    def readers(self, driver, queue='compute.host1'):
        return answers.readers(
            types.SimpleNamespace(_driver=driver), queue)

    def test_known(self):
        driver = channels.FakeDriver(channels.FakeConnection(
            {'compute.host1': 1, 'compute.host2': 0}))
        self.assertEqual(1, self.readers(driver))
        self.assertEqual(0, self.readers(driver, 'compute.host2'))

    def test_no_queue_has_no_readers(self):
        self.assertEqual(0, self.readers(channels.FakeDriver(
            channels.FakeConnection({}))))

    def test_unknown(self):
        for driver in (
                object(),
                channels.FakeDriver(error=amqp.ConnectionForced('shut down'))):
            self.assertIsNone(self.readers(driver))


class TestWatch(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.count = 1
        self.seen = []
        self.watch = answers.Watch(
            'host1', lambda: self.count,
            lambda: self.seen.append(self.count), self.clock)

    def test_queue_that_is_read(self):
        for _ in range(1000):
            self.watch.look()
            self.clock.advance(1)

    def test_unknown_is_no_reason(self):
        self.count = None
        self.test_queue_that_is_read()

    def test_record_is_asked_when_nobody_is_known_to_read(self):
        for self.count in (1, 0, None):
            self.watch.look()
        self.assertEqual([0, None], self.seen)

    def test_what_the_record_says(self):
        def check():
            raise draining()

        watch = answers.Watch('host1', lambda: self.count, check, self.clock)
        watch.look()
        for self.count in (0, None):
            self.assertRaises(exception.HostDraining, watch.look)

    def test_nobody_reads(self):
        self.count = 0
        self.watch.look()
        self.clock.advance(answers.UNREAD_AT_MOST - 0.01)
        self.watch.look()
        self.clock.advance(0.01)
        error = self.assertRaises(
            exception.HostUnavailable, self.watch.look)
        self.assertIn('host1', str(error))

    def test_new_reader_may_not_have_it(self):
        self.count = 0
        self.watch.look()
        self.count = 1
        self.clock.advance(answers.UNREAD_AT_MOST - 0.01)
        self.watch.look()
        self.clock.advance(0.01)
        self.assertRaises(exception.HostUnavailable, self.watch.look)

    def test_without_patience(self):
        self.watch.look(patience=0)
        self.count = 0
        self.assertRaises(exception.HostUnavailable, self.watch.look,
                          patience=0)


class TestVigil(base.TestCase):

    def setUp(self):
        super().setUp()
        self.readers, self.owner, self.read = 1, 'one', 0
        self.clock = clock.ManualClock()
        self.vigil = answers.Vigil(
            'host1', lambda: self.readers, self.find_owner, self.clock)
        self.read = 0

    def find_owner(self):
        self.read += 1
        return self.owner

    def look(self, *readers, seconds=0):
        for self.readers in readers:
            self.vigil.look()
            self.clock.advance(seconds)

    def test_nobody_is_asked_while_it_is_read(self):
        self.look(1, None, 2, seconds=10)
        self.assertEqual(0, self.read)

    def test_a_host_that_is_away_may_return(self):
        self.owner = 'another'
        self.look(0, 0, 0, seconds=100)
        self.assertEqual(0, self.read)

    def test_it_is_given_a_moment_to_ask(self):
        self.owner = 'another'
        self.look(0, 1)
        self.clock.advance(answers.ASKS_WITHIN / 2)
        self.look(1)
        self.clock.advance(answers.ASKS_WITHIN / 2)
        error = self.assertRaises(exception.HostUnavailable, self.look, 1)
        self.assertIn('host1', str(error))
        self.assertIn('another process', str(error))

    def test_the_same_process_is_back(self):
        self.look(0, 1, 1, 1, seconds=answers.ASKS_WITHIN)
        self.assertEqual(1, self.read)

    def test_whose_record_cannot_be_read(self):
        self.owner = None
        self.look(0, 1, 1, seconds=answers.ASKS_WITHIN)

    def test_asked_again_the_new_process_has_it(self):
        def send(is_wanted):
            self.look(0)
            self.owner = 'another'
            self.assertTrue(is_wanted())
            self.look(1, 1, 1, seconds=answers.ASKS_WITHIN)
            return 'answer'

        self.assertEqual('answer', self.vigil.over(send)(lambda: True))

    def test_what_is_not_wanted_stays_so(self):
        self.assertFalse(self.vigil.over(
            lambda is_wanted: is_wanted())(lambda: False))


class FakeWatch:
    """Does something at each look; ``looks`` counts them."""

    def __init__(self, act=lambda: None):
        self.looks = 0
        self._act = act

    def look(self):
        self.looks += 1
        self._act()


def raising(error):
    def act():
        raise error
    return act


class TestAsk(base.TestCase):

    def setUp(self):
        super().setUp()
        self.answer = threading.Event()
        self.addCleanup(self.answer.set)

    def send(self, is_wanted):
        self.answer.wait(60)
        return 'answer'

    def ask(self, watch, send=None):
        return answers.ask(send or self.send, watch, every=0.01)

    def test_answer(self):
        self.assertEqual('at once', answers.ask(
            lambda is_wanted: 'at once',
            FakeWatch(raising(AssertionError())),
            every=60))

    def test_error_is_an_answer(self):
        error = exception.NotFound()
        self.assertIs(error, self.assertRaises(
            exception.NotFound, self.ask, FakeWatch(),
            lambda is_wanted: raising(error)()))

    def test_late_answer(self):
        watch = FakeWatch()
        watch._act = lambda: watch.looks == 3 and self.answer.set()
        self.assertEqual('answer', self.ask(watch))
        self.assertGreaterEqual(watch.looks, 3)

    def test_given_up(self):
        for error in (draining(), exception.HostUnavailable(
                host='host1', state='gone')):
            self.assertIs(error, self.assertRaises(
                type(error), self.ask, FakeWatch(raising(error))))

    def test_whether_anybody_waits(self):
        wanted, sent = [], threading.Event()

        def send(is_wanted):
            wanted.append(is_wanted)
            sent.set()
            return self.send(is_wanted)

        def act():
            self.assertTrue(sent.wait(60))
            self.assertTrue(wanted[0]())
            raise draining()

        self.assertRaises(
            exception.HostDraining, self.ask, FakeWatch(act), send)
        self.assertFalse(wanted[0]())

    def test_answer_that_has_come_meanwhile_counts(self):
        sent = threading.Event()

        def send(is_wanted):
            sent.wait(60)
            return 'answer'

        def act():
            sent.set()
            # Until it is there.
            for thread in threading.enumerate():
                if thread.name == 'question':
                    thread.join(60)
            raise draining()

        self.addCleanup(sent.set)
        self.assertEqual('answer', self.ask(FakeWatch(act), send))

    def test_bug_in_a_look_is_passed_on(self):
        self.assertRaises(KeyError, self.ask, FakeWatch(
            raising(KeyError('x'))))

    def test_unless_somebody_wants_it_no_more(self):
        with answers.unless(raising(exception.CalledOff(
                task='t', reason='r'))):
            self.assertRaises(exception.CalledOff, self.ask, FakeWatch())
        watch = FakeWatch(self.answer.set)
        self.assertEqual('answer', self.ask(watch))
