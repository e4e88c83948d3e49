"""Bytes to and fro between a browser's WebSocket and a guest's console.

A screen waits for a slow browser.  A serial port does not: its guest would
stand still with it.
"""

import enum
import select

from websockify import websocket

#: Bytes that are read at a time, and that may wait for the guest.
CHUNK = 65536

#: Bytes that may wait for a browser where the guest does not.
MOST_WAITING = 1 << 20

_READ = select.POLLIN | select.POLLHUP | select.POLLERR


class Ended(enum.Enum):
    """What has ended a relay."""

    BROWSER = 'browser'
    SCREEN = 'screen'
    STOPPED = 'stopped'
    TAKEN = 'taken'
    SLOW = 'slow'


class _TooSlow(Exception):
    """The browser does not take what the guest writes."""


class Relay:
    """One connection.

    What one end does not take keeps the other from being read, so a slow
    browser costs little memory.

    :param browser: websockify's WebSocket, connected
    :param screen: a socket, connected
    :param ends: {file descriptor: the Ended that it is when it is readable}
    :param waits: whether the screen waits for a slow browser; otherwise that
        one is left when MOST_WAITING bytes wait for it
    """

    def __init__(self, browser, screen, ends, waits=True):
        self._browser = browser
        self._screen = screen
        self._ends = ends
        self._waits = waits
        self._to_browser = None
        #: What is to be sent after that.
        self._later = bytearray()
        self._to_screen = bytearray()

    def run(self):
        """Carry on until something ends; returns ``Ended``."""
        self._browser.setblocking(False)
        self._screen.setblocking(False)
        while True:
            ready = self._wait()
            told = [ended for descriptor, ended in self._ends.items()
                    if descriptor in ready]
            ended = told[0] if told else self._turn(ready)
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
        except _TooSlow:
            return Ended.SLOW
        return None

    def _wait(self):
        """Return the file descriptors of which something can be done."""
        browser, screen = self._browser.fileno(), self._screen.fileno()
        wanted = {**dict.fromkeys(self._ends, _READ), browser: 0, screen: 0}
        has_room = len(self._to_screen) < CHUNK
        if has_room:
            wanted[browser] |= _READ
        if self._to_browser is not None:
            wanted[browser] |= select.POLLOUT
        if self._takes_more():
            wanted[screen] |= _READ
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
        self._send_waiting()
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
        if self._screen.fileno() in ready and self._takes_more():
            try:
                read = self._screen.recv(CHUNK)
            except BlockingIOError:
                return True
            if not read:
                return False
            self._pass_on(read)
        return True

    def _takes_more(self):
        return self._to_browser is None or not self._waits

    def _pass_on(self, read):
        if self._to_browser is None:
            self._send(read)
            return
        self._later += read
        if len(self._later) > MOST_WAITING:
            raise _TooSlow()

    def _send_waiting(self):
        if self._to_browser is not None:
            self._send(self._to_browser)
        if self._later and self._to_browser is None:
            message = bytes(self._later)
            self._later.clear()
            self._send(message)

    def _send(self, message):
        """Send to the browser, or keep it until that can take it."""
        try:
            self._browser.sendmsg(message)
            self._to_browser = None
        except websocket.WebSocketWantWriteError:
            self._to_browser = message
