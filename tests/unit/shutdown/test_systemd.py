"""What systemd hears, on a socket that stands in for it."""

import os
import socket
import subprocess
import sys

import fixtures

from nova_gs.shutdown import systemd
from tests.fixtures import clock as clock_fixture
from tests.unit import base


class _SystemdTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.addCleanup(systemd.adopt, {})

    def listen(self, address=None):
        if address is None:
            folder = self.useFixture(fixtures.TempDir()).path
            address = os.path.join(folder, 'notify')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(address)
        self.socket.settimeout(10)
        name = address.replace('\0', '@', 1)
        systemd.adopt({'NOTIFY_SOCKET': name})
        return name

    def heard(self):
        return self.socket.recv(4096).decode('utf-8')


class SystemdTestCase(_SystemdTestCase):

    def test_words(self):
        self.listen()
        for say, expected in (
                (systemd.ready, 'READY=1\nSTATUS=serving'),
                (lambda: systemd.stopping('a → b'),
                 'STOPPING=1\nSTATUS=a → b'),
                (lambda: systemd.stopping('bye', extend=1.5),
                 'EXTEND_TIMEOUT_USEC=1500000\nSTOPPING=1\nSTATUS=bye'),
                (lambda: systemd.status('two\nlines'), 'STATUS=two lines'),
                (lambda: systemd.status('x', extend=2),
                 'EXTEND_TIMEOUT_USEC=2000000\nSTATUS=x')):
            self.assertTrue(say())
            self.assertEqual(expected, self.heard())

    def test_reload(self):
        self.listen()
        self.assertFalse(systemd.reloading(1.5), 'not ready yet')
        self.assertFalse(systemd.reloaded())
        systemd.ready('serving')
        systemd.status('3 of 4 workers serve')
        self.heard(), self.heard()
        self.assertTrue(systemd.reloading(1.5))
        self.assertEqual('RELOADING=1\nMONOTONIC_USEC=1500000', self.heard())
        self.assertTrue(systemd.reloaded())
        self.assertEqual('READY=1\nSTATUS=3 of 4 workers serve',
                         self.heard())
        systemd.stopping('bye')
        self.assertFalse(systemd.reloading(1.5))
        self.assertFalse(systemd.reloaded())

    def test_abstract_socket(self):
        self.listen('\0nova_gs-test-%d' % os.getpid())
        self.assertTrue(systemd.ready())
        self.assertEqual('READY=1\nSTATUS=serving', self.heard())

    def test_not_under_systemd(self):
        systemd.adopt({})
        self.assertFalse(systemd.ready())

    def test_nobody_listens(self):
        for address in ('/nowhere/at/all', 'x' * 200, '@' + 'x' * 200):
            systemd.adopt({'NOTIFY_SOCKET': address})
            self.assertFalse(systemd.ready())

    def test_a_busy_systemd_does_not_block(self):
        self.listen()
        for _ in range(100000):
            if not systemd.status('again'):
                return
        self.fail('the queue of the socket has no end')

    def test_long_texts_are_cut(self):
        self.listen()
        self.assertTrue(systemd.status('x' * 10 ** 6))
        self.assertEqual('STATUS=' + 'x' * 1000, self.heard())

    def test_children_do_not_inherit_the_address(self):
        name = self.listen()
        program = (
            'import os\n'
            'from nova_gs.shutdown import systemd\n'
            'assert "NOTIFY_SOCKET" not in os.environ\n'
            'assert "WATCHDOG_USEC" not in os.environ\n'
            'assert systemd.ready("child")\n')
        subprocess.run([sys.executable, '-c', program], check=True,
                       timeout=60, env=dict(
                           os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC='1'))
        self.assertEqual('READY=1\nSTATUS=child', self.heard())


class WatchdogTestCase(_SystemdTestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock_fixture.ManualClock()

    def given(self, **environ):
        """Return a Watchdog under a systemd that gave these variables."""
        name = self.listen()
        systemd.adopt(dict(environ, NOTIFY_SOCKET=name))
        return systemd.Watchdog(self.clock)

    def pets(self, watchdog):
        """Pet; return whether systemd has heard it."""
        self.socket.setblocking(False)
        watchdog.pet()
        try:
            self.assertEqual('WATCHDOG=1', self.heard())
        except BlockingIOError:
            return False
        return True

    def test_three_times_in_its_time(self):
        watchdog = self.given(WATCHDOG_USEC='30000000',
                              WATCHDOG_PID=str(os.getpid()))
        self.assertEqual(0, watchdog.rest())
        self.assertTrue(self.pets(watchdog))
        self.assertEqual(10, watchdog.rest())
        self.clock.advance(9)
        self.assertFalse(self.pets(watchdog))
        self.clock.advance(1)
        self.assertTrue(self.pets(watchdog))

    def test_none(self):
        for environ in ({}, {'WATCHDOG_USEC': '0'}, {'WATCHDOG_USEC': 'x'},
                        {'WATCHDOG_USEC': '9', 'WATCHDOG_PID': '1'}):
            watchdog = self.given(**environ)
            self.assertIsNone(watchdog.rest(), environ)
            self.assertFalse(self.pets(watchdog), environ)
            self.socket.close()
