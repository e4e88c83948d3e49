"""Sending the offered step of an operation to whoever executes it."""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.rpc import catalogue

LOG = logging.getLogger(__name__)


class Publisher:
    """Publishes offered steps.

    The step stands in the database before it comes here, so a message that
    cannot be sent is only late: the sweeper sends it again.

    :param compute: ComputeAPI
    :param conductor: ConductorAPI
    """

    def __init__(self, compute, conductor):
        self._compute = compute
        self._conductor = conductor

    def publish(self, ctxt, operation):
        """Send an operation's present step; never blocks, never raises.

        :returns: whether the broker has taken the message
        """
        step = operation.step
        try:
            if catalogue.is_conductor_step(step):
                getattr(self._conductor, step)(ctxt, operation.uuid)
            else:
                getattr(self._compute, step)(
                    ctxt, operation.host, operation.uuid)
        except exception.PeerUnavailable as error:
            LOG.warning('Step %s of operation %s could not be sent and will '
                        'be sent again: %s', step, operation.uuid,
                        exception.reason_of(error))
            return False
        return True
