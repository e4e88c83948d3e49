"""The way to the broker itself, where oslo.messaging has no words for it.

Connections are those of the transport's pool.  What is asked goes over a
channel of its own: the broker closes one on which something was asked in
vain, and takes back by itself what was read there and not acknowledged.
"""

import contextlib

import amqp
import kombu.exceptions
from oslo_messaging._drivers import amqpdriver

#: How it shows that the broker is away, or does not do what it is asked to.
FAILURES = (amqp.AMQPError, kombu.exceptions.OperationalError, OSError)


def driver_of(transport):
    """Return what drives a transport, if that knows a broker, or None.

    :param transport: from ``rpc.transport.create``
    """
    driver = transport._driver
    return driver if isinstance(driver, amqpdriver.AMQPDriverBase) else None


@contextlib.contextmanager
def opened(transport):
    """Open a channel for the length of a block.

    :param transport: from ``rpc.transport.create``
    :returns: amqp.Channel; None where there is no broker that speaks AMQP
    :raises: one of FAILURES
    """
    driver = driver_of(transport)
    if driver is None:
        yield None
        return
    with driver._get_connection(retry=0) as pooled:
        connection = pooled.connection
        with connection._connection_lock:
            library = connection.connection
            if library.transport.driver_type != 'amqp':
                yield None
                return
            with library.channel() as channel:
                yield channel
