"""An RPC server that loses nothing when it stops.

The library's own ``stop()`` leaves its consumers registered, so the broker
goes on delivering to a socket that nobody reads; closing the connection then
acknowledges and drops what has piled up there (3695 of 4000 messages in a
drain, measured).  ``detach()`` gives unacknowledged messages back and cancels
the consumers instead, so they stay ready for another server or the next
start.  It reaches into oslo.messaging's AMQP listener; requirements.txt
bounds that dependency and a flood test guards the attributes used here.

What has been fetched but not begun when the server stops passes the gate of
its process, which refuses it: a call is answered at once, a cast is dropped,
as its step is still offered in the database.

A call whose caller may have left is not begun either, see ``rpc.freshness``.
"""

import contextlib
import contextvars
import functools
import socket
import threading

from oslo_log import log as logging
import oslo_messaging
from oslo_messaging._drivers import amqp as rpc_amqp
from oslo_messaging.rpc import server as rpc_server

from nova_gs import clock as clocks
from nova_gs import exception
from nova_gs.rpc import catalogue
from nova_gs.rpc import freshness
from nova_gs.rpc import serializer
from nova_gs.rpc import times

LOG = logging.getLogger(__name__)

#: How long a broker may take to confirm that a server has left its queues,
#: in seconds; under load it takes a tenth of that.
CONFIRMED_WITHIN = 1

#: An answer that cannot be sent for so long is not waited for any more, in
#: seconds: the broker is away, and with it whoever asked.
STUCK_AFTER = 2

#: What the message that is being worked on is answered instead of being
#: begun; None: it is begun.
_refusal = contextvars.ContextVar('refusal', default=None)

_AS_USUAL = contextlib.nullcontext()


class LosslessRPCServer(rpc_server.RPCServer):
    """An RPCServer that counts what it has accepted, and can detach.

    It begins no call whose caller may have left.
    """

    def __init__(self, transport, target, dispatcher, _executor=None):
        # Under eventlet, too: these threads are green ones there, and the
        # executor that the library has for it is about to be removed.
        super().__init__(transport, target, dispatcher, 'threading')
        self._clock = clocks.Clock()
        #: Messages that were accepted and not answered, and which of them
        #: are being worked on.
        self._pending, self._executing = set(), set()
        self._changed = threading.Condition()
        #: Whether anybody waits for a change.
        self._is_watched = False
        self._freshness = freshness.Freshness(self._clock)

    def _create_listener(self):
        """Note each look of the thread that reads the queue."""
        adapter = super()._create_listener()
        listener = getattr(adapter, '_poll_style_listener', None)
        if hasattr(listener, 'conn'):
            consume = listener.conn.consume

            def look_and_consume(*args, **kwargs):
                self._look(listener)
                return consume(*args, **kwargs)

            listener.conn.consume = look_and_consume
        return adapter

    def _look(self, listener):
        self._freshness.look(_way(listener))

    def _on_incoming(self, incoming):
        self._pending.update(incoming)
        for message in incoming:
            message.receipt = self._freshness.received(
                freshness.heard(message.ctxt), _was_given_back(message),
                _way(getattr(message, 'listener', None)))
        super()._on_incoming(incoming)

    def _process_incoming(self, incoming):
        [message] = incoming
        refusal = self._refusal_of(message)
        if refusal is not None:
            message.reply = _tried_once(message)
        # The dispatcher ends the call monitor's thread only for what it
        # executes; otherwise that runs for ever.
        if refusal is not None or not _is_known(message):
            message.client_timeout = None
        message.reply = self._executed_before(message.reply, message)
        self._executing.add(message)
        self._tell()
        try:
            with _AS_USUAL if refusal is None else _refused(refusal):
                super()._process_incoming(incoming)
        finally:
            self._executing.discard(message)
            self._pending.discard(message)
            self._tell()

    def _refusal_of(self, message):
        """Return what a call is answered if it is not begun, or None."""
        if (not _is_known(message)
                or self._freshness.may_begin(message.receipt)):
            return None
        return exception.AskAgain(
            service=self._target.topic, host=self._target.server,
            method=message.message['method'], proof=self._freshness.proof())

    def _executed_before(self, reply, message):
        """Return a reply that first notes that the work on it is done."""
        def reply_executed(*args, **kwargs):
            self._executing.discard(message)
            self._tell()
            reply(*args, **kwargs)

        return reply_executed

    def _tell(self):
        # Whoever waits says so before looking at what we have changed.
        if self._is_watched:
            with self._changed:
                self._changed.notify_all()

    @property
    def pending(self):
        """How many accepted messages have not been answered yet."""
        return len(self._pending)

    def wait_answered(self, timeout):
        """Wait until what was accepted has been answered.

        :param timeout: seconds, or None for no limit: then only answers
            that cannot be sent are given up, after ``STUCK_AFTER``
        :returns: whether that came true
        """
        end = None if timeout is None else self._clock.now() + timeout
        with self._changed:
            self._is_watched = True
            while self._pending:
                waits = [] if end is None else [end - self._clock.now()]
                if not self._executing:
                    waits.append(STUCK_AFTER)
                if not self._changed.wait(min(waits, default=None)):
                    return False
            return True

    def detach(self, within=CONFIRMED_WITHIN):
        """Stop for good, with every message that was not begun kept safe.

        :param within: seconds after which the connection to a broker that
            says nothing is cut; the broker then takes back by itself what
            was not acknowledged
        :returns: how many messages went back to the broker, as far as known
        """
        self._freshness.rest()
        given_back = []
        detaching = threading.Thread(
            target=lambda: given_back.append(self._detach()), daemon=True,
            name='detach')
        detaching.start()
        detaching.join(within)
        if detaching.is_alive():
            LOG.warning('The broker does not confirm that the queues are '
                        'left; its connection is cut.')
            _cut(self.listener._poll_style_listener)
        return sum(given_back)

    def _detach(self):
        self.stop()
        listener = getattr(self.listener, '_poll_style_listener', None)
        given_back = 0
        if hasattr(listener, 'conn'):
            given_back = _return_unread(listener)
            for message in listener.incoming:
                self._on_incoming([message])
        try:
            self.listener.cleanup()
        except Exception as error:
            LOG.warning('A connection could not be closed in order: %s',
                        error)
        return given_back


@contextlib.contextmanager
def _refused(error):
    """Have the endpoint answer with an error what this thread works on."""
    token = _refusal.set(error)
    try:
        yield
    finally:
        _refusal.reset(token)


def _way(listener):
    """Return by what a listener reads its queue, or None.

    There is none any more when the connection is being closed.
    """
    return listener and getattr(listener.conn.connection, 'channel', None)


def _is_known(message):
    return message.message.get('method') in catalogue.ROWS


def _was_given_back(message):
    """Whether another reader of the queue had a message before."""
    raw = getattr(message.message, '_raw_message', None)
    return raw is not None and bool(raw.delivery_info.get('redelivered'))


def _tried_once(message):
    """Return a reply that is not tried again when nobody is there for it.

    The library's own keeps a thread for a minute when the queue of answers
    is gone; here that only says that the caller has left.

    :param message: from the listener
    """
    if not hasattr(message, '_send_reply'):
        return message.reply

    def reply(result=None, failure=None):
        try:
            with message.listener.driver._get_connection() as connection:
                message._send_reply(connection, result, failure)
        except (oslo_messaging.MessageUndeliverable,
                rpc_amqp.AMQPDestinationNotFound):
            LOG.info('%s: whoever asked has left.', message.message['method'])

    return reply


def _return_unread(listener):
    """Requeue casts that were delivered and not read; cancel the consumers.

    Calls become the listener's, to be answered: whoever made them waits.

    :param listener: the AMQP listener, which is not polled any more
    :returns: how many messages went back
    """
    returned = []

    def give_back(message):
        if message.get('_msg_id'):
            listener(message)
        else:
            message.requeue()
            returned.append(message)

    consumers = dict(listener.conn.connection._consumers)
    for consumer in consumers:
        consumer.callback = give_back
    try:
        for consumer, tag in consumers.items():
            consumer.cancel(tag)
    except Exception as error:
        # The connection is gone, and with it the consumers: the broker has
        # taken back by itself what was not acknowledged.
        LOG.warning('Could not cancel the consumers: %s', error)
    return len(returned)


def _cut(listener):
    """End the connection of a listener, which may be waiting on it.

    :param listener: the AMQP listener
    """
    connection = listener.conn.connection
    for consumer in list(connection._consumers):
        # Whoever makes the connection anew must not consume again.
        consumer.declare = consumer.consume = _nothing
    try:
        connection.channel.connection.sock.shutdown(socket.SHUT_RDWR)
    except (AttributeError, OSError):
        # It is just being made, or gone.
        LOG.debug('There is no connection to cut.')


def _nothing(*args, **kwargs):
    pass


class CataloguePolicy(oslo_messaging.RPCAccessPolicyBase):
    """Only what has a row can be called."""

    def is_allowed(self, endpoint, method):
        return method in endpoint.exposed


class Endpoint:
    """The methods of a manager that one server answers.

    :param manager: has a method for each row
    :param topic: the server's Topic
    :param invoke: called as ``invoke(row, method, ctxt, **arguments)``
    """

    def __init__(self, manager, topic, invoke):
        self.target = oslo_messaging.Target(
            version=catalogue.version_of(topic))
        self.exposed = set()
        for row in catalogue.rows_served_on(topic):
            method = functools.partial(
                _guarded, invoke, row, getattr(manager, row.name))
            setattr(self, row.name, method)
            self.exposed.add(row.name)


def _guarded(invoke, row, method, ctxt, **arguments):
    """Turn our own errors into answers without a traceback in the log."""
    try:
        with times.measured(times.Side.SERVER, row):
            refusal = _refusal.get()
            if refusal is not None:
                raise refusal
            return invoke(row, method, ctxt, **arguments)
    except exception.NovaGSException as error:
        LOG.info('%s: %s', row.name, exception.reason_of(error))
        raise oslo_messaging.ExpectedException() from error
    except (SystemExit, KeyboardInterrupt) as error:
        # These would end the worker silently and let the caller wait.
        raise RuntimeError('%s ended with %r' % (row.name, error)) from error


def create(transport, topic, host, manager, invoke):
    """Return a server, not yet started, for one topic on one host."""
    target = oslo_messaging.Target(topic=topic.value, server=host)
    return oslo_messaging.get_rpc_server(
        transport, target, [Endpoint(manager, topic, invoke)],
        serializer=serializer.RequestSerializer(),
        access_policy=CataloguePolicy, server_cls=LosslessRPCServer)
