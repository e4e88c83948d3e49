"""Which mode is chosen, and what real processes are in each of them."""

import signal
import subprocess
import sys
import threading

from nova_gs import clock
from nova_gs import concurrency
from nova_gs import exception
from tests.fixtures import house
from tests.unit import base
from tests.unit.shutdown import processes

THREADS, EVENTLET = concurrency.Mode

#: How a program begins that runs in a mode.
BEGIN = '''
from nova_gs.shutdown import signals
signals.guard()
from nova_gs import concurrency
concurrency.begin(concurrency.Mode('%s'))
from nova_gs.cmd import common
common.init_backend()
'''

#: What each mode has made of the standard library and of oslo.service.
SHOW = '''
import queue, socket, threading, time
import oslo_messaging
from oslo_service import backend
print(concurrency.current().value, backend.get_backend_type().value,
      [one.__module__.startswith('eventlet') for one in (
          threading._start_new_thread, time.sleep, socket.socket)],
      queue.SimpleQueue.__module__)
'''

#: What blocks in C, until a green thread does something, blocks nobody else.
BLOCKING = '''
import os, threading
native = concurrency.original('threading')
select = concurrency.original('select')
reader, writer = os.pipe()
hub = native.get_ident()

def block():
    assert native.get_ident() != hub
    assert select.select([reader], [], [], 30)[0], 'nobody wrote'
    # One that is native already does not ask for another one.
    return native.get_ident() == concurrency.run_blocking(native.get_ident)

threading.Thread(target=lambda: os.write(writer, b'x')).start()
print(concurrency.run_blocking(block))
try:
    concurrency.run_blocking(int, 'x')
except ValueError as error:
    print(error)
'''

#: Calls that all wait for one another, then one more; how many threads.
TOGETHER = '''
import os, threading
native = concurrency.original('threading')
barrier = native.Barrier(30)
threads = [threading.Thread(target=concurrency.run_blocking,
                            args=(barrier.wait, 30)) for _ in range(30)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
concurrency.run_blocking(int)
print(barrier.broken, sum(thread.is_alive() for thread in native.enumerate()
                          if thread is not native.main_thread()))
'''

#: A name server that answers when a green thread has done something.
RESOLVER = '''
import os, select, socket
reader, writer = os.pipe()
wait = select.select
asked = []

def resolve(host, *arguments):
    asked.append(host)
    if host == 'broker.example.org':
        assert wait([reader], [], [], 30)[0], 'nobody wrote'
    return host

socket.getaddrinfo = resolve
'''
RESOLVE = '''
import sys, threading
threading.Thread(target=lambda: os.write(writer, b'x')).start()
for host in ('127.0.0.1', '::1', None, '', 'broker.example.org'):
    assert socket.getaddrinfo(host, 5672, 0) == host
    print(host, 'eventlet.tpool' in sys.modules
          and bool(sys.modules['eventlet.tpool']._threads))
'''

#: An idle main thread that waits for its inbox.
IDLE = '''
from nova_gs.shutdown import inbox
box = inbox.Inbox()
signals.deliver(box, print)
print('idle', flush=True)
print(box.get(timeout=50).value, flush=True)
'''


class ChosenTestCase(base.TestCase):

    def test_threads_unless_asked_for(self):
        for environ in ({}, {'NOVA_GS_CONCURRENCY': ''},
                        {'NOVA_GS_CONCURRENCY': 'threads'}):
            self.assertIs(THREADS, concurrency.chosen(environ))

    def test_eventlet(self):
        self.assertIs(EVENTLET, concurrency.chosen(
            {'NOVA_GS_CONCURRENCY': 'eventlet'}))

    def test_nonsense(self):
        for value in ('gevent', 'Eventlet', 'THREADS', '1'):
            error = self.assertRaises(
                exception.ConfigurationError, concurrency.chosen,
                {'NOVA_GS_CONCURRENCY': value})
            self.assertEqual(
                'NOVA_GS_CONCURRENCY: there is no "%s". Set it to threads or '
                'eventlet, or unset it.' % value, str(error))


class ThreadsTestCase(base.TestCase):
    """What runs these tests is made of threads."""

    def test_current(self):
        self.assertIs(THREADS, concurrency.current())

    def test_nothing_is_added(self):
        self.assertIs(threading, concurrency.original('threading'))
        self.assertIs(threading.current_thread(),
                      concurrency.run_blocking(threading.current_thread))


class ProcessTestCase(base.TestCase):
    """The same in processes of their own."""

    clock = clock.Clock()

    def run_in(self, mode, source, first=''):
        """Run a program in a mode; return the lines that it prints.

        :param first: what it does before anything else
        """
        done = subprocess.run(
            [sys.executable, '-c', first + BEGIN % mode.value + source],
            cwd=house.ROOT, text=True, capture_output=True, timeout=60,
            check=False)
        # No library has anything to say on it.
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        return done.stdout.splitlines()

    def test_what_it_is_made_of(self):
        for mode, made in (
                (THREADS, 'threads threading [False, False, False] _queue'),
                (EVENTLET, 'eventlet eventlet [True, True, True] queue')):
            self.assertEqual([made], self.run_in(mode, SHOW))

    def test_what_blocks(self):
        self.assertEqual(
            ['True', "invalid literal for int() with base 10: 'x'"],
            self.run_in(EVENTLET, BLOCKING))

    def test_no_call_that_blocks_waits_for_another(self):
        self.assertEqual(['False 30'], self.run_in(EVENTLET, TOGETHER))

    def test_names_are_looked_up_elsewhere(self):
        self.assertEqual(
            ['127.0.0.1 False', '::1 False', 'None False', ' False',
             'broker.example.org True'],
            self.run_in(EVENTLET, RESOLVE, first=RESOLVER))

    def test_signals_wake_an_idle_main_thread(self):
        for mode in concurrency.Mode:
            program = self.useFixture(
                processes.Program(BEGIN % mode.value + IDLE))
            self.assertEqual('idle', program.line())
            began = self.clock.now()
            program.signal(signal.SIGTERM)
            self.assertEqual('term', program.line())
            self.assertLess(self.clock.now() - began, 5)
