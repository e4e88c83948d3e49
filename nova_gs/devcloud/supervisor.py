"""The parent of one process of a cloud; runs apart, needs only Python.

::

    python -I -S supervisor.py RECORD LOG [--owner PID:START] -- COMMAND...

starts the command and returns; a copy of it stays behind as a daemon that

* keeps in the file RECORD (JSON) who the command is and, later, how and when
  it ended, so that anybody can know, although not its parent;
* is a child subreaper, so that what the command leaves behind (libvirtd's
  QEMUs) is reaped at once: libvirt waits for its zombies, and a slow init
  makes that seconds;
* at SIGTERM kills the command and everything below it, and leaves;
* does the same when the owner process ends, if there is one.

It leaves by itself when nothing is below it any more.
"""

import ctypes
import json
import os
import select
import signal
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36


def main(arguments):
    """Start the command; return 0, or 1 after a line on standard error."""
    record, log, owner, command = _parse(arguments)
    ready, answer = os.pipe()
    if os.fork():
        os.close(answer)
        with os.fdopen(ready) as pipe:
            problem = pipe.read()
        sys.stderr.write(problem)
        return 1 if problem else 0
    os.close(ready)
    os.setsid()
    # A second fork: the launcher must not be the one to reap the daemon.
    if os.fork():
        os._exit(0)
    _redirect(log)
    try:
        supervisor = Supervisor(record, owner)
        supervisor.start(command)
    except OSError as error:
        os.write(answer, ('%s: %s\n' % (command[0], error)).encode())
        os._exit(1)
    os.close(answer)
    supervisor.run()
    os._exit(0)


class Supervisor:
    """See the module.

    :param record: path of the record
    :param owner: (pid, start time) of the process to outlive by nothing
    """

    def __init__(self, record, owner=None):
        self.record = record
        self.facts = {}
        self._stop = False
        self._wakeup, wakeup_write = os.pipe()
        os.set_blocking(wakeup_write, False)
        os.set_blocking(self._wakeup, False)
        signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, self._signalled)
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._owner = self._follow(owner) if owner else None

    def start(self, command):
        """Start the command and write its record; raises OSError."""
        pid = os.posix_spawnp(
            command[0], command, os.environ, setsigmask=(),
            setsigdef=(signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP,
                       signal.SIGINT, signal.SIGPIPE))
        self.facts = {
            'command': command,
            'pid': pid,
            'start_time': _start_time(pid),
            'started_at': _now(),
            'supervisor': os.getpid(),
            'supervisor_start_time': _start_time(os.getpid()),
            'exit_code': None,
            'ended_at': None,
        }
        self._write()

    def run(self):
        """Reap until nothing is left to reap."""
        poller = select.poll()
        poller.register(self._wakeup, select.POLLIN)
        if self._owner is not None:
            poller.register(self._owner, select.POLLIN)
        while self._reap():
            for descriptor, _events in poller.poll():
                if descriptor == self._owner:
                    self._stop = True
                else:
                    os.read(descriptor, 4096)
            if self._stop:
                self._kill_all()
                return

    def _signalled(self, number, _frame):
        if number == signal.SIGTERM:
            self._stop = True

    def _reap(self, flags=os.WNOHANG):
        """Reap what has ended; return whether children are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, flags)
            except ChildProcessError:
                return False
            if not pid:
                return True
            if pid == self.facts['pid']:
                self.facts['exit_code'] = os.waitstatus_to_exitcode(status)
                self.facts['ended_at'] = _now()
                self._write()

    def _kill_all(self):
        """Kill children until none is left: orphans become ours in turn."""
        left = True
        while left:
            for pid in _children():
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
                except (ProcessLookupError, ChildProcessError):
                    pass
            left = self._reap()

    def _follow(self, owner):
        pid, started = owner
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            raise OSError('the owner process %d is gone' % pid) from None
        if _start_time(pid) != started:
            raise OSError('the owner process %d is gone' % pid)
        return descriptor

    def _write(self):
        temporary = '%s.%d' % (self.record, os.getpid())
        with open(temporary, 'w', encoding='utf-8') as record:
            json.dump(self.facts, record)
        os.replace(temporary, self.record)


def _parse(arguments):
    split = arguments.index('--')
    options, command = arguments[:split], arguments[split + 1:]
    owner = None
    if '--owner' in options:
        pid, _colon, started = options[-1].partition(':')
        owner = (int(pid), int(started))
    return options[0], options[1], owner, command


def _redirect(log):
    """Standard input from nowhere, output to the log."""
    null = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _stat(pid):
    with open('/proc/%d/stat' % pid, 'rb') as stat:
        return stat.read().rpartition(b')')[2].split()


def _start_time(pid):
    return int(_stat(pid)[19])


def _now():
    # Nothing of nova_gs can be imported here.
    return time.time()  # noqa: N302


def _children():
    """Return the pids whose parent we are."""
    found = []
    for entry in os.listdir('/proc'):
        if not entry.isdigit():
            continue
        try:
            parent = int(_stat(int(entry))[1])
        except OSError:
            continue
        if parent == os.getpid():
            found.append(int(entry))
    return found


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
