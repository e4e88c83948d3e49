"""Bytes to and fro between a browser's WebSocket and a guest's screen."""

import enum
import select

from websockify import websocket

#: Bytes that are read at a time, and that may wait for the screen.
CHUNK = 65536

_READ = select.POLLIN | select.POLLHUP | select.POLLERR


class Ended(enum.Enum):
    """What has ended a relay."""

    BROWSER = 'browser'
    SCREEN = 'screen'
    STOPPED = 'stopped'


class Relay:
    """One connection.

    What one end does not take keeps the other from being read, so a slow
    browser costs little memory.

    :param browser: websockify's WebSocket, connected
    :param screen: a socket, connected
    :param stopped: file descriptor that is readable when all have to end
    """

    def __init__(self, browser, screen, stopped):
        self._browser = browser
        self._screen = screen
        self._stopped = stopped
        self._to_browser = None
        self._to_screen = bytearray()

    def run(self):
        """Carry on until something ends; returns ``Ended``."""
        self._browser.setblocking(False)
        self._screen.setblocking(False)
        while True:
            ready = self._wait()
            if self._stopped in ready:
                return Ended.STOPPED
            ended = self._turn(ready)
            if ended:
                return ended

    def _turn(self, ready):
        try:
            if not self._serve_browser(ready):
                return Ended.BROWSER
        except (OSError, ValueError, websocket.WebSocketWantWriteError):
            # The last one: it takes not even the end of the conversation.
            return Ended.BROWSER
        try:
            if not self._serve_screen(ready):
                return Ended.SCREEN
        except OSError:
            return Ended.SCREEN
        return None

    def _wait(self):
        """Return the file descriptors of which something can be done."""
        browser, screen = self._browser.fileno(), self._screen.fileno()
        wanted = {self._stopped: _READ, browser: 0, screen: 0}
        has_room = len(self._to_screen) < CHUNK
        if has_room:
            wanted[browser] |= _READ
        if self._to_browser is None:
            wanted[screen] |= _READ
        else:
            wanted[browser] |= select.POLLOUT
        if self._to_screen:
            wanted[screen] |= select.POLLOUT
        poll = select.poll()
        for descriptor, events in wanted.items():
            # An end of which nothing is wanted would wake us with its end.
            if events:
                poll.register(descriptor, events)
        # What was read ahead is seen by no poll.
        ahead = has_room and self._browser.pending()
        ready = {descriptor for descriptor, _events in poll.poll(
            0 if ahead else None)}
        return ready | {browser} if ahead else ready

    def _serve_browser(self, ready):
        if self._browser.fileno() not in ready:
            return True
        if self._to_browser is not None:
            self._send(self._to_browser)
        if len(self._to_screen) < CHUNK:
            try:
                message = self._browser.recvmsg()
            except websocket.WebSocketWantReadError:
                return True
            if message is None:
                return False
            self._to_screen += message
        return True

    def _serve_screen(self, ready):
        # Sent at once when it comes, so that keys are quick.
        if self._to_screen:
            try:
                sent = self._screen.send(self._to_screen)
                del self._to_screen[:sent]
            except BlockingIOError:
                pass
        if self._screen.fileno() in ready and self._to_browser is None:
            try:
                read = self._screen.recv(CHUNK)
            except BlockingIOError:
                return True
            if not read:
                return False
            self._send(read)
        return True

    def _send(self, message):
        """Send to the browser, or keep it until that can take it."""
        try:
            self._browser.sendmsg(message)
            self._to_browser = None
        except websocket.WebSocketWantWriteError:
            self._to_browser = message
