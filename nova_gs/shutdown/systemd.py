"""What we tell systemd: one datagram each, at once or not at all."""

import os
import socket

# Taken out of the environment at once: a child that inherited it could
# speak in our name.
_address = os.environ.pop('NOTIFY_SOCKET', None)


def adopt(environ):
    """Take the address of the socket out of another environment."""
    global _address
    _address = environ.pop('NOTIFY_SOCKET', None)


def notify(state):
    """Send a state, e.g. ``'READY=1'``; lines are separate assignments.

    Never blocks and never raises.

    :returns: whether systemd has got it; False when not run under systemd
    """
    if not _address:
        return False
    name = '\0' + _address[1:] if _address[0] == '@' else _address
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
    try:
        with socket.socket(socket.AF_UNIX, kind) as sock:
            # sendmsg: eventlet's other sends wait for the socket.
            sock.sendmsg([state.encode('utf-8', 'replace')], [],
                         socket.MSG_DONTWAIT, name)
    except (OSError, ValueError):
        return False
    return True


def ready(text='serving'):
    """Say that the start is complete."""
    return notify('READY=1\n' + _status(text))


def stopping(text, extend=None):
    """Say that a stop began.

    :param extend: seconds from now that it may take at least, or None
    """
    return notify(_extension(extend) + 'STOPPING=1\n' + _status(text))


def status(text, extend=None):
    """Show a line in ``systemctl status``; ``extend`` as in ``stopping``."""
    return notify(_extension(extend) + _status(text))


def _extension(seconds):
    if seconds is None:
        return ''
    return 'EXTEND_TIMEOUT_USEC=%d\n' % (seconds * 1000000)


def _status(text):
    # One line, well below what fits into a datagram.
    return 'STATUS=' + ' '.join(text.split())[:1000]
