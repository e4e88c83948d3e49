"""The HTTP server: waitress, stopped without cutting an answer.

Waitress's own way to stop leaves its loop at once, so that what its threads
still answer never reaches the clients.  Here the loop goes on, without the
listening socket, until every answer is out.
"""

import errno
import ipaddress
import socket
import threading

from oslo_log import log as logging
import waitress
from waitress import wasyncore

from nova_gs import exception

LOG = logging.getLogger(__name__)

#: Largest body that is read, in bytes.
MAX_BODY = 1024 * 1024

#: Longest pause between two looks at idle connections, in seconds.
_LOOK_EVERY = 30

_REMEDIES = {
    errno.EADDRINUSE: ('bind_port', 'Stop the other program, or set another '
                                    'bind_port.'),
    errno.EACCES: ('bind_port', 'Set a bind_port above 1023, or run '
                                'nova-api with the right to use this one.'),
    errno.EADDRNOTAVAIL: ('bind_host', 'Set bind_host to an address of this '
                                       'machine.'),
}


def listen(conf):
    """Return a listening socket on [api] bind_host and bind_port.

    :raises: ConfigurationError when they cannot be used, or would let
        strangers in without authentication
    """
    host, port = conf.api.bind_host, conf.api.bind_port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM)[0]
        _require_loopback(conf, address[0])
        return socket.create_server(address, family=family, backlog=1024)
    except OSError as error:
        option, remedy = _REMEDIES.get(
            error.errno, ('bind_host', 'Set bind_host to an address of this '
                                       'machine.'))
        raise exception.ConfigurationError(
            option='[api] ' + option,
            problem='nova-api cannot listen on %s port %d (%s)' % (
                host, port, error.strerror),
            remedy=remedy) from error


def _require_loopback(conf, address):
    if (conf.api.auth_strategy != 'none' or
            conf.api.allow_unauthenticated_remote):
        return
    # A link-local address carries its interface after a "%".
    parsed = ipaddress.ip_address(address.partition('%')[0])
    if (getattr(parsed, 'ipv4_mapped', None) or parsed).is_loopback:
        return
    raise exception.ConfigurationError(
        option='[api] bind_host',
        problem='%s can be reached from other machines, and without '
                'authentication whoever reaches it is an administrator'
                % conf.api.bind_host,
        remedy='Set bind_host = 127.0.0.1 or auth_strategy = keystone; '
               'allow_unauthenticated_remote = true lifts this check.')


class Server:
    """Answers HTTP requests until it is told to stop.

    :param application: the WSGI application
    :param listener: a listening socket; the server closes it
    :param threads: how many requests are answered at a time
    :param clock: Clock
    :param patience: seconds that a stop waits for answers; None without end
    """

    def __init__(self, application, listener, threads, clock, patience=None):
        self._clock = clock
        self._patience = patience
        self._map = {}
        self._stopping = threading.Event()
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._ended = False
        self._server = waitress.create_server(
            application, map=self._map, sockets=[listener], threads=threads,
            ident=None, max_request_body_size=MAX_BODY,
            asyncore_use_poll=True)
        self.address = listener.getsockname()[:2]

    def stop(self):
        """Take no new connection; a second call waits for no answer.

        May be called from any thread.
        """
        if self._stopping.is_set():
            self._leaving.set()
        self._stopping.set()
        with self._lock:
            # Once closed, its file descriptor may be somebody else's.
            if not self._ended:
                self._server.pull_trigger()

    def run(self):
        """Serve; returns when stopped.

        :returns: how many requests were left without an answer
        """
        while not self._stopping.is_set():
            self._turn(_LOOK_EVERY)
        self._close_listener()
        left = self._finish()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        if not left:
            self._server.task_dispatcher.shutdown()
            with self._lock:
                self._ended = True
                self._server.trigger.close()
        return left

    def _turn(self, timeout):
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map,
                       count=1)

    def _close_listener(self):
        # Who has connected already gets an answer.
        known = -1
        while known != len(self._map):
            known = len(self._map)
            self._server.handle_accept()
        self._turn(0)
        # Not the server's own close(): the trigger is still needed.
        wasyncore.dispatcher.close(self._server)

    def _finish(self):
        """Go on until nothing is being answered; return what is left."""
        give_up_at = (None if self._patience is None
                      else self._clock.now() + self._patience)
        while True:
            busy = self._busy()
            if not busy or self._leaving.is_set():
                return busy
            remaining = (_LOOK_EVERY if give_up_at is None
                         else give_up_at - self._clock.now())
            if remaining <= 0:
                return busy
            self._turn(min(remaining, _LOOK_EVERY))

    def _busy(self):
        """Close idle connections; return how many are being answered."""
        busy = 0
        for channel in list(self._server.active_channels.values()):
            if channel.requests or channel.total_outbufs_len:
                busy += 1
            else:
                channel.handle_close()
        return busy
