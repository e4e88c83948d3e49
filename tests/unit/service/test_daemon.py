"""A daemon's start that waits, and its stop, without processes."""

import io
import json
import socket
import threading

import fixtures

from nova_gs import clock
from nova_gs import exception
from nova_gs.service import daemon
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import systemd
from tests.unit import base


class FakeDaemon(daemon.Daemon):
    """Notes what it is told; ``elsewhere`` says what ``busy`` holds."""

    def __init__(self, conf, path=None):
        self.path = path
        self.told = []
        self.busy = []
        self.intake_error = None
        self.start_error = None
        self.started = threading.Event()
        super().__init__(conf, clock.Clock(), 'host1')

    def start(self):
        self.started.set()
        if self.start_error:
            raise self.start_error

    def last_words(self):
        self.told.append('last_words')

    def close_intake(self):
        self.told.append('close_intake')
        if self.intake_error:
            raise self.intake_error

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

    def test_what_systemd_hears_of_a_stop(self):
        path = self.conf.state_path + '/notify'
        systemd_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(systemd_socket.close)
        systemd_socket.bind(path)
        systemd_socket.settimeout(30)
        systemd.adopt({'NOTIFY_SOCKET': path})
        self.addCleanup(systemd.adopt, {})
        self.useFixture(fixtures.EnvironmentVariable(
            'NOVA_GS_STOP_TIMEOUT', '30'))
        made = FakeDaemon(self.conf)
        made._start()
        made.busy = ['live-migration of instance i']
        made.coordinator.post(phases.Event.TERM)
        made.coordinator.turn()
        self.assertTrue(20 < made.coordinator.seconds_left() <= 28)
        heard = ''
        while 'live-migration of instance i (on another host)' not in heard:
            heard += systemd_socket.recv(4096).decode()
        made.busy = []
        self.run_until_stopped(made)
        while 'STATUS=leaving' not in heard:
            heard += systemd_socket.recv(4096).decode()
        self.assertIn('STOPPING=1', heard)
        # What was left has ended: that is a move.
        self.assertIn('EXTEND_TIMEOUT_USEC=', heard)

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

    def test_intake_that_cannot_be_closed_keeps_nobody(self):
        """The gate lets nothing new in, whatever still arrives."""
        made = FakeDaemon(self.conf)
        made.intake_error = OSError('no broker')
        self.assertEqual(policy.ExitCode.CLEAN, self.run_until_stopped(
            made, phases.Event.TERM))

    def test_last_words(self):
        """What was left is written down, then others are told."""
        path = self.conf.state_path + '/report.json'
        made = FakeDaemon(self.conf, path)
        made.coordinator._exit = made.told.append
        made.gate.enter('reboot_instance', policy.WhileDraining.NEVER,
                        policy.OnShutdown.FINISH, operation_uuid='op')
        made.coordinator.post(phases.Event.QUIT)
        made.coordinator.run()
        self.assertEqual(['last_words', 4], made.told)
        self.assertTrue(made.leaving.is_set())
        with open(path) as stream:
            report = json.load(stream)
        self.assertEqual(
            ('forced', [('op', 'left')]),
            (report['outcome'], [(work['operation_uuid'], work['fate'])
                                 for work in report['works']]))

    def test_a_forced_exit_catches_up_with_a_release(self):
        """The report that is written last is that of the forced exit."""
        path = self.conf.state_path + '/report.json'
        made = FakeDaemon(self.conf, path)
        made.coordinator._exit = made.told.append
        go_on, begun = threading.Event(), threading.Event()
        write = made._write_report

        def slowly(report, path):
            if not begun.is_set():
                begun.set()
                go_on.wait(60)
            write(report, path)

        made._write_report = slowly
        released = threading.Event()
        made.release = released.set
        made.coordinator.post(phases.Event.TERM)
        while made.coordinator.phase is not phases.Phase.RELEASING:
            made.coordinator.turn()
        begun.wait(60)
        threading.Timer(0.05, go_on.set).start()
        made.coordinator.handle(phases.Event.QUIT)
        self.assertTrue(released.wait(60))
        with open(path) as stream:
            self.assertEqual('forced', json.load(stream)['outcome'])

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


class TestStart(base.TestCase):

    def setUp(self):
        super().setUp()
        self.exits = []
        self.useFixture(fixtures.MonkeyPatch('os._exit', self.exits.append))
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', io.StringIO()))
        self.log = self.useFixture(fixtures.FakeLogger())
        self.daemon = FakeDaemon(self.conf)

    def test_failure(self):
        for error in (ValueError('no'), exception.PeerUnavailable('no')):
            self.daemon.start_error = error
            self.daemon._start()
            self.assertEqual(1, self.exits.pop(0))

    def test_failure_because_of_a_stop(self):
        """What the start needs is taken away from it: that is no failure."""
        for error in (ValueError('no'), exception.PeerUnavailable('no')):
            self.daemon.start_error = error
            self.daemon.stopping.set()
            self.daemon._start()
        self.assertEqual([], self.exits)
        self.assertIn('The start was broken off: ValueError: no',
                      self.log.output)
        self.assertNotIn('Traceback', self.log.output)


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
