"""Connections to the broker, with the bounds that a quick stop needs."""

import threading

from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging
from oslo_messaging._drivers import amqpdriver
from oslo_messaging._drivers import impl_rabbit

from nova_gs import clock as clocks
from nova_gs.rpc import channels

LOG = logging.getLogger(__name__)

#: Errors of ours keep their class when they cross the wire.
REMOTE_EXCEPTION_MODULES = ('nova_gs.exception',)

#: Longest pause of a listener between two looks at the socket, in seconds.
#: Stopping a server takes up to this long; the library's 5 s make an idle
#: stop last 5 s (measured; 0.1 costs 0.6 % of a core).
LONGEST_POLL = 0.1

#: Longest wait for the connections to be closed in order, in seconds.
CLOSED_WITHIN = 0.3

#: Options of the RabbitMQ driver with other defaults for this service.
DEFAULTS = {
    # A frozen broker can hold the closing of a connection this long (s).
    'heartbeat_timeout_threshold': 20,
    # Each connection of the pool has a heartbeat thread of its own.
    'rpc_conn_pool_size': 4,
    # Bounds what is under way in a socket when a server detaches.
    'rabbit_qos_prefetch_count': 10,
    # How long a queue of answers waits for its process (s): longer than it
    # takes to connect again, no longer than anyone waits for an answer. Of
    # a process that has ended nothing is left on the broker after that.
    'rabbit_transient_queues_ttl': 50,
}


def prepare():
    """Set the bounds; once, before the first transport is made."""
    amqpdriver.ACK_REQUEUE_EVERY_SECONDS_MAX = LONGEST_POLL
    cfg.set_defaults(impl_rabbit.rabbit_opts, **DEFAULTS)


def create(conf):
    """Return a new RPC transport with connections of its own.

    :raises: oslo_messaging.DriverLoadFailure or InvalidTransportURL for a
             URL that cannot be used; an absent broker shows only when used
    """
    prepare()
    return oslo_messaging.get_rpc_transport(
        conf, allowed_remote_exmods=list(REMOTE_EXCEPTION_MODULES))


def close(transports, within=CLOSED_WITHIN):
    """Close the connections of transports, all at the same time.

    Whoever still uses one of them gets no answers any more, which looks like
    a peer that is away.

    Queues of answers stay for ``rabbit_transient_queues_ttl``.  With its
    queue gone, a peer that is about to answer would keep a thread trying for
    a minute.

    :param transports: from ``create``
    :param within: seconds to wait at most; a broker that is frozen holds a
        connection for ``heartbeat_timeout_threshold``
    :returns: whether all of them are done with
    """
    closed = []

    def run(transport):
        try:
            _close(transport)
        except Exception as error:
            # Then the broker has closed it, or will.
            LOG.debug('A connection could not be closed in order: %s', error)
        closed.append(transport)

    threads = [threading.Thread(target=run, args=(transport,), daemon=True,
                                name='close') for transport in transports]
    for thread in threads:
        thread.start()
    clock = clocks.Clock()
    end = clock.now() + within
    for thread in threads:
        thread.join(max(0, end - clock.now()))
    return len(closed) == len(threads)


def drop_dead(transport):
    """Take connections that have died out of a transport's pool.

    The library leaves it to their heartbeat threads to mend them, seconds
    later; until then whatever is sent without a retry fails.  And under
    eventlet such a thread has been seen to hang for good after a broker
    stood still.  Without them the next message makes a new connection.

    :param transport: from ``create``
    :returns: how many there were
    """
    driver = channels.driver_of(transport)
    if driver is None:
        return 0
    pool = driver._connection_pool
    with pool._cond:
        dead = [item for item in pool._items if not _is_alive(item[1])]
        for item in dead:
            pool._items.remove(item)
            pool._current_size -= 1
        pool._cond.notify(len(dead))
    for _, connection in dead:
        # It waits for the heartbeat thread.
        threading.Thread(target=_bury, args=(connection,), daemon=True,
                         name='close').start()
    return len(dead)


def _is_alive(connection):
    library = connection.connection
    # The second one is what a message gets whose own channel is lost.
    channels = connection.channel, library._default_channel
    return library.connected and not any(
        channel is not None and channel.connection is None
        for channel in channels)


def _bury(connection):
    try:
        connection.close()
    except Exception as error:
        LOG.debug('A dead connection could not be closed: %s', error)


def _close(transport):
    driver = channels.driver_of(transport)
    if driver is None:
        transport.cleanup()
        return
    # Not the library's cleanup(): it makes bugs of late users.
    driver._connection_pool.empty()
    with driver._reply_q_lock:
        if driver._waiter is not None:
            driver._waiter.stop()
            driver._reply_q_conn.close()
