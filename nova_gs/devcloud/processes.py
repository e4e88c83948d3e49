"""Processes of a cloud, each with a record that outlives whoever asks.

A process is known by its name (``host-a``, ``broker``).  Each launch of it
leaves a record ``DIR/run/NAME/N.json``, written by its supervisor; the last
one is what the process is now.
"""

import glob
import json
import os
import signal
import subprocess
import sys

from nova_gs.devcloud import procfs
from nova_gs.devcloud import supervisor
from nova_gs.devcloud import waiting

RUNNING = 'running'
STOPPED = 'stopped'
ABSENT = 'absent'

#: Seconds in which a supervisor writes down how its process ended.
_RECORD_TIMEOUT = 5


class LaunchError(Exception):
    """A command could not be executed at all."""


class Process:
    """One named process of a cloud.

    :param layout: where the cloud keeps its files
    :param name: name of the process
    """

    def __init__(self, layout, name):
        self.layout = layout
        self.name = name
        self._directory = layout.run(name)

    @property
    def log(self):
        """Return the path of what the process writes."""
        return self.layout.log(self.name)

    def launch(self, command, environ, owner=None):
        """Start the process under a supervisor and return its record.

        :param environ: its whole environment; the cloud's tag is added
        :param owner: pid of the process with whose end this one ends too
        :raises: LaunchError
        """
        os.makedirs(self._directory, exist_ok=True)
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        path = os.path.join(
            self._directory, '%d.json' % (len(self._paths()) + 1))
        arguments = [sys.executable, '-I', '-S', supervisor.__file__,
                     path, self.log]
        if owner:
            arguments += ['--owner', '%d:%d' % (
                owner, procfs.start_time(owner))]
        result = subprocess.run(
            arguments + ['--'] + list(command), cwd=self.layout.directory,
            env=dict(environ, **{procfs.TAG: self.layout.directory}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode:
            raise LaunchError(result.stderr.strip())
        return self.record()

    def record(self):
        """Return the facts of the last launch as a dict, or None."""
        paths = self._paths()
        return _load(paths[-1]) if paths else None

    def state(self):
        """Return RUNNING, STOPPED or ABSENT (never started)."""
        record = self.record()
        if record is None:
            return ABSENT
        return RUNNING if _is_running(record) else STOPPED

    def pid(self):
        """Return the pid of the running process, or None."""
        record = self.record()
        return record['pid'] if record and _is_running(record) else None

    def exit_code(self):
        """Return how the last launch ended; negative for a signal.

        None while it runs, and when its supervisor was killed before it.
        """
        if self.state() != STOPPED:
            return None
        record = self.wait(_RECORD_TIMEOUT)
        return record['exit_code'] if record else None

    def send_signal(self, number):
        """Signal the process; return whether it was running."""
        record = self.record()
        return bool(record) and procfs.send_signal(
            record['pid'], record['start_time'], number)

    def wait(self, timeout):
        """Wait for the end of the process.

        :param timeout: seconds
        :returns: the record with exit_code and ended_at, None if it runs on
        """
        def ended():
            record = self.record()
            if record is None or _is_running(record):
                return None
            if record['ended_at']:
                return record
            # Its supervisor writes down how it ended in a moment, unless
            # that is gone too: then it has, or never will.
            return None if _supervised(record) else self.record()

        return waiting.until(ended, timeout, every=0.005)

    def power_off(self):
        """Kill every launch of this process with all that is below it."""
        for path in self._paths():
            record = _load(path)
            supervisor_id = (record['supervisor'],
                             record['supervisor_start_time'])
            procfs.send_signal(*supervisor_id, signal.SIGTERM)

    def is_powered_off(self):
        """Return whether no supervisor of this process is left."""
        return not any(_supervised(_load(path)) for path in self._paths())

    def log_tail(self, lines=8):
        """Return the last lines of the log as a string."""
        return tail(self.log, lines)

    def _paths(self):
        paths = glob.glob(os.path.join(
            glob.escape(self._directory), '*.json'))
        return sorted(paths, key=lambda path: int(
            os.path.basename(path).partition('.')[0]))


def tail(path, lines=8):
    """Return the last lines of a file as a string; '' if there is none."""
    try:
        with open(path, 'rb') as log:
            log.seek(max(0, os.path.getsize(path) - 16384))
            text = log.read().decode('utf-8', 'replace')
    except OSError:
        return ''
    return '\n'.join(text.splitlines()[-lines:])


def _load(path):
    with open(path, encoding='utf-8') as record:
        return json.load(record)


def _is_running(record):
    return record['exit_code'] is None and procfs.is_running(
        record['pid'], record['start_time'])


def _supervised(record):
    return procfs.is_running(
        record['supervisor'], record['supervisor_start_time'])
