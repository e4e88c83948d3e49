"""Signals to real processes, at good times and bad ones."""

import random
import signal

from tests.unit import base
from tests.unit.shutdown import processes

GUARD = '''
import os, select, signal, sys
from nova_gs.shutdown import signals
signals.guard()
def say(text):
    print(text, flush=True)
'''

#: The main thread is in C code that no signal brings back, as in a library
#: that waits for a server which does not answer.
HANG = '''
import ctypes
libc = ctypes.CDLL(None)
mutex = ctypes.create_string_buffer(256)
libc.pthread_mutex_lock(mutex)
say('stuck')
libc.pthread_mutex_lock(mutex)
'''

STUCK = GUARD + HANG

#: The same later, when it should be reading its inbox.
DEAF = GUARD + '''
if EVENTLET:
    import eventlet
    eventlet.monkey_patch()
from nova_gs.shutdown import inbox
signals.QUIT_WITHIN = 0.1
signals.deliver(inbox.Inbox(), lambda: say('report'))
''' + HANG

#: Reports take until somebody lets them go.
SLOW_REPORT = GUARD + '''
import threading
from nova_gs.shutdown import inbox
box = inbox.Inbox()
go_on = threading.Event()
def report():
    say('report')
    go_on.wait()
    say('reported')
signals.deliver(box, report)
say('ready')
while True:
    say(box.get().value)
    go_on.set()
'''

#: Counts what it hears until it is told to quit.  Of signals that came at
#: once the kernel has any heard first, so that is not the last.
STORM = GUARD + '''
import collections
import queue
from nova_gs.shutdown import inbox
counts = collections.Counter()
box = inbox.Inbox()
def report():
    counts['report'] += 1
signals.deliver(box, report)
say('ready')
try:
    while True:
        heard = box.get(0.5 if counts['quit'] else None)
        counts[heard.value] += 1
except queue.Empty:
    pass
say(' '.join('%s=%d' % one for one in sorted(counts.items())))
os._exit(0)
'''

DELIVER = GUARD + '''
from nova_gs.shutdown import inbox
box = inbox.Inbox()
signals.deliver(box, lambda: say('report'))
say('ready')
while True:
    say(box.get().value)
'''

BETWEEN = GUARD + '''
from nova_gs.shutdown import inbox
say('guarded')
input()
box = inbox.Inbox()
signals.deliver(box)
say(box.get().value)
'''

#: A slow import, as seen from the main thread: nothing but bytecode.
IMPORTING = GUARD + '''
say('importing')
while True:
    pass
'''

EVENTLET = GUARD + '''
import eventlet
eventlet.monkey_patch()
from nova_gs.shutdown import inbox
box = inbox.Inbox()
signals.deliver(box, lambda: say('report'))
# It runs only while the other waits for the inbox.
eventlet.spawn(say, 'ready')
while True:
    say(box.get().value)
'''


class _SignalsTestCase(base.TestCase):

    def start(self, source, line):
        program = self.useFixture(processes.Program(source))
        self.assertEqual(line, program.line())
        return program


class GuardTestCase(_SignalsTestCase):

    def test_ends_cleanly_while_importing(self):
        for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 0),
                             (signal.SIGQUIT, 4)):
            program = self.start(IMPORTING, 'importing')
            program.signal(number)
            self.assertEqual(code, program.exit_code())

    def test_ends_cleanly_while_the_main_thread_is_stuck(self):
        program = self.start(STUCK, 'stuck')
        program.signal(signal.SIGTERM)
        self.assertEqual(0, program.exit_code())

    def test_others_do_no_harm(self):
        program = self.start(BETWEEN, 'guarded')
        for _ in range(20):
            program.signal(signal.SIGHUP)
            program.signal(signal.SIGUSR2)
        self.assertIsNone(program.process.poll())
        program.signal(signal.SIGTERM)
        self.assertEqual(0, program.exit_code())

    def test_children_do_not_inherit_deafness(self):
        program = self.start(GUARD + '''
import subprocess
child = subprocess.Popen(['cat'], stdin=subprocess.PIPE)
child.send_signal(signal.SIGHUP)
say(child.wait())
''', str(-signal.SIGHUP))
        self.assertEqual(0, program.exit_code())

    def test_a_forked_child_is_on_its_own(self):
        program = self.start(GUARD + '''
child = os.fork()
if not child:
    while True:
        signal.pause()
os.kill(child, signal.SIGTERM)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
input()
''', str(-signal.SIGTERM))
        program.go_on()
        self.assertEqual(0, program.exit_code())

    def test_a_forked_child_that_guards_itself_and_forks(self):
        """Its signals are not lost behind a mask, nor are its parent's."""
        program = self.start(GUARD + '''
def fork(body):
    child = os.fork()
    if not child:
        body()
        os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def child():
    signals.guard()
    if fork(lambda: None) != 3 or signal.pthread_sigmask(
            signal.SIG_BLOCK, ()):
        os._exit(5)
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        signal.pause()

say(fork(child))
input()
''', '0')
        program.signal(signal.SIGTERM)
        self.assertEqual(0, program.exit_code())

    def test_a_forked_child_keeps_none_of_our_files(self):
        program = self.start(GUARD + '''
before = os.listdir('/proc/self/fd')
if not os.fork():
    say(len(before) - len(os.listdir('/proc/self/fd')))
    os._exit(0)
os.wait()
''', '2')
        self.assertEqual(0, program.exit_code())

    def test_whoever_takes_a_signal_over_has_it(self):
        program = self.start(GUARD + '''
def mine(number, frame):
    os.write(1, b'got it\\n')
signal.signal(signal.SIGTERM, mine)
say('mine')
# A signal just before a read is handled after it, as Python has it.
while not select.select([0], [], [], 0.1)[0]:
    pass
''', 'mine')
        program.signal(signal.SIGTERM)
        self.assertEqual('got it', program.line())
        program.go_on()
        self.assertEqual(0, program.exit_code())

    def test_guard_is_cheap(self):
        heavy = ('asyncio', 'logging', 'oslo_config', 'subprocess', 'json')
        program = self.start(GUARD + '''
say([name for name in %r if name in sys.modules])
''' % (heavy,), '[]')
        self.assertEqual(0, program.exit_code())


class DeliverTestCase(_SignalsTestCase):

    def assert_delivers(self, source):
        program = self.start(source, 'ready')
        for number, word in ((signal.SIGTERM, 'term'),
                             (signal.SIGTERM, 'term'),
                             (signal.SIGINT, 'term'),
                             (signal.SIGHUP, 'reload'),
                             (signal.SIGUSR2, 'report'),
                             (signal.SIGQUIT, 'quit')):
            program.signal(number)
            self.assertEqual(word, program.line())

    def test_each_signal(self):
        self.assert_delivers(DELIVER)

    def test_each_signal_under_eventlet(self):
        self.assert_delivers(EVENTLET)

    def test_a_reload_asked_early_comes_late(self):
        program = self.start(BETWEEN, 'guarded')
        program.signal(signal.SIGHUP)
        program.go_on()
        self.assertEqual('reload', program.line())

    def test_terminated_somewhere_between(self):
        # Wherever TERM hits, the program ends or hears of it.
        for _ in range(10):
            program = self.start(BETWEEN, 'guarded')
            program.go_on()
            program.signal(signal.SIGTERM)
            self.assertIn(program.line(), ('term', ''))
            self.assertEqual(0, program.exit_code())

    def test_nobody_else_is_told_twice(self):
        program = self.start(DELIVER, 'ready')
        for _ in range(50):
            program.signal(signal.SIGHUP)
            self.assertEqual('reload', program.line())
        program.signal(signal.SIGQUIT)
        self.assertEqual('quit', program.line())

    def test_a_report_while_one_is_made_is_dropped(self):
        program = self.start(SLOW_REPORT, 'ready')
        program.signal(signal.SIGUSR2)
        self.assertEqual('report', program.line())
        program.signal(signal.SIGUSR2)
        program.signal(signal.SIGHUP)
        self.assertEqual({'reload', 'reported'},
                         {program.line(), program.line()})
        program.signal(signal.SIGUSR2)
        self.assertEqual('report', program.line())

    def test_nobody_reads_the_inbox(self):
        """It is shown where the process is stuck, and it can be ended."""
        for eventlet in (False, True):
            program = self.start('EVENTLET = %s\n' % eventlet + DEAF,
                                 'stuck')
            program.signal(signal.SIGUSR2)
            self.assertEqual('report', program.line())
            program.signal(signal.SIGTERM)
            program.signal(signal.SIGQUIT)
            self.assertEqual(4, program.exit_code())

    def test_storm(self):
        """A thousand signals at once: none kills it, none comes twice."""
        program = self.start(STORM, 'ready')
        numbers = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                   signal.SIGUSR2] * 250
        random.Random(7).shuffle(numbers)
        for number in numbers:
            program.signal(number)
        program.signal(signal.SIGQUIT)
        counts = {word: int(count) for word, count in (
            pair.split('=') for pair in program.line().split())}
        self.assertEqual(1, counts.pop('quit'))
        for word, most in (('term', 500), ('reload', 250), ('report', 250)):
            self.assertTrue(1 <= counts[word] <= most, counts)
        self.assertEqual(0, program.exit_code())
