"""Bytes between two ends that are slow, or leave."""

import contextlib
import hashlib

import fixtures

from nova_gs.consoles import outlook
from tests.unit.consoles import base

#: More than all that lies between the two ends.
MUCH = 16 << 20


class TestRelay(base.ConsoleTestCase):

    def test_to_and_fro(self):
        viewer, screen = self.both()
        screen.sendall(b'RFB 003.008\n')
        self.assertEqual(b'RFB 003.008\n', viewer.read(12))
        for word in (b'one', b'two', b'', b'three'):
            viewer.send(word)
        self.assertEqual(b'onetwothree', self.read(screen, 11))

    def assert_same(self, expected, found):
        # A failure is not to print megabytes.
        self.assertEqual(*(
            hashlib.sha256(data).hexdigest() for data in (expected, found)))

    def test_much_to_a_slow_browser(self):
        viewer, screen = self.both()
        data = bytes(range(256)) * (MUCH // 256)
        sender = self.in_thread(lambda: screen.sendall(data))
        # It does not read yet, and is heard all the same.
        viewer.send(b'key')
        self.assertEqual(b'key', self.read(screen, 3))
        self.assertTrue(sender.is_alive())
        self.assert_same(data, viewer.read(len(data)))
        sender.join(base.PATIENCE)

    def test_much_to_a_slow_screen(self):
        viewer, screen = self.both()
        block = bytes(range(256)) * 256
        count = MUCH // len(block)
        sender = self.in_thread(
            lambda: [viewer.send(block) for _ in range(count)])
        for _ in range(count):
            self.assert_same(block, self.read(screen, len(block)))
        sender.join(base.PATIENCE)

    def test_much_of_a_guest_that_does_not_wait(self):
        """A browser that does not read keeps no guest from writing."""
        self.finder.console_type = 'serial'
        viewer, port = self.both()
        data = bytes(range(256)) * (MUCH // 256)
        # It is left; what does not get away any more is not the guest's.
        with contextlib.suppress(ConnectionError):
            port.sendall(data)
        self.assertEqual((outlook.Close.AGAIN, outlook.SLOW.text),
                         viewer.end())

    def test_a_pause_of_the_browser_is_caught_up_with(self):
        self.finder.console_type = 'serial'
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.consoles.relay.MOST_WAITING', 2 * MUCH))
        viewer, port = self.both()
        data = bytes(range(256)) * (MUCH // 256)
        # Nobody reads, and the guest gets rid of all of it.
        port.sendall(data)
        self.assert_same(data, viewer.read(len(data)))

    def test_screen_ends(self):
        viewer, screen = self.both()
        screen.sendall(b'last')
        screen.close()
        self.assertEqual(b'last', viewer.read(4))
        self.assertEqual(
            (outlook.Close.AGAIN, outlook.LEAVING.text), viewer.end())

    def test_browser_leaves(self):
        viewer, screen = self.both()
        viewer.leave()
        self.assertEqual(b'', screen.recv(1))
        self.assertTrue(self.server.wait_idle(base.PATIENCE))
