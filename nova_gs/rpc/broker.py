"""Is the broker there?

Where oslo.messaging needs a connection to listen on, it waits for the broker
without end and deaf to a stop.  So a start first makes one to send on, which
it may give up; that one stays in the pool and is used by the first message.
"""

from nova_gs import exception
from nova_gs.rpc import channels


def reach(transport):
    """Make sure that one connection can be made.

    :param transport: from ``rpc.transport.create``
    :returns: True
    :raises: PeerUnavailable
    """
    driver = channels.driver_of(transport)
    if driver is None:
        return True
    hosts = driver._url.hosts
    try:
        # The library begins with any of the hosts: enough tries for all.
        with driver._get_connection(retry=max(0, len(hosts) - 1)):
            return True
    except channels.FAILURES as error:
        raise exception.PeerUnavailable(
            'transport_url: no connection to a broker at %s (%s)' % (
                ', '.join('%s:%s' % (host.hostname, host.port or 5672)
                          for host in hosts) or 'localhost:5672',
                _cause(error))) from error


def _cause(error):
    """Return the part of an error that means something to people."""
    for each in (error, error.__cause__):
        said = (getattr(each, 'reply_text', None)
                or getattr(each, 'strerror', None))
        if said:
            return said.rstrip('.')
    return str(error) or type(error).__name__
