"""What ties this host to operations that others carry on.

An open operation that names a host keeps it from leaving, since whoever
executes the present step may still need it.  Nobody needs it for a step whose
executor is gone: such an operation goes on, or is settled, when its executor
starts, and may wait for that for days.
"""

from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.shutdown import follower


def tie_of(operation):
    """Return a ``follower.Tie``: what a stop tells of an operation."""
    return follower.Tie(
        '%s of instance %s' % (operation.kind, operation.instance_uuid),
        operation.uuid, operation.step, operation.progress,
        operation.remaining)


class Ties:
    """The ties of one host.

    :param host: its name
    :param owner: identity of this process
    :param servicegroup: servicegroup.ServiceGroup
    """

    def __init__(self, host, owner, servicegroup):
        self._host = host
        self._owner = owner
        self._servicegroup = servicegroup

    def find(self, ctxt):
        """Return the open operations that keep this host.

        :raises: PeerUnavailable
        """
        living = {}
        return [operation for operation in objects.OperationList.open_on_host(
                    ctxt, self._host)
                if self._keeps(ctxt, operation, living)]

    def _keeps(self, ctxt, operation, living):
        if not catalogue.holds_host(
                operation.step, claimed=operation.owner is not None):
            return False
        if catalogue.is_conductor_step(operation.step):
            # Conductors see to it themselves when one of them is gone.
            return True
        if operation.host == self._host:
            # What an earlier process of ours held, this one does not do.
            return operation.owner in (None, self._owner)
        if operation.host not in living:
            living[operation.host] = self._lives(ctxt, operation.host)
        return living[operation.host]

    def _lives(self, ctxt, host):
        found = list(objects.ServiceList.get_by_filters(
            ctxt, {'binary': fields.Binary.COMPUTE, 'host': host}))
        return any(self._servicegroup.is_up(service) for service in found)
