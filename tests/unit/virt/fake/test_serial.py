"""A fake guest's serial port, as its readers see it."""

import socket

from nova_gs import exception
from nova_gs.virt.fake import serial
from tests.unit.virt.fake import base

PATIENCE = 30


class TestSerial(base.TestCase):

    def setUp(self):
        super().setUp()
        self.one = self.host()

    def spawn(self, host, **more):
        host.call('spawn', image_path=self.image_path, name='one',
                  memory_mb=128, vcpus=1, root_gb=1, **more)

    def read(self):
        found = self.one.call('serial_console')
        reader = socket.create_connection(
            (found['host'], found['port']), PATIENCE)
        self.addCleanup(reader.close)
        return reader

    def test_what_is_typed_comes_back(self):
        self.spawn(self.one, serial=True)
        self.one.call('pause')
        reader = self.read()
        reader.sendall(b'hello')
        self.assertEqual(b'hello', reader.recv(5))

    def test_ends_with_the_guest(self):
        self.spawn(self.one, serial=True)
        self.one.call('pause')
        readers = [self.read() for _ in range(2)]
        self.one.call('power_off')
        for reader in readers:
            self.assertEqual(b'', reader.recv(1))
        self.assertRaises(
            exception.ConsoleNotReady, self.one.call, 'serial_console')

    def test_one_that_leaves(self):
        self.spawn(self.one, serial=True)
        self.read().close()
        self.assertEqual(self.one.call('serial_console'),
                         self.one.call('serial_console'))

    def test_without_one(self):
        self.spawn(self.one)
        self.assertRaises(exception.ConsoleTypeUnavailable,
                          self.one.call, 'serial_console')

    def test_nowhere(self):
        self.assertRaises(
            exception.GuestNotFound, self.one.call, 'serial_console')

    def test_what_is_new(self):
        for seen, lines, expected in (
                ([], ['a\n'], ['a\n']),
                (['a\n'], ['a\n'], []),
                (['a\n'], ['a\n', 'b\n', 'c\n'], ['b\n', 'c\n']),
                (['a\n', 'b\n'], ['c\n', 'd\n'], ['c\n', 'd\n'])):
            self.assertEqual(expected, serial._since(seen, lines))
