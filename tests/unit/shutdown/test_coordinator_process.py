"""The coordinator as a process, with real signals."""

import signal

from tests.unit import base
from tests.unit.shutdown import processes

#: A daemon around the coordinator; what is in capitals is set before it.
DAEMON = '''
import os, threading
from nova_gs.shutdown import signals
signals.guard()
if EVENTLET:
    import eventlet
    eventlet.monkey_patch()
from nova_gs import clock
from nova_gs.shutdown import (coordinator, deadlines, follower, inbox, phases,
                              policy, tracker)

def say(text):
    os.write(1, (text + chr(10)).encode())

def stuck():
    say('stuck')
    threading.Event().wait()

def release():
    say('releasing')
    (stuck if STUCK else follow.stop)()

A = phases.Action
clock = clock.Clock()
works = tracker.Tracker(clock)
gate = tracker.Gate(works, 'host1')
box = inbox.Inbox()
closed = threading.Event()
follow = follower.Follower(works, closed, lambda timeout: [], box.put)
if WORK:
    work = gate.enter('work', policy.WhileDraining.NEVER,
                      policy.OnShutdown.ABORT)

def call_off():
    say('calling off')
    if OBEYS:
        work.release(policy.Fate.ABORTED)

lead = coordinator.Coordinator(
    clock, deadlines.Budget(*BUDGET), gate, works,
    {A.CLOSE_INTAKE: closed.set, A.ANNOUNCE: lambda: say('draining'),
     A.FOLLOW: follow.run, A.CALL_OFF: call_off, A.RELEASE: release,
     A.REPORT_FORCED: lambda: say('forced')},
    inbox=box, on_reload=lambda: say('reloaded'))
signals.deliver(box)
say('serving')
code = lead.run()
say('over')
os._exit(code)
'''


class ProcessTestCase(base.TestCase):

    def start(self, **settings):
        options = dict(EVENTLET=False, STUCK=False, WORK=False, OBEYS=True,
                       BUDGET=(60, 20, 20))
        options.update(settings)
        head = ''.join('%s = %r\n' % option for option in options.items())
        program = self.useFixture(processes.Program(head + DAEMON))
        self.assertEqual('serving', program.line())
        return program

    def assert_ends(self, program, code, *lines):
        for line in lines:
            self.assertEqual(line, program.line())
        self.assertEqual(code, program.exit_code())

    def test_idle(self):
        for eventlet in (False, True):
            program = self.start(EVENTLET=eventlet)
            program.signal(signal.SIGTERM)
            self.assert_ends(program, 0, 'draining', 'releasing', 'over')

    def test_second_term(self):
        for eventlet in (False, True):
            program = self.start(WORK=True, EVENTLET=eventlet)
            program.signal(signal.SIGTERM)
            self.assertEqual('draining', program.line())
            program.signal(signal.SIGTERM)
            self.assert_ends(program, 0, 'calling off', 'releasing', 'over')

    def test_reload_does_not_drain(self):
        program = self.start()
        program.signal(signal.SIGHUP)
        self.assertEqual('reloaded', program.line())
        program.signal(signal.SIGTERM)
        self.assert_ends(program, 0, 'draining', 'releasing', 'over')

    def test_deadline_aborts(self):
        program = self.start(WORK=True, BUDGET=(60.3, 30, 30))
        program.signal(signal.SIGTERM)
        self.assert_ends(program, 0, 'draining', 'calling off', 'releasing',
                         'over')

    def test_deadline_leaves(self):
        program = self.start(WORK=True, OBEYS=False, BUDGET=(30.5, 0.2, 30))
        program.signal(signal.SIGTERM)
        self.assert_ends(program, 3, 'draining', 'calling off', 'releasing',
                         'over')

    def test_quit(self):
        for eventlet in (False, True):
            program = self.start(WORK=True, EVENTLET=eventlet)
            program.signal(signal.SIGQUIT)
            self.assert_ends(program, 4, 'forced', '')

    def test_quit_while_draining(self):
        program = self.start(WORK=True)
        program.signal(signal.SIGTERM)
        self.assertEqual('draining', program.line())
        program.signal(signal.SIGQUIT)
        self.assert_ends(program, 4, 'forced', '')

    def test_stuck_release(self):
        for eventlet in (False, True):
            program = self.start(STUCK=True, BUDGET=(2.5, 0.1, 0.1),
                                 EVENTLET=eventlet)
            program.signal(signal.SIGTERM)
            self.assert_ends(program, 4, 'draining', 'releasing', 'stuck',
                             'forced', '')
