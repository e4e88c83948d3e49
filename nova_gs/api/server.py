"""The HTTP server: waitress, stopped without cutting an answer.

Waitress's own way to stop leaves its loop at once, so that what its threads
still answer never reaches the clients.  Here the loop goes on, without the
listening socket, until every answer is out.
"""

import enum
import errno
import functools
import ipaddress
import socket
import threading

from oslo_log import log as logging
import waitress
from waitress import channel
from waitress import task
from waitress import wasyncore

from nova_gs import exception

LOG = logging.getLogger(__name__)

#: Largest body that is read, in bytes.
MAX_BODY = 1024 * 1024

#: Longest pause between two looks at idle connections, in seconds.
_LOOK_EVERY = 30

#: What a stop allows clients, in seconds: to send the first byte of a request
#: on a connection that was just made, to complete one that they have begun,
#: and to go on reading an answer.
BEGUN_WITHIN = 0.1
ASKED_WITHIN = 5
READ_WITHIN = 5

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
    :param watchdog: has ``rest()`` and ``pet()``, as ``systemd.Watchdog``;
        petted while the server serves
    """

    def __init__(self, application, listener, threads, clock, patience=None,
                 watchdog=None):
        self._clock = clock
        self._patience = patience
        self._watchdog = watchdog
        self._map = {}
        self._stopping = threading.Event()
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._ended = False
        self._server = waitress.create_server(
            application, map=self._map, sockets=[listener], threads=threads,
            ident=None, max_request_body_size=MAX_BODY,
            asyncore_use_poll=True)
        self._server.channel_class = functools.partial(
            Connection, self._stopping)
        self.address = listener.getsockname()[:2]

    def stop(self, within=None):
        """Take no new connection; a second call waits for no answer.

        May be called from any thread.

        :param within: seconds in which it has to be over, if that is less
            than its patience; None does not limit it
        """
        if self._stopping.is_set():
            self._leaving.set()
        elif within is not None:
            self._patience = min(within, self._patience or within)
        self._stopping.set()
        with self._lock:
            # Once closed, its file descriptor may be somebody else's.
            if not self._ended:
                self._server.pull_trigger()

    @property
    def answering(self):
        """How many requests have no answer yet; from any thread."""
        return sum(connection.stage is Stage.ANSWERING
                   for connection in self._connections())

    def run(self):
        """Serve; returns when stopped.

        :returns: how many requests were left without an answer
        """
        while not self._stopping.is_set():
            self._turn(self._pet(_LOOK_EVERY))
        self._close_listener()
        left = self._finish()
        for connection in self._connections():
            connection.handle_close()
        if not left:
            self._server.task_dispatcher.shutdown()
            with self._lock:
                self._ended = True
                self._server.trigger.close()
        return left

    def _connections(self):
        return list(self._server.active_channels.values())

    def _pet(self, longest):
        """Pet the watchdog if due; return how long to wait at most, in s."""
        if self._watchdog is None:
            return longest
        self._watchdog.pet()
        rest = self._watchdog.rest()
        return longest if rest is None else min(longest, rest)

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
        began = self._clock.now()
        while True:
            waits = self._part(self._clock.now() - began)
            if not waits or self._leaving.is_set():
                return self.answering
            self._turn(min(waits + [_LOOK_EVERY]))

    def _part(self, elapsed):
        """Close what nobody waits for any more.

        :param elapsed: seconds since the stop began
        :returns: for each connection that is waited for: seconds until it
            has to be looked at again
        """
        waits = []
        for connection in self._connections():
            stage = connection.stage
            wait = seconds_left(stage, elapsed, self._patience,
                                connection.unread_for(self._clock))
            if wait > 0:
                waits.append(wait)
            elif stage is not Stage.ANSWERING:
                connection.handle_close()
        return waits


class Stage(enum.Enum):
    """How far the talk on a connection is."""

    NEW = 'new'              # nothing has come in yet
    ASKING = 'asking'        # a part of a request has come in
    ANSWERING = 'answering'  # a request is being carried out
    READING = 'reading'      # its answer is given and not read yet
    IDLE = 'idle'            # between two requests


def seconds_left(stage, elapsed, patience, unread_for):
    """Return how long a stop still waits for a connection, in seconds.

    :param stage: its Stage
    :param elapsed: seconds since the stop began
    :param patience: seconds that the stop may take, or None for no end
    :param unread_for: seconds since its client last sent or read something
    :returns: 0 or less when the time is over
    """
    at_most = (float('inf') if patience is None else patience) - elapsed
    return min(at_most, {
        Stage.NEW: BEGUN_WITHIN - elapsed,
        Stage.ASKING: ASKED_WITHIN - elapsed,
        Stage.ANSWERING: at_most,
        Stage.READING: READ_WITHIN - unread_for,
        Stage.IDLE: 0}[stage])


class Task(task.WSGITask):
    """An answer that says whether it is the last one on its connection."""

    def build_response_header(self):
        if self.channel.ends_with(self.request):
            self.request.headers['CONNECTION'] = 'close'
        return super().build_response_header()


class Connection(channel.HTTPChannel):
    """One client's connection.

    :param stopping: threading.Event of the server
    """

    task_class = Task

    def __init__(self, stopping, *args, **kwargs):
        self._stopping = stopping
        super().__init__(*args, **kwargs)

    @property
    def stage(self):
        """Its Stage."""
        if self.requests:
            return Stage.ANSWERING
        if self.total_outbufs_len:
            return Stage.READING
        if self.request is not None:
            return Stage.ASKING
        if self.last_activity == self.creation_time:
            return Stage.NEW
        return Stage.IDLE

    def unread_for(self, clock):
        """Return the seconds since its client last sent or read something."""
        return clock.utcnow().timestamp() - self.last_activity

    def ends_with(self, request):
        """Whether no other request is answered after this one."""
        return self._stopping.is_set() and self.requests[-1:] == [request]

    def handle_close(self):
        if self._stopping.is_set():
            self._read_away()
        super().handle_close()

    def _read_away(self):
        """Read what has come in too late.

        What lies unread in a socket that is closed makes the kernel reset
        the connection, and the client lose the answer before.
        """
        try:
            while self.socket.recv(MAX_BODY, socket.MSG_DONTWAIT):
                pass
        except OSError:
            # There is no more, or nobody any more.
            pass
