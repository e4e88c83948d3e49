"""The wait for a guest's ports at its destination, before it is moved.

The source waits, as it is where the guest is: it needs no thread of a
server's, and a migration that is called off meanwhile ends at once.  The
events come to both hosts, and stand on record.
"""

from oslo_log import log as logging

from nova_gs.compute import external_events
from nova_gs import exception

LOG = logging.getLogger(__name__)


def await_ports(departure, data, check):
    """Wait until the ports of a guest are plugged in where it is to go.

    :param departure: source.Departure
    :param data: the destination's MigrateData; one of an older release says
        nothing of that
    :param check: callable() that raises what the wait is to end with
    :raises: PortNotPlugged; PortNotPluggedInTime where that is fatal
    """
    wanted = data.told('waits_for')
    if not wanted:
        return
    host, operation = departure.host, departure.operation
    peer = operation.peer_host
    try:
        external_events.await_all(
            host, departure.ctxt, operation.instance_uuid,
            external_events.Awaited(
                [tuple(one) for one in wanted['events']], wanted['after'],
                peer),
            wanted['timeout'],
            lambda text: departure.work.say('%s at %s' % (text, peer)),
            check)
    except exception.PortNotPluggedInTime as error:
        if wanted['is_fatal']:
            raise
        reason = exception.reason_of(error)
    else:
        departure.work.say('ports are plugged in at %s' % peer)
        return
    # Not in the clause above: oslo.log would add the error again.
    LOG.warning('Instance %s is moved all the same: %s',
                operation.instance_uuid, reason)
