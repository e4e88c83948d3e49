"""What the two ends of a connection notice of the proxy between them."""

import socket
import threading

from nova_gs.devcloud import proxy
from tests.unit import base


class Echo:
    """A server that says what it hears, in upper case."""

    def __init__(self):
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self):
        self._socket.close()

    def _run(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(
                target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                while heard := connection.recv(100):
                    connection.sendall(heard.upper())
            except ConnectionError:
                return


class TestProxy(base.TestCase):

    def setUp(self):
        super().setUp()
        self.echo = Echo()
        self.addCleanup(self.echo.close)
        self.proxy = proxy.Proxy(lambda: self.echo.port)
        self.addCleanup(self.proxy.close)

    def connect(self):
        connection = socket.create_connection(
            ('127.0.0.1', self.proxy.port), 30)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection, word=b'word'):
        connection.sendall(word)
        return connection.recv(100)

    def assert_ended(self, connection):
        """It was closed or reset; a word sent into it is lost."""
        try:
            self.assertEqual(b'', connection.recv(100))
        except ConnectionError:
            return

    def test_passes_on(self):
        one, other = self.connect(), self.connect()
        self.assertEqual(b'ONE', self.ask(one, b'one'))
        self.assertEqual(b'OTHER', self.ask(other, b'other'))
        one.close()
        self.assertEqual(b'AGAIN', self.ask(other, b'again'))

    def test_cut(self):
        connection = self.connect()
        self.ask(connection)
        self.proxy.cut()
        self.assert_ended(connection)
        self.assertEqual(b'NEW', self.ask(self.connect(), b'new'))

    def test_refuse(self):
        connection = self.connect()
        self.ask(connection)
        self.proxy.refuse()
        self.assert_ended(connection)
        self.assertRaises(ConnectionRefusedError, self.connect)
        self.proxy.heal()
        self.assertEqual(b'NEW', self.ask(self.connect(), b'new'))

    def test_swallow(self):
        old = self.connect()
        self.ask(old)
        self.proxy.swallow()
        new = self.connect()
        for connection in (old, new):
            connection.sendall(b'word')
            connection.settimeout(0.1)
            self.assertRaises(TimeoutError, connection.recv, 100)
            connection.settimeout(30)
        self.proxy.heal()
        for connection in (old, new):
            self.assertEqual(b'WORD', connection.recv(100))

    def test_swallow_what_was_refused(self):
        self.proxy.refuse()
        self.proxy.swallow()
        connection = self.connect()
        connection.sendall(b'word')
        self.proxy.heal()
        self.assertEqual(b'WORD', connection.recv(100))

    def test_nobody_there(self):
        # Bound, so that it is nobody else's, and never listening.
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(('127.0.0.1', 0))
        self.echo.port = silent.getsockname()[1]
        self.assert_ended(self.connect())
