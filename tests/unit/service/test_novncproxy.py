"""The console proxy as a service: its signals and its end."""

import threading

import fixtures

from nova_gs.service import novncproxy
from nova_gs.shutdown import inbox
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from tests.fixtures import clock
from tests.unit.consoles import base

TERM = phases.Event.TERM


class Box:
    """An inbox whose notices come when the test has said so."""

    def __init__(self, service_clock, *notices):
        self._clock = service_clock
        self._notices = list(notices)

    def get(self, timeout=None):
        """Stand in for inbox.Inbox.get: waiting moves the clock."""
        if self._notices and (timeout is None or self._notices[0]):
            return self._notices.pop(0)
        self._clock.advance(timeout)
        raise novncproxy.queue.Empty


class TestStop(base.ConsoleTestCase):

    def serve(self, *notices):
        """Run a service that is told so; return its exit code."""
        for name in ('server.require_novnc', 'transport.create',
                     'transport.close', 'conductor_rpcapi.seat_records',
                     'rpcapi.ComputeAPI', 'signals.deliver'):
            self.useFixture(fixtures.MonkeyPatch(
                'nova_gs.service.novncproxy.' + name, lambda *args: None))
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.novncproxy.server.listen',
            lambda conf: self.server._listener))
        self.clock = clock.ManualClock()
        service = novncproxy.NoVncProxyService(self.conf, self.clock)
        service._server = self.server
        service._inbox = Box(self.clock, *notices)
        return service.run()

    def test_idle(self):
        self.assertEqual(policy.ExitCode.CLEAN, self.serve(TERM))
        self.assertEqual(0, self.clock.now())

    def look(self):
        viewer, screen = self.both()
        ended = []
        thread = threading.Thread(
            target=lambda: ended.append(viewer.end()), daemon=True)
        thread.start()
        return screen, thread, ended

    def test_who_looks_is_let_for_a_while(self):
        self.flags('vnc', stop_grace=7)
        _screen, thread, ended = self.look()
        self.assertEqual(policy.ExitCode.CLEAN, self.serve(TERM))
        self.assertAlmostEqual(7, self.clock.now(), 1)
        thread.join(base.PATIENCE)
        self.assertIn('being restarted', ended[0][1])

    def test_second_term(self):
        self.flags('vnc', stop_grace=7)
        self.look()
        self.serve(TERM, TERM)
        self.assertEqual(0, self.clock.now())

    def test_quit(self):
        gone = self.useFixture(fixtures.MockPatch('os._exit'))
        self.serve(phases.Event.QUIT, TERM)
        gone.mock.assert_called_once_with(policy.ExitCode.FORCED)

    def test_reload(self):
        read = threading.Event()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.options.reload', lambda conf: read.set()))
        self.serve(inbox.Notice.RELOAD, TERM)
        self.assertTrue(read.wait(base.PATIENCE))

    def test_report(self):
        self.serve(TERM)
        lines = list(novncproxy.NoVncProxyService._describe(
            type('Service', (), {'_server': self.stopped_server()})))
        self.assertEqual('open consoles: 3', lines[1])

    def stopped_server(self):
        return type('Server', (), {'address': ('::1', 6080),
                                   'open_screens': 3})
