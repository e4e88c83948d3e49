"""What has waited in a host's queue while the host was away.

Thousands of messages may have, and a call that comes now would wait behind
them all.  Those that begin an operation are of no use any more: each step
was recorded as offered before its message was sent, and a start takes up
what is offered to its host.  Reading them out costs a quarter of what an RPC
server needs for each (measured: 0.19 against 0.85 ms).
"""

import json
import socket

from nova_gs.rpc import catalogue
from nova_gs.rpc import channels

#: So few messages are left to the server.
WORTH_IT = 20


def is_needless(body):
    """Whether a message only says what the records say, too.

    :param body: of the message, as oslo.messaging's envelope 2.0 has it
    """
    try:
        message = json.loads(json.loads(body)['oslo.message'])
        row = catalogue.ROWS[message['method']]
    except (ValueError, KeyError, TypeError):
        return False
    return (row.role is catalogue.Role.BEGINS
            and row.kind is catalogue.Kind.CAST)


def clear(transport, queue, clock, within):
    """Take the needless messages out of a queue that nobody reads yet.

    All others go back to their places.  It is for speed alone, so failures
    of the broker end it and are left to whoever needs the broker.

    :param transport: from ``rpc.transport.create``
    :param queue: its name
    :param clock: Clock
    :param within: seconds that it may take
    :returns: how many were taken out
    """
    try:
        with channels.opened(transport) as channel:
            return _clear(channel, queue, clock, within) if channel else 0
    except channels.FAILURES:
        return 0


def _clear(channel, queue, clock, within):
    waiting = channel.queue_declare(queue, passive=True).message_count
    if waiting < WORTH_IT:
        return 0
    reader = _Reader(channel, waiting)
    tag = channel.basic_consume(queue, callback=reader.read)
    end = clock.now() + within
    while reader.unread > 0 and clock.now() < end:
        try:
            channel.connection.drain_events(timeout=end - clock.now())
        except socket.timeout:
            break
    channel.basic_cancel(tag)
    return reader.taken


class _Reader:
    """Acknowledges what is needless and keeps the rest.

    :param channel: amqp channel
    :param unread: how many messages there are to read
    """

    def __init__(self, channel, unread):
        self._channel = channel
        self.unread = unread
        self.taken = 0

    def read(self, message):
        self.unread -= 1
        if self.unread >= 0 and is_needless(message.body):
            self._channel.basic_ack(message.delivery_tag)
            self.taken += 1
