"""Connections to the broker, with the bounds that a quick stop needs."""

from oslo_config import cfg
import oslo_messaging
from oslo_messaging._drivers import impl_rabbit
# After impl_rabbit and not before: that module computes the allowed maximum
# of one of its options from the constant that is set below.
from oslo_messaging._drivers import amqpdriver  # noqa: H306

#: Errors of ours keep their class when they cross the wire.
REMOTE_EXCEPTION_MODULES = ('nova_gs.exception',)

#: Longest pause of a listener between two looks at the socket, in seconds.
#: Stopping a server takes up to this long; the library's 5 s make an idle
#: stop last 5 s (measured; 0.1 costs 0.6 % of a core).
LONGEST_POLL = 0.1

#: Options of the RabbitMQ driver with other defaults for this service.
DEFAULTS = {
    # A frozen broker can hold the closing of a connection this long (s).
    'heartbeat_timeout_threshold': 20,
    # Each connection of the pool has a heartbeat thread of its own.
    'rpc_conn_pool_size': 4,
    # Bounds what is under way in a socket when a server detaches.
    'rabbit_qos_prefetch_count': 10,
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
