"""A daemon's start that waits, and its stop, without processes."""

import json
import threading

from nova_gs import clock
from nova_gs import exception
from nova_gs.service import daemon
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from tests.unit import base


class FakeDaemon(daemon.Daemon):
    """Notes what it is told; ``elsewhere`` says what ``busy`` holds."""

    def __init__(self, conf, path=None):
        self.path = path
        self.told = []
        self.busy = []
        self.started = threading.Event()
        super().__init__(conf, clock.Clock(), 'host1')

    def start(self):
        self.started.set()

    def close_intake(self):
        self.told.append('close_intake')

    def announce(self):
        self.told.append('announce')

    def elsewhere(self, timeout):
        return list(self.busy)

    def call_off(self):
        self.told.append('call_off')
        self.busy.clear()
        self.tracker.wake()

    def release(self):
        self.told.append('release')

    def report_path(self):
        return self.path


class DaemonTestCase(base.TestCase):

    def run_until_stopped(self, made, *events):
        """Lead a daemon's coordinator through events to its end."""
        for event in events:
            made.coordinator.post(event)
        while made.coordinator.phase not in phases.TERMINAL:
            made.coordinator.turn()
        return made.coordinator.exit_code()

    def test_idle_stop(self):
        made = FakeDaemon(self.conf)
        self.assertEqual(policy.ExitCode.CLEAN, self.run_until_stopped(
            made, phases.Event.TERM))
        self.assertTrue(made.stopping.is_set())
        self.assertTrue(made.leaving.is_set())
        self.assertEqual('release', made.told[-1])
        self.assertIn('announce', made.told)

    def test_second_term_calls_off_what_holds_it(self):
        made = FakeDaemon(self.conf)
        made.busy = ['live-migration of instance i']
        self.assertEqual(policy.ExitCode.CLEAN, self.run_until_stopped(
            made, phases.Event.TERM, phases.Event.TERM))
        self.assertIn('call_off', made.told)

    def test_report_is_written_before_it_lets_go(self):
        path = self.conf.state_path + '/report.json'
        made = FakeDaemon(self.conf, path)
        self.run_until_stopped(made, phases.Event.TERM)
        with open(path) as stream:
            report = json.load(stream)
        self.assertEqual('host1', report['host'])

    def test_report_that_cannot_be_written_keeps_nobody(self):
        made = FakeDaemon(self.conf, '/no/such/place/report.json')
        self.assertEqual(policy.ExitCode.CLEAN, self.run_until_stopped(
            made, phases.Event.TERM))

    def test_nonsense_budget_is_refused(self):
        self.flags(graceful_shutdown_timeout=10)
        error = self.assertRaises(
            exception.ConfigurationError, FakeDaemon, self.conf)
        for option in ('graceful_shutdown_timeout', 'abort_reserve',
                       'release_reserve'):
            self.assertIn(option, str(error))


class TestPatience(base.TestCase):

    def setUp(self):
        super().setUp()
        self.daemon = FakeDaemon(self.conf)
        self.pauses = 0
        self.daemon.stopping.wait = self.pause

    def pause(self, timeout):
        self.pauses += 1

    def attempt(self, *errors):
        errors = list(errors)

        def once():
            if errors:
                raise errors.pop(0)
            return 'done'

        return once

    def unreachable(self):
        return exception.HypervisorUnavailable(uri='here', reason='away')

    def test_until_it_succeeds(self):
        self.assertEqual('done', self.daemon.patiently(
            'it', self.attempt(self.unreachable(), self.unreachable()),
            exception.HypervisorUnavailable))
        self.assertEqual(2, self.pauses)

    def test_other_errors_are_not_waited_for(self):
        self.assertRaises(
            exception.ConfigurationError, self.daemon.patiently, 'it',
            self.attempt(exception.ConfigurationError(
                option='o', problem='p', remedy='r')),
            exception.HypervisorUnavailable)

    def test_stop_ends_it(self):
        self.daemon.stopping.set()
        self.assertIsNone(self.daemon.patiently('it', self.attempt()))
