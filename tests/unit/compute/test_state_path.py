"""One nova-compute on a state path."""

import fcntl
import os
import threading

import fixtures

from nova_gs.compute import state_path
from nova_gs import exception
from tests.unit import base


class TestStatePath(base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = self.useFixture(fixtures.TempDir()).path
        self.log = self.useFixture(fixtures.FakeLogger())

    def test_taken(self):
        made = os.path.join(self.path, 'new')
        self.assertTrue(state_path.StatePath(made).take(threading.Event()))

    def test_second_waits_and_says_so(self):
        first = state_path.StatePath(self.path)
        self.assertTrue(first.take(threading.Event()))
        stopping = threading.Event()
        stopping.wait = lambda timeout: True
        self.assertFalse(state_path.StatePath(self.path).take(stopping))
        self.assertIn('pid %d' % os.getpid(), self.log.output)
        self.assertIn('state_path', self.log.output)

    def test_taken_when_the_first_is_gone(self):
        holder = open(os.path.join(self.path, state_path.LOCK_FILE), 'a')
        fcntl.flock(holder, fcntl.LOCK_EX)
        stopping = threading.Event()

        def let_go(timeout):
            holder.close()
            return False

        stopping.wait = let_go
        self.assertTrue(state_path.StatePath(self.path).take(stopping))

    def test_unusable(self):
        taken = os.path.join(self.path, 'file')
        open(taken, 'w').close()
        error = self.assertRaises(
            exception.ConfigurationError,
            state_path.StatePath(taken).take, threading.Event())
        self.assertIn('state_path', str(error))
