"""What a daemon gives to those who only watch it."""

import socket
import urllib.error
import urllib.request

import fixtures

from nova_gs import clock
from nova_gs.devcloud import waiting
from nova_gs.rpc import times
from nova_gs.service import daemon
from nova_gs.shutdown import phases
from tests.unit import base


class FakeDaemon(daemon.Daemon):
    """Has nothing to do."""

    binary = 'nova-compute'

    def __init__(self, conf):
        super().__init__(conf, clock.Clock(), 'host1')

    def start(self):
        pass

    def close_intake(self):
        pass

    def release(self):
        pass

    def lead(self, *events):
        """Post events and go on to the end, if they lead there."""
        for event in events:
            self.coordinator.post(event)
        while self.coordinator.phase not in phases.TERMINAL:
            self.coordinator.turn()


class FakeSender:
    """Notes what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, event_type, payload):
        self.sent.append((event_type, payload.exit_code))

    def close(self):
        pass


class TestFigures(base.TestCase):

    def setUp(self):
        super().setUp()
        self.addCleanup(times.seat_observer, None, None)
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]

    def read(self):
        """Return an answer, None while there is none."""
        try:
            with urllib.request.urlopen(
                    'http://127.0.0.1:%d/metrics' % self.port,
                    timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            return None

    def test_from_the_start_to_the_end(self):
        self.flags('metrics', port=self.port)
        made = FakeDaemon(self.conf)
        self.addCleanup(made._expose().close)
        self.assertTrue(waiting.until(self.read, 60))
        for phase, event in (('serving', phases.Event.TERM),
                             ('draining', None)):
            self.assertIn('nova_drain_phase{phase="%s"} 1.0' % phase,
                          self.read())
            if event:
                made.coordinator.handle(event)
        made.lead()
        self.assertIn('nova_drain_phase{phase="stopped"} 1.0', self.read())

    def test_off_by_default(self):
        self.assertIsNone(FakeDaemon(self.conf)._expose())
        self.assertIsNone(self.read())


class TestNotifications(base.TestCase):

    def setUp(self):
        super().setUp()
        self.sender = FakeSender()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.notifications.sender.Sender',
            lambda conf, publisher: self.sender))

    def test_of_a_stop(self):
        self.flags('notifications', enabled=True)
        made = FakeDaemon(self.conf)
        made._herald.begin()
        made.lead(phases.Event.TERM)
        self.assertTrue(waiting.until(
            lambda: len(self.sender.sent) >= 2, 60), self.sender.sent)
        self.assertEqual([('compute.drain.begin', None),
                          ('compute.drain.end', 0)], self.sender.sent)

    def test_of_a_forced_exit(self):
        self.flags('notifications', enabled=True)
        made = FakeDaemon(self.conf)
        made.coordinator._exit = lambda code: None
        made._herald.begin()
        made.lead(phases.Event.QUIT)
        self.assertTrue(waiting.until(
            lambda: len(self.sender.sent) >= 2, 60), self.sender.sent)
        self.assertEqual(('compute.drain.end', 4), self.sender.sent[-1])
