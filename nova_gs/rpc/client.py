"""Sending a message as its catalogue row says.

Errors of the broker and of the library become ``PeerUnavailable`` here, so
that nobody else needs to know them.
"""

import contextlib
import contextvars
import functools

import kombu.exceptions
from oslo_log import log as logging
import oslo_messaging

from nova_gs import clock as clocks
from nova_gs import exception
from nova_gs.rpc import attempts
from nova_gs.rpc import catalogue
from nova_gs.rpc import freshness
from nova_gs.rpc import serializer
from nova_gs.rpc import times
from nova_gs.rpc import transport as rpc_transport

LOG = logging.getLogger(__name__)

#: What an absent, slow or strange broker or peer shows itself as.
_UNREACHABLE = (
    oslo_messaging.MessagingTimeout,
    oslo_messaging.MessageDeliveryFailure,
    # retry=0 lets kombu's own error through (measured).
    kombu.exceptions.OperationalError,
    ConnectionError,
)

_limit = contextvars.ContextVar('rpc_patience', default=None)

#: Shortest time that the library's call monitor can work with, in seconds.
_SHORTEST_MONITOR = 2

#: Shortest time in which an answer is at all possible, in seconds.
_SHORTEST_CALL = 0.05

#: How long a cast may take to be with the broker, in seconds.
_CAST_WITHIN = 2

#: The same while what was sent before is still not there, in seconds.
_CAST_AGAIN_WITHIN = 0.2

#: The library's own timeout comes first, if it comes at all (seconds).
_GRACE = 0.1

#: How often a call without a bound tries to reach an absent broker.
_RETRIES = 3

#: How often a call is made at most whose servers ask whether it still waits.
#: Each server of a queue may once, and all conductors read the same.
_ASKED_AT_MOST = 32


@contextlib.contextmanager
def at_most(seconds):
    """Bound every call that is made inside the block, in this thread."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def is_bounded():
    """Whether ``at_most`` bounds the calls made here."""
    return _limit.get() is not None


def bounded(seconds):
    """Return how long something may take here: at most so many seconds."""
    limit = _limit.get()
    return seconds if limit is None else min(seconds, limit)


class Client:
    """A sender to one transport.

    :param conf: ConfigOpts
    :param transport: from ``rpc.transport.create``
    :param bound: callable() -> the most seconds that any call may take for
        now, or None: as long as its row and ``at_most`` say
    :param clock: Clock; None for that of the machine
    """

    def __init__(self, conf, transport, bound=lambda: None, clock=None):
        #: Whether the last message was taken, and answered if it was a call.
        self.got_through = True
        self._conf = conf
        self._transport = transport
        self._bound = bound
        self._clock = clock or clocks.Clock()
        self._attempts = attempts.Attempts()
        self._client = oslo_messaging.get_rpc_client(
            transport, oslo_messaging.Target(),
            serializer=serializer.RequestSerializer())

    @property
    def library_client(self):
        """The oslo.messaging client, to prepare a destination with."""
        return self._client

    def patience(self, row):
        """Return how long a message may take, as arguments of prepare().

        A cast never waits for a broker: the offered step in the database
        is enough.  Neither does a call that was bounded by ``at_most``.
        """
        if row.kind is catalogue.Kind.CAST:
            return {'retry': 0}
        limit = self._limit()
        if limit is not None:
            return {'retry': 0, 'timeout': max(_SHORTEST_CALL, limit)}
        if row.patience is catalogue.Patience.LONG:
            return {'retry': _RETRIES, 'timeout': self._conf.long_rpc_timeout,
                    'call_monitor_timeout': max(
                        _SHORTEST_MONITOR, self._conf.rpc_response_timeout)}
        return {'retry': _RETRIES}

    def send(self, ctxt, row, prepared, host, version, arguments,
             is_wanted=lambda: True):
        """Send a message; a call returns its answer.

        A call says how long it waits.  A server that cannot tell whether it
        still does is told, by asking again.

        :param row: catalogue row
        :param prepared: what ``prepare()`` of the library's client gave
        :param host: whom it goes to, for messages to people
        :param version: RPC version to keep to
        :param arguments: dict by the names in the row
        :param is_wanted: callable() -> whether anybody waits for the answer
        :raises: PeerUnavailable, or whatever the method raises
        """
        known = row.arguments_at(version)
        arguments = {k: v for k, v in arguments.items() if k in known}
        if row.kind is catalogue.Kind.CAST:
            send = functools.partial(
                prepared.cast, ctxt, row.name, **arguments)
        else:
            send = self._caller(prepared, row, is_wanted, functools.partial(
                _call, ctxt, row.name, arguments))
        with times.measured(times.Side.CLIENT, row):
            return self._send(row, host, send)

    def _caller(self, prepared, row, is_wanted, call):
        """Return a function that calls; again, with proof, who doubts.

        :param call: callable(prepared client, freshness.Asked)
        """
        patience = self.patience(row)
        timeout = patience.get('timeout', self._conf.rpc_response_timeout)
        sign_within = patience.get('call_monitor_timeout', timeout)
        # Now: whatever keeps it from being sent, its caller waits already.
        end = self._clock.now() + timeout

        def ask():
            ready, proofs = prepared, ()
            while True:
                left = end - self._clock.now()
                asked = freshness.Asked(min(sign_within, left), proofs)
                if proofs:
                    ready = ready.prepare(timeout=max(_SHORTEST_CALL, left))
                try:
                    return call(ready, asked)
                except exception.AskAgain as doubt:
                    proofs += (doubt.kwargs['proof'],)
                    if (self._clock.now() >= end or not is_wanted()
                            or len(proofs) >= _ASKED_AT_MOST):
                        raise

        return ask

    def _send(self, row, host, send):
        got_through = True
        try:
            return self._in_time(row, send)
        except oslo_messaging.MessageUndeliverable as error:
            raise exception.Undeliverable(**_whom(
                row, host, 'it has no queue there')) from error
        except _UNREACHABLE as error:
            got_through = False
            if not isinstance(error, oslo_messaging.MessagingTimeout):
                rpc_transport.drop_dead(self._transport)
            raise exception.PeerUnavailable(
                **_whom(row, host, type(error).__name__)) from error
        finally:
            self.got_through = got_through

    def _limit(self):
        """Return how long a call may take, in seconds, or None."""
        limits = [limit for limit in (_limit.get(), self._bound())
                  if limit is not None]
        return min(limits, default=None)

    def _in_time(self, row, send):
        limit = self._limit()
        if row.kind is catalogue.Kind.CAST:
            limit = bounded(_CAST_AGAIN_WITHIN if self._attempts.hanging
                            else _CAST_WITHIN)
        if limit is None:
            return send()
        if self._attempts.exhausted:
            raise oslo_messaging.MessageDeliveryFailure(
                'what was sent before hangs')
        attempt = self._attempts.make(send, limit + _GRACE)
        if not attempt.done():
            raise oslo_messaging.MessagingTimeout('it was given up')
        return attempt.result()


def _whom(row, host, reason):
    return {'service': row.topic.value, 'host': host or 'any host',
            'method': row.name, 'reason': reason}


def _call(ctxt, name, arguments, prepared, asked):
    with serializer.saying(asked):
        return prepared.call(ctxt, name, **arguments)
