"""The server of pages and consoles: a thread for each connection.

No library's own: theirs fork for each connection, or look only now and then
whether they are to stop.
"""

import contextlib
import os
import socket
import threading

from oslo_log import log as logging

from nova_gs.consoles import handler
from nova_gs.consoles import seats
from nova_gs import exception

LOG = logging.getLogger(__name__)

#: Pause when no connection can be taken, in seconds: no files are left, say.
_AGAIN_AFTER = 0.1

#: Seconds in which browsers must have heard that their consoles end.
ENDED_WITHIN = handler.HEARD_WITHIN + 0.5


def listen(conf):
    """Return a listening socket on [vnc] novncproxy_host and its port.

    :raises: ConfigurationError
    """
    host, port = conf.vnc.novncproxy_host, conf.vnc.novncproxy_port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=128)
    except OSError as error:
        raise exception.ConfigurationError(
            option='[vnc] novncproxy_host, novncproxy_port',
            problem='nova-novncproxy cannot listen on %s port %d (%s)' % (
                host, port, error.strerror),
            remedy='Stop the other program, or set an address and a port '
                   'of this machine that are free.') from error


def require_novnc(conf):
    """Raise ConfigurationError unless noVNC is where it should be."""
    if not os.path.exists(os.path.join(
            conf.vnc.novnc_web, 'core', 'rfb.js')):
        raise exception.ConfigurationError(
            option='[vnc] novnc_web',
            problem='noVNC is not in %s' % conf.vnc.novnc_web,
            remedy='Install the package novnc, or name the directory that '
                   'has its core/rfb.js.')


class Server:
    """Serves from ``start`` to ``stop``.

    :param listener: a listening socket; the server closes it
    :param finder: finder.Finder
    :param web: directory of noVNC
    :param allowed_origins: list of names
    """

    def __init__(self, listener, finder, web, allowed_origins):
        self.finder = finder
        self.web = web
        self.allowed_origins = allowed_origins
        self.seats = seats.Seats()
        #: Readable from when all screens have to end.
        self.stopped, self._stop = os.pipe2(os.O_CLOEXEC)
        self._listener = listener
        self._closing = threading.Event()
        self._showing, self._answering = 0, 0
        self._changed = threading.Condition()

    @property
    def address(self):
        """Return (host, port) that it listens on."""
        return self._listener.getsockname()[:2]

    @property
    def open_screens(self):
        """Return how many browsers see a screen, or are about to."""
        return self._showing

    def start(self):
        """Take connections from here on, in threads."""
        self._run(self._accept, 'accept')

    def close(self):
        """Take no further connection."""
        self._closing.set()
        try:
            # Wakes the thread that waits for one.
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def wait_idle(self, timeout):
        """Wait until no browser is served any more; returns whether so.

        :param timeout: seconds
        """
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._showing and not self._answering, timeout)

    def end_screens(self):
        """End all screens, with a word to each; returns how many are left."""
        os.write(self._stop, b'.')
        self.wait_idle(ENDED_WITHIN)
        return self._showing

    @contextlib.contextmanager
    def showing(self):
        """Count a browser that sees a screen."""
        self._count(showing=1)
        try:
            yield
        finally:
            self._count(showing=-1)

    @contextlib.contextmanager
    def answering(self):
        """Count a request for a page."""
        self._count(answering=1)
        try:
            yield
        finally:
            self._count(answering=-1)

    def _count(self, showing=0, answering=0):
        with self._changed:
            self._showing += showing
            self._answering += answering
            self._changed.notify_all()

    def _accept(self):
        while not self._closing.is_set():
            try:
                connection, address = self._listener.accept()
            except OSError as error:
                if not self._closing.is_set():
                    LOG.warning('A connection could not be taken: %s', error)
                    self._closing.wait(_AGAIN_AFTER)
                continue
            self._run(self._serve, 'console', connection, address)

    def _serve(self, connection, address):
        try:
            with connection:
                handler.Handler(connection, address, self)
        except OSError as error:
            LOG.debug('%s has left: %s', address[0], error)
        except Exception:
            LOG.exception('A connection of %s has failed', address[0])

    @staticmethod
    def _run(function, name, *args):
        threading.Thread(
            target=function, args=args, name=name, daemon=True).start()
