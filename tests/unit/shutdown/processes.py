"""Small Python programs as real processes, for tests with real signals."""

import os
import pathlib
import signal
import subprocess
import sys
import threading

import fixtures

ROOT = pathlib.Path(__file__).resolve().parents[3]

#: Seconds after which a program is ended, so that none hangs a test.
PATIENCE = 60


class Program(fixtures.Fixture):
    """A program that runs until it is ended.

    :param source: Python source; it prints a line for each thing that the
        test waits for
    """

    def __init__(self, source):
        self._source = source

    def _setUp(self):
        self.process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', self._source], cwd=ROOT,
            env=dict(os.environ, PYTHONPATH=str(ROOT)), text=True,
            stdout=subprocess.PIPE, stdin=subprocess.PIPE,
            start_new_session=True)
        self.addCleanup(self.process.communicate)
        self._limit = threading.Timer(PATIENCE, self._end)
        self._limit.start()
        self.addCleanup(self._end)

    def _end(self):
        self._limit.cancel()
        # A child of its own would keep our end of the pipe open.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def line(self):
        """Return the next line that it prints, '' when it has ended."""
        return self.process.stdout.readline().strip()

    def signal(self, number):
        """Send it a signal."""
        self.process.send_signal(number)

    def go_on(self):
        """Let it return from ``input()``."""
        self.process.stdin.write('\n')
        self.process.stdin.flush()

    def exit_code(self):
        """Wait until it ends and return its code (-N: killed by signal)."""
        return self.process.wait()
