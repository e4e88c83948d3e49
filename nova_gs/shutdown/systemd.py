"""What we tell systemd: one datagram each, at once or not at all."""

import os
import socket
import threading

from nova_gs import clock as clocks

#: How often the watchdog is petted, as a part of the time that it waits.
PETS = 3


class _Voice:
    """The socket to speak to, and what was said on it last.

    :param environ: what systemd has given; its variables are taken out of
        it, since a child that inherited them could speak in our name
    """

    def __init__(self, environ):
        self.lock = threading.Lock()
        self.address = environ.pop('NOTIFY_SOCKET', None)
        self.watchdog = _watchdog_seconds(
            environ.pop('WATCHDOG_USEC', None),
            environ.pop('WATCHDOG_PID', None))
        self.serving = False
        self.text = ''

    def send(self, state):
        if not self.address:
            return False
        name = ('\0' + self.address[1:] if self.address[0] == '@'
                else self.address)
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        try:
            with socket.socket(socket.AF_UNIX, kind) as sock:
                # sendmsg: eventlet's other sends wait for the socket.
                sock.sendmsg([state.encode('utf-8', 'replace')], [],
                             socket.MSG_DONTWAIT, name)
        except (OSError, ValueError):
            return False
        return True


class Watchdog:
    """Pets systemd's watchdog, from a loop that is to be seen hanging.

    :param clock: Clock
    """

    def __init__(self, clock=None):
        self._clock = clock or clocks.Clock()
        self._every = _voice.watchdog and _voice.watchdog / PETS
        self._next = self._clock.now()

    def rest(self):
        """Return the seconds until ``pet`` is due; None when it never is."""
        if not self._every:
            return None
        return max(0, self._next - self._clock.now())

    def pet(self):
        """Pet it if that is due."""
        if self.rest() == 0:
            self._next = self._clock.now() + self._every
            notify('WATCHDOG=1')


def adopt(environ):
    """Take what systemd gives a service out of another environment."""
    global _voice
    _voice = _Voice(environ)


def notify(state):
    """Send a state, e.g. ``'READY=1'``; lines are separate assignments.

    Never blocks and never raises.

    :returns: whether systemd has got it; False when not run under systemd
    """
    return _voice.send(state)


def ready(text='serving'):
    """Say that the start is complete."""
    with _voice.lock:
        _voice.serving = True
        return notify('READY=1\n' + _status(text))


def reloading(now):
    """Say that the options are read again; ``reloaded`` has to follow.

    Nothing is said before the start is complete and when a stop has begun:
    the READY=1 that ends a reload would be taken for something else.

    :param now: seconds of the monotonic clock
    """
    with _voice.lock:
        return _voice.serving and notify(
            'RELOADING=1\nMONOTONIC_USEC=%d' % (now * 1000000))


def reloaded():
    """Say that the options were read."""
    with _voice.lock:
        return _voice.serving and notify('READY=1\n' + _status(_voice.text))


def stopping(text, extend=None):
    """Say that a stop began.

    :param extend: seconds from now that it may take at least, or None
    """
    with _voice.lock:
        _voice.serving = False
        return notify(_extension(extend) + 'STOPPING=1\n' + _status(text))


def status(text, extend=None):
    """Show a line in ``systemctl status``; ``extend`` as in ``stopping``."""
    with _voice.lock:
        return notify(_extension(extend) + _status(text))


def _extension(seconds):
    if seconds is None:
        return ''
    return 'EXTEND_TIMEOUT_USEC=%d\n' % (seconds * 1000000)


def _status(text):
    _voice.text = text
    # One line, well below what fits into a datagram.
    return 'STATUS=' + ' '.join(text.split())[:1000]


def _watchdog_seconds(microseconds, pid):
    if pid not in (None, str(os.getpid())):
        return None
    try:
        return int(microseconds or 0) / 1000000 or None
    except ValueError:
        return None


# At once, before anybody can start a child.
_voice = _Voice(os.environ)
