"""A fake guest's screen, seen as by a browser."""

import socket
import struct

from nova_gs import exception
from nova_gs.virt.fake import screen
from tests.unit.virt.fake import base

PATIENCE = 30


class TestScreen(base.TestCase):

    def setUp(self):
        super().setUp()
        self.one = self.host()
        self.spawn(self.one)

    def look(self):
        found = self.one.call('vnc_console')
        viewer = socket.create_connection(
            (found['host'], found['port']), PATIENCE)
        self.addCleanup(viewer.close)
        return viewer

    def read(self, viewer, size):
        data = b''
        while len(data) < size and (more := viewer.recv(size - len(data))):
            data += more
        self.assertEqual(size, len(data))
        return data

    def test_picture(self):
        viewer = self.look()
        self.assertEqual(screen.GREETING, self.read(viewer, 12))
        viewer.sendall(screen.GREETING)
        self.assertEqual(b'\x01\x01', self.read(viewer, 2))
        viewer.sendall(b'\x01\x01')
        self.assertEqual(bytes(4), self.read(viewer, 4))
        width, height = struct.unpack_from('>HH', self.read(viewer, 20))
        self.assertEqual(screen.SIZE, (width, height))
        name = self.read(viewer, *struct.unpack('>I', self.read(viewer, 4)))
        self.assertEqual(self.one.name, name.decode())
        # What a browser also says, then: show me everything.
        viewer.sendall(
            b'\x00' + bytes(19) + b'\x02\x00' + struct.pack('>Hii', 2, 0, 1)
            + b'\x04' + bytes(7) + b'\x05' + bytes(5)
            + b'\x06' + bytes(3) + struct.pack('>I', 3) + b'abc'
            + b'\x03\x01' + bytes(8) + b'\x03\x00' + bytes(8))
        self.read(viewer, 16)
        red, green, blue = screen.colour(self.one.name)
        self.assertEqual(bytes((blue, green, red, 0)) * width * height,
                         self.read(viewer, 4 * width * height))
        viewer.sendall(b'\xff')
        self.assertEqual(b'', viewer.recv(1))

    def test_hosts_differ(self):
        self.assertNotEqual(screen.colour('host-a'), screen.colour('host-b'))

    def test_off(self):
        self.one.call('power_off')
        self.assertRaises(
            exception.ConsoleNotReady, self.one.call, 'vnc_console')

    def test_one_for_all(self):
        self.assertEqual(self.one.call('vnc_console'),
                         self.one.call('vnc_console'))
