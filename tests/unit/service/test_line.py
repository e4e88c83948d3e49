"""What a worker hears of its parent, and when a signal counts."""

import itertools
import os
import signal
import socket
import sys

import fixtures

from nova_gs import exception
from nova_gs.service import line
from nova_gs.shutdown import inbox
from nova_gs.shutdown import phases
from tests.unit import base

TERM, QUIT = phases.Event.TERM, phases.Event.QUIT

WITHIN = 60

#: A worker that ends when it has taken %d SIGTERMs, or anything else; its
#: exit code is 10 and their number.
PROGRAM = '''
from nova_gs.service import line
import sys
from nova_gs.shutdown import inbox, phases, signals
signals.guard()
taken = inbox.Inbox()
its_line = line.of_process()
signals.deliver(its_line.listen(taken))
its_line.serving()
terms = 0
while terms < %d and taken.get() is phases.Event.TERM:
    terms += 1
sys.exit(10 + terms)
'''


class Items(list):
    """An inbox to look into."""

    put = list.append


class EarTestCase(base.TestCase):

    def terms(self, *happenings):
        """Return how many SIGTERMs a worker takes from what happens."""
        items = Items()
        ear = line.Ear(items)
        for what in happenings:
            what(ear)
        self.assertEqual({TERM} if items else set(), set(items))
        return len(items)

    def test_a_drain_is_never_more_than_a_drain(self):
        def signalled(ear):
            ear.put(TERM)

        def told(ear):
            ear.hear(line.Word.DRAIN)

        self.assertEqual(1, self.terms(signalled))
        self.assertEqual(1, self.terms(told))
        # A whole unit or terminal, and the parent besides, in any order.
        for order in itertools.permutations(
                [signalled, told, signalled, told]):
            self.assertEqual(1, self.terms(*order))

    def test_the_parent_says_when_there_is_no_more_time(self):
        def hurried(ear):
            ear.hear(line.Word.HURRY)

        self.assertEqual(2, self.terms(hurried))
        self.assertEqual(2, self.terms(lambda ear: ear.put(TERM), hurried))
        self.assertEqual(2, self.terms(
            lambda ear: ear.hear(line.Word.DRAIN), hurried, hurried))

    def test_without_a_parent_signals_count_by_themselves(self):
        self.assertEqual(1, self.terms(lambda ear: ear.lose()))
        self.assertEqual(2, self.terms(
            lambda ear: ear.lose(), lambda ear: ear.put(TERM)))

    def test_other_signals_are_taken_as_they_come(self):
        items = Items()
        ear = line.Ear(items)
        ear.put(QUIT)
        ear.put(inbox.Notice.RELOAD)
        self.assertEqual([QUIT, inbox.Notice.RELOAD], items)


class LineTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.parent, child = socket.socketpair()
        self.addCleanup(self.parent.close)
        self.environ = {line.VARIABLE: '2:%d:owner' % child.detach()}
        self.inbox = inbox.Inbox()

    def test_both_directions(self):
        its_line = line.Line(self.environ)
        self.assertEqual((2, 'owner'), (its_line.number, its_line.owner))
        self.assertEqual({}, self.environ)
        its_line.listen(self.inbox)
        its_line.serving()
        self.parent.settimeout(WITHIN)
        said = b''
        while len(said) < 2:
            said += self.parent.recv(16)
        self.assertEqual(b'ls', said)
        self.parent.send(b'd')
        self.assertIs(TERM, self.inbox.get(WITHIN))
        self.parent.send(b'h')
        self.assertIs(TERM, self.inbox.get(WITHIN))

    def test_end_of_the_parent(self):
        line.Line(self.environ).listen(self.inbox)
        self.parent.close()
        self.assertIs(TERM, self.inbox.get(WITHIN))

    def test_parent_that_is_gone_already(self):
        its_line = line.Line(self.environ)
        self.parent.close()
        its_line.listen(self.inbox)
        its_line.serving()
        self.assertIs(TERM, self.inbox.get(WITHIN))

    def test_a_variable_that_somebody_else_has_set(self):
        for text in ('', '3', '1:x:y', '1:999999:owner'):
            error = self.assertRaises(
                exception.ConfigurationError, line.Line,
                {line.VARIABLE: text})
            self.assertIn(line.VARIABLE, str(error))

    def test_most_processes_are_no_workers(self):
        self.useFixture(fixtures.EnvironmentVariable(line.VARIABLE))
        self.assertIsNone(line.of_process())


class WorkerTestCase(base.TestCase):
    """A real process."""

    def program(self, text):
        self.useFixture(fixtures.MonkeyPatch(
            'sys.orig_argv', [sys.executable, '-W', 'ignore', '-c', text]))

    def start(self):
        worker = line.Worker(1, 'me')
        self.addCleanup(worker.close)
        self.addCleanup(worker.wait, WITHIN)
        self.addCleanup(worker.send_signal, signal.SIGKILL)
        return worker

    def test_life(self):
        self.program(PROGRAM % 2)
        worker = self.start()
        self.assertFalse(worker.listens)
        words = worker.words()
        self.assertIs(line.Word.LISTENING, next(words))
        self.assertTrue(worker.listens)
        self.assertIs(line.Word.SERVING, next(words))
        self.assertEqual(worker.pid, os.getsid(worker.pid))
        self.assertIsNone(worker.wait(0))
        worker.send_signal(signal.SIGTERM)
        worker.say(line.Word.DRAIN)
        worker.say(line.Word.HURRY)
        self.assertEqual(12, worker.wait(WITHIN))
        self.assertEqual([], list(words))
        # That it is gone is no error.
        worker.say(line.Word.DRAIN)
        worker.send_signal(signal.SIGTERM)

    def test_one_that_does_not_listen_yet_is_signalled(self):
        self.program('import signal; signal.pause()')
        worker = self.start()
        worker.say(line.Word.DRAIN)
        self.assertEqual(-signal.SIGTERM, worker.wait(WITHIN))

    def test_end_of_the_parent_shows(self):
        self.program(PROGRAM % 1)
        worker = self.start()
        words = worker.words()
        next(words)
        next(words)
        worker.close()
        self.assertEqual(11, worker.wait(WITHIN))
