"""When a host looks for what others have ended without it."""

import threading

from nova_gs.compute.live_migration import silence
from nova_gs import exception
from tests.fixtures import clock
from tests.unit import base

DOWN_AFTER = 60


class TestSilence(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.error = None
        self.looked = 0
        self.during = None
        self.spawn = lambda _name, function: function()
        self.silence = silence.Silence(
            self.clock, DOWN_AFTER, self.look,
            lambda name, function: self.spawn(name, function))

    def look(self):
        self.looked += 1
        during, self.during = self.during, None
        if during:
            during()
        if self.error:
            raise self.error

    def beat(self, seconds):
        self.clock.advance(seconds)
        self.silence.beat()

    def test_while_all_is_well(self):
        for seconds in (0, 1, 10, DOWN_AFTER / 2):
            self.beat(seconds)
        self.assertEqual(0, self.looked)

    def test_once_after_a_silence(self):
        self.beat(10)
        self.beat(DOWN_AFTER / 2 + 1)
        self.beat(10)
        self.assertEqual(1, self.looked)

    def test_until_it_succeeds(self):
        self.error = exception.PeerUnavailable('away')
        for seconds in (100, 1):
            self.beat(seconds)
        self.error = None
        for seconds in (1, 1):
            self.beat(seconds)
        self.assertEqual(3, self.looked)

    def test_one_at_a_time(self):
        """The heartbeat goes on although the hypervisor hangs."""
        begun = []
        self.spawn = lambda _name, function: begun.append(function)
        for seconds in (100, 1, 100, 1):
            self.beat(seconds)
        self.assertEqual(1, len(begun))
        begun.pop()()
        self.beat(1)
        # It began after all of them.
        self.assertEqual((1, []), (self.looked, begun))

    def test_another_silence_during_a_look(self):
        self.during = lambda: self.beat(100)
        self.beat(100)
        self.assertEqual(2, self.looked)

    def test_in_a_thread_of_its_own(self):
        looked = threading.Event()
        watched = silence.Silence(self.clock, DOWN_AFTER, looked.set)
        self.clock.advance(100)
        watched.beat()
        self.assertTrue(looked.wait(60))
