"""Signals, from the first line of a daemon to its last.

A daemon calls ``guard()`` before it imports anything heavy: a signal then
ends it cleanly instead of by a traceback or a half-done start.  When it has
an inbox it calls ``deliver(inbox)``: signals are posted there from then on.

Python runs signal handlers in the main thread, between bytecodes: one that
comes while the main thread is inside a C call (connecting to a hypervisor
that does not answer) waits for that call.  So the handlers here are empty.
The interpreter also writes the number of each signal into a pipe, at once;
one thread reads the pipe and decides, which leaves no gap between guarding
and delivering in which a signal could get lost or count twice.

Two things must not depend on whoever reads the inbox: that QUIT ends the
process, and that USR2 shows what it is stuck in.
"""

import _thread
import os
import signal

from nova_gs.shutdown import inbox as inboxes
from nova_gs.shutdown import native
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy

#: Seconds after QUIT in which the process ends, whatever it is stuck in.
QUIT_WITHIN = 3

#: What a signal ends the process with while there is no inbox.
EXITS = {
    signal.SIGTERM: policy.ExitCode.CLEAN,
    signal.SIGINT: policy.ExitCode.CLEAN,
    signal.SIGQUIT: policy.ExitCode.FORCED,
}

#: What is posted for a signal when there is one.
NOTICES = {
    signal.SIGTERM: phases.Event.TERM,
    signal.SIGINT: phases.Event.TERM,
    signal.SIGQUIT: phases.Event.QUIT,
    signal.SIGHUP: inboxes.Notice.RELOAD,
}

#: All that is listened for.
HEARD = (*NOTICES, signal.SIGUSR2)


def guard():
    """Make signals end the process cleanly, or do nothing, but never harm.

    TERM and INT exit 0, QUIT exits 4.  HUP is kept for ``deliver``, USR2 is
    ignored.  To be called from the main thread, before eventlet patches;
    again does nothing.
    """
    global _ear
    if _ear is None:
        _watch_forks()
        _ear = _Ear()


def deliver(inbox, report=None):
    """Post signals to an inbox from now on.

    :param inbox: has ``put(item)``; gets the values of ``NOTICES``
    :param report: callable(), for USR2, in a native thread; it must need no
        lock that a stuck process could hold.  What is asked for while one
        runs is dropped.
    """
    guard()
    _ear.deliver(inbox, report)


class _Ear:
    """The thread that hears signals, and where it passes them on to."""

    def __init__(self):
        self._lock = native.allocate_lock()
        self._inbox = None
        self._report = None
        self._reporting = native.allocate_lock()
        self._reload_asked = False
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._writer, False)
        # A plain thread: unknown to the threading module, so that neither
        # the interpreter's end nor eventlet's patching waits for it.
        native.start_thread(self._listen, ())
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in HEARD:
            signal.signal(number, _nothing)

    def deliver(self, inbox, report):
        with self._lock:
            self._report = report
            self._inbox = inbox
            if self._reload_asked:
                inbox.put(inboxes.Notice.RELOAD)

    def close(self):
        """Give the pipe back; for a child, where nobody listens."""
        os.close(self._reader)
        os.close(self._writer)

    def _listen(self):
        while True:
            for number in native.read(self._reader, 64):
                # The pipe also tells of signals that others handle.
                if signal.getsignal(number) is _nothing:
                    self._hear(number)

    def _hear(self, number):
        with self._lock:
            inbox = self._inbox
            if inbox is None:
                self._hear_early(number)
                return
        if number == signal.SIGUSR2:
            self._start_report()
            return
        if number == signal.SIGQUIT:
            _start(_make_sure)
        inbox.put(NOTICES[number])

    def _hear_early(self, number):
        if number in EXITS:
            os._exit(EXITS[number])
        elif number == signal.SIGHUP:
            self._reload_asked = True

    def _start_report(self):
        # One at a time: many signals must not become many threads.
        if self._report is None or not self._reporting.acquire(False):
            return
        if not _start(self._run_report):
            self._reporting.release()

    def _run_report(self):
        try:
            self._report()
        finally:
            self._reporting.release()


_ear = None


def _nothing(signum, frame):
    """Be there: a signal with a handler neither kills nor is inherited."""


def _start(function):
    """Run it in a native thread; return whether there was one to be had."""
    try:
        native.start_thread(function, ())
    except RuntimeError:
        return False
    return True


def _make_sure():
    """End the process in case that nobody reads the inbox any more."""
    never = native.allocate_lock()
    never.acquire()
    never.acquire(timeout=QUIT_WITHIN)
    os._exit(policy.ExitCode.FORCED)


# A forked child shares the pipe: what it is told would be heard here.  So it
# forgets, and is told nothing until it has.

_forks_watched = False
_masks = {}


def _watch_forks():
    global _forks_watched
    # A child inherits this, too, and may guard itself again.
    if not _forks_watched:
        _forks_watched = True
        os.register_at_fork(before=_hold, after_in_parent=_let_go,
                            after_in_child=_forget)


def _hold():
    _masks[_thread.get_ident()] = signal.pthread_sigmask(
        signal.SIG_BLOCK, HEARD)


def _let_go():
    signal.pthread_sigmask(
        signal.SIG_SETMASK, _masks.pop(_thread.get_ident()))


def _forget():
    global _ear
    if _ear is not None:
        signal.set_wakeup_fd(-1)
        _ear.close()
        _ear = None
        for number in HEARD:
            if signal.getsignal(number) is _nothing:
                signal.signal(number, signal.SIG_DFL)
    _let_go()
