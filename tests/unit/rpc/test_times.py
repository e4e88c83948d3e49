"""What is measured of a message, and for whom."""

from nova_gs import exception
from nova_gs.rpc import catalogue
from nova_gs.rpc import times
from tests.fixtures import clock as clock_fixture
from tests.unit import base

ROW = catalogue.ROWS['get_console_output']
DRAINS = exception.HostDraining(host='h', reason='r', deadline='d')


class TestTimes(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock_fixture.ManualClock()
        self.seen = []
        self.addCleanup(times.seat_observer, None, None)

    def watch(self):
        times.seat_observer(lambda *what: self.seen.append(what), self.clock)

    def take(self, seconds=0, error=None):
        with times.measured(times.Side.SERVER, ROW):
            self.clock.advance(seconds)
            if error:
                raise error

    def test_nobody_asks(self):
        self.take(1)
        self.assertRaises(KeyError, self.take, 1, KeyError())
        self.assertEqual([], self.seen)

    def test_what_is_said(self):
        self.watch()
        self.take(2.5)
        self.assertEqual(
            [(times.Side.SERVER, ROW, times.Result.DONE, 2.5)], self.seen)

    def test_errors_are_measured_and_go_on(self):
        self.watch()
        self.assertRaises(KeyError, self.take, 1, KeyError())
        self.assertRaises(exception.HostDraining, self.take, 2, DRAINS)
        self.assertEqual(
            [(times.Result.FAILED, 1), (times.Result.REFUSED, 2)],
            [what[2:] for what in self.seen])

    def test_until_it_is_ended(self):
        self.watch()
        times.seat_observer(None, None)
        self.take()
        self.assertEqual([], self.seen)

    def test_result_of(self):
        for error, result in (
                (None, 'done'), (DRAINS, 'refused'),
                (exception.PeerUnavailable('away'), 'unreachable'),
                (exception.Undeliverable('no queue'), 'unreachable'),
                (exception.AskAgain('in doubt'), 'stale'),
                (exception.NotFound(), 'failed'),
                (SystemExit(), 'failed')):
            self.assertEqual(result, times.result_of(error).value)
