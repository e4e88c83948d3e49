"""What the deadline of a stop, or of a quiesce, ends."""

import types

from nova_gs import exception
from nova_gs.service import calling_off
from tests.fixtures import compute
from tests.unit import base


class CallingOffTestCase(base.TestCase):

    def run_it(self, calls_off):
        """Run it where nothing moves; return the waits of the host."""
        host = compute.host(self.conf)
        stop = types.SimpleNamespace(
            calls_off=calls_off, bounded=lambda seconds: seconds,
            deadlines=types.SimpleNamespace(release_at=None), phase=None)
        manager = types.SimpleNamespace(
            host=host, departures=types.SimpleNamespace(
                abort=None, force_complete=None, leave=None))
        with host.plugging.waits.begin('i') as wait:
            calling_off.CallingOff(
                self.conf, None, stop, None, None).run(manager)
            self.assertIsInstance(wait.called_off, exception.CalledOff)
        return host.plugging.waits

    def test_deadline_of_a_quiesce(self):
        """What begins to wait after it goes on."""
        waits = self.run_it(calls_off=False)
        with waits.begin('i') as wait:
            self.assertIsNone(wait.called_off)

    def test_stop(self):
        """What is late for it is ended, too."""
        over = iter([True])
        waits = self.run_it(_UntilAsked(over))
        with waits.begin('i') as wait:
            self.assertIn('had to be stopped', str(wait.called_off))


class _UntilAsked:
    """True when asked for the first time, and then no more."""

    def __init__(self, answers):
        self._answers = answers

    def __bool__(self):
        return next(self._answers, False)
