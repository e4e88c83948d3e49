"""A server that stops, with and without somebody who looks."""

import socket

from nova_gs.consoles import outlook
from nova_gs.consoles import server
from nova_gs import exception
from tests.unit.consoles import base


class TestServer(base.ConsoleTestCase):

    def test_idle(self):
        self.assertTrue(self.server.wait_idle(0))
        self.server.close()
        self.assertRaises(OSError, socket.create_connection, self.address)
        self.assertEqual(0, self.server.end_screens())

    def test_screens_go_on_until_they_are_ended(self):
        viewer, screen = self.both()
        self.server.close()
        self.assertFalse(self.server.wait_idle(0))
        screen.sendall(b'still')
        self.assertEqual(b'still', viewer.read(5))
        ending = self.in_thread(self.server.end_screens)
        self.assertEqual((outlook.Close.AGAIN, outlook.RESTARTING.text),
                         viewer.end())
        self.assertEqual(b'', screen.recv(1))
        ending.join(base.PATIENCE)
        self.assertEqual(0, self.server.open_screens)

    def test_who_does_not_listen_is_left(self):
        self.both()
        self.assertEqual(0, self.server.end_screens())

    def test_one_that_fails_harms_no_other(self):
        find, self.finder.find = self.finder.find, None
        self.assertEqual(b'', self.view().read(1))
        self.finder.find = find
        viewer, screen = self.both()
        screen.sendall(b'x')
        self.assertEqual(b'x', viewer.read(1))


class TestStart(base.base.TestCase):

    def test_port_is_taken(self):
        with socket.create_server(('127.0.0.1', 0)) as other:
            self.flags('vnc', novncproxy_port=other.getsockname()[1])
            error = self.assertRaises(
                exception.ConfigurationError, server.listen, self.conf)
        self.assertIn('novncproxy_port', str(error))

    def test_novnc_is_not_there(self):
        self.flags('vnc', novnc_web=self.conf.state_path)
        error = self.assertRaises(
            exception.ConfigurationError, server.require_novnc, self.conf)
        self.assertIn('Install the package novnc', str(error))
