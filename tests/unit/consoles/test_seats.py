"""The last who comes has the seat."""

import contextlib
import os
import select

from nova_gs.consoles import seats
from tests.unit import base

HERE, THERE = ('192.0.2.1', 10000), ('192.0.2.2', 10000)


class TestSeats(base.TestCase):

    def setUp(self):
        super().setUp()
        self.seats = seats.Seats()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def take(self, address):
        return self.stack.enter_context(self.seats.take(address))

    def told(self, *descriptors):
        return select.select(descriptors, [], [], 0)[0]

    def test_another_has_come(self):
        first, elsewhere = self.take(HERE), self.take(THERE)
        self.assertEqual([], self.told(first, elsewhere))
        second = self.take(HERE)
        self.assertEqual([first], self.told(first, second, elsewhere))
        third = self.take(HERE)
        self.assertEqual([first, second], self.told(first, second, third))

    def test_who_has_left_is_not_told(self):
        before = os.listdir('/proc/self/fd')
        with self.seats.take(HERE):
            pass
        with self.seats.take(HERE) as one:
            self.assertEqual([], self.told(one))
        self.assertEqual(len(before), len(os.listdir('/proc/self/fd')))
        self.assertEqual({}, self.seats._holders)

    def test_who_was_told_leaves_the_seat_to_the_other(self):
        with contextlib.ExitStack() as earlier:
            earlier.enter_context(self.seats.take(HERE))
            second = self.take(HERE)
        self.take(HERE)
        self.assertEqual([second], self.told(second))
