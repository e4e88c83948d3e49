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
"""

import _thread
import os
import signal

from nova_gs.shutdown import inbox as inboxes
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy

_read = os.read

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
    signal.SIGUSR2: inboxes.Notice.REPORT,
}


def guard():
    """Make signals end the process cleanly, or do nothing, but never harm.

    TERM and INT exit 0, QUIT exits 4.  HUP is kept for ``deliver``, USR2 is
    ignored.  To be called from the main thread, before eventlet patches;
    again does nothing.
    """
    global _ear
    if _ear is None:
        _ear = _Ear()


def deliver(inbox):
    """Post signals to an inbox from now on.

    :param inbox: has ``put(item)``; gets the values of ``NOTICES``
    """
    guard()
    _ear.deliver(inbox)


class _Ear:
    """The thread that hears signals, and where it passes them on to."""

    def __init__(self):
        self._lock = _thread.allocate_lock()
        self._inbox = None
        self._reload_asked = False
        self._reader, writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(writer, False)
        # A plain thread: unknown to the threading module, so that neither
        # the interpreter's end nor eventlet's patching waits for it.
        _thread.start_new_thread(self._listen, ())
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in NOTICES:
            signal.signal(number, _nothing)
        os.register_at_fork(before=_hold, after_in_parent=_let_go,
                            after_in_child=_forget)

    def deliver(self, inbox):
        with self._lock:
            self._inbox = inbox
            if self._reload_asked:
                inbox.put(inboxes.Notice.RELOAD)

    def _listen(self):
        while True:
            for number in _read(self._reader, 64):
                self._hear(number)

    def _hear(self, number):
        # The pipe also tells of signals that others have handlers for.
        if signal.getsignal(number) is not _nothing:
            return
        with self._lock:
            if self._inbox is not None:
                self._inbox.put(NOTICES[number])
            elif number in EXITS:
                os._exit(EXITS[number])
            elif number == signal.SIGHUP:
                self._reload_asked = True


_ear = None


def _nothing(signum, frame):
    """Be there: a signal with a handler neither kills nor is inherited."""


# A forked child shares the pipe: what it is told would be heard here.  So it
# forgets, and is told nothing until it has.

_masks = {}


def _hold():
    _masks[_thread.get_ident()] = signal.pthread_sigmask(
        signal.SIG_BLOCK, NOTICES)


def _let_go():
    signal.pthread_sigmask(
        signal.SIG_SETMASK, _masks.pop(_thread.get_ident()))


def _forget():
    global _ear
    if _ear is not None:
        _ear = None
        signal.set_wakeup_fd(-1)
        for number in NOTICES:
            if signal.getsignal(number) is _nothing:
                signal.signal(number, signal.SIG_DFL)
    _let_go()
