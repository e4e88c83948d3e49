"""Which operations still need "compute" while this host is being stopped.

Peers older than the second RPC server, and those whose messages a pin keeps
off it, send the steps of begun work to "compute".  So a draining host cannot
always leave that queue at once: while an open operation has such a peer, the
queue stays attached for the steps of that operation: ``service.intake`` does
what is found here.
"""

from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import versions


def other_hosts(operations, host):
    """Return the hosts that operations share with one host, as a set.

    :param operations: objects.Operation, any number
    :param host: the one host's name
    """
    hosts = set()
    for operation in operations:
        hosts |= _others(operation, host)
    return hosts


def needing(operations, host, lacking):
    """Return the UUIDs of operations whose steps may come by "compute".

    To be asked only where there are such peers at all, as an operation that
    does not say who will send its next step counts as one of theirs.

    :param operations: what is open and names the host
    :param host: the host that is being stopped
    :param lacking: names of hosts that cannot send to compute-alt
    """
    return frozenset(operation.uuid for operation in operations
                     if _may_be_sent(operation, host, lacking))


def _may_be_sent(operation, host, lacking):
    others = _others(operation, host)
    if not others:
        # The last step of a move names only who takes it.  Once it is
        # claimed nothing more comes.
        return operation.owner is None and (
            catalogue.ROWS[operation.step].role is catalogue.Role.STEP)
    if operation.host == host and catalogue.is_conductor_step(
            operation.step):
        # Where it goes is not settled: the next candidate may be old.
        return True
    return not others.isdisjoint(lacking)


def _others(operation, host):
    return {operation.host, operation.peer_host} - {host, None}


class OldPeers:
    """The peers of one host that cannot send to compute-alt.

    :param conf: ConfigOpts
    :param context: admin RequestContext
    :param host: the host's name
    :param peers: peers.Peers
    """

    def __init__(self, conf, context, host, peers):
        self._conf = conf
        self._context = context
        self._host = host
        self._peers = peers

    def are_none(self):
        """Whether there are none, as far as is remembered; asks nobody."""
        return not self._is_pinned() and self._peers.fleet_has_alt()

    def find(self, timeout):
        """Return the UUIDs of operations that are open and have such a peer.

        Those of others count as well where it is not told who has a part in
        them.

        :param timeout: seconds for each question to a conductor
        :raises: PeerUnavailable
        """
        with rpc_client.at_most(timeout):
            operations = objects.OperationList.open_on_host(
                self._context, self._host)
            others = other_hosts(operations, self._host)
            return needing(operations, self._host,
                           others if self._is_pinned() else
                           self._peers.without_alt(others))

    def _is_pinned(self):
        return versions.is_pinned_before_alt(
            self._conf.upgrade_levels.compute)
