"""Who comes first, and what becomes of who comes second."""

import threading

from nova_gs.compute import turns
from nova_gs import exception
from tests.unit import base


class TestTurns(base.TestCase):

    def setUp(self):
        super().setUp()
        self.turns = turns.Turns()

    def test_one_at_a_time(self):
        begun, ended = threading.Event(), []

        def second():
            begun.set()
            with self.turns.alone_with('a'):
                ended.append('second')

        with self.turns.alone_with('a'), self.turns.alone_with('b'):
            thread = threading.Thread(target=second)
            thread.start()
            begun.wait(10)
            ended.append('first')
        thread.join(10)
        self.assertEqual(['first', 'second'], ended)

    def test_what_was_removed_is_not_made_anew(self):
        self.turns.require_wanted('a')
        self.turns.removed('a')
        self.turns.require_wanted('b')
        self.assertRaises(exception.InstanceNotFound,
                          self.turns.require_wanted, 'a')
