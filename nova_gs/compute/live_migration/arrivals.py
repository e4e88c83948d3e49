"""The live migrations that come to this host, as a stop of it sees them.

A destination never cuts: it asks the source, which knows how far the guest
is and has it while memory is copied.
"""

from nova_gs.compute.live_migration import deadline
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client
from nova_gs.shutdown import policy
from nova_gs.shutdown import tracker as trackers

_STEP = 'live_migration'
_STATUS = fields.MigrationStatus

#: Longest wait for one RPC, in seconds.
RPC_WITHIN = 2


class Arrival:
    """One live migration that comes to this host.

    :ivar uuid: the migration's UUID
    :ivar operation: its objects.Operation, as last read
    :ivar stage: ``deadline.Stage``
    :ivar is_forced: whether the source was asked to make it end, and agreed
    :ivar is_settled: whether it is called off, cannot be, or is left
    """

    def __init__(self, clock, operation):
        self.uuid = operation.migration_uuid
        self.operation = operation
        self.stage = deadline.Stage.WAITING
        self.is_forced = False
        self.is_settled = False
        self._clock = clock
        self._samples = []

    def see(self, operation):
        """Take in what the record says now."""
        self.operation = operation
        if operation.remaining is not None:
            self.stage = deadline.Stage.COPYING
            self._samples.append(deadline.Sample(
                self._clock.now(), operation.remaining))

    def estimate(self):
        """Return the seconds until its end; see ``deadline.estimate``."""
        return deadline.estimate(self._samples, self._clock.now())


class Arrivals:
    """The live migrations that come to this host.

    :param host: compute.host.Host
    :param ctxt: admin RequestContext
    :param tracker: shutdown.tracker.Tracker; what is left is told to it
    :param bounded: callable(seconds) -> seconds that a call may take
    """

    def __init__(self, host, ctxt, tracker, bounded):
        self._host = host
        self._ctxt = ctxt
        self._tracker = tracker
        self._bounded = bounded
        self._arrivals = {}

    def under_way(self):
        """Return the ``Arrival`` of each.

        :raises: PeerUnavailable when nobody can tell
        """
        with self._patience():
            coming = {
                operation.migration_uuid: operation for operation in
                objects.OperationList.open_on_host(
                    self._ctxt, self._host.name)
                if operation.step == _STEP
                and operation.peer_host == self._host.name}
        self._arrivals = {
            uuid: self._arrivals.get(uuid) or Arrival(
                self._host.clock, operation)
            for uuid, operation in coming.items()}
        for uuid, arrival in self._arrivals.items():
            arrival.see(coming[uuid])
            if arrival.stage is deadline.Stage.WAITING:
                arrival.stage = self._stage_of(arrival)
        return list(self._arrivals.values())

    def abort(self, migration_uuid, reason):
        """Ask the source to call a migration off.

        :param reason: for the user
        :raises: PeerUnavailable, MigrationNotFound
        """
        arrival = self._get(migration_uuid)
        if not self._cancel(arrival, reason):
            self._ask(arrival, 'live_migration_abort', reason)
        arrival.is_settled = True

    def force_complete(self, migration_uuid):
        """Ask the source to make a migration end soon.

        :raises: PeerUnavailable, MigrationNotFound
        """
        arrival = self._get(migration_uuid)
        self._ask(arrival, 'live_migration_force_complete')
        arrival.is_forced = True

    def leave(self, migration_uuid, reason):
        """Wait no longer; this host's next start takes up what is its own.

        The record stays as it is: the source goes on.
        """
        arrival = self._get(migration_uuid)
        operation = arrival.operation
        work = trackers.Work(
            self._tracker, '%s from %s' % (_STEP, operation.host),
            policy.OnShutdown.RESUME, operation.uuid,
            operation.instance_uuid)
        work.belongs_to(operation)
        self._tracker.add(work)
        work.say('left to the hypervisor', operation.progress)
        work.release(policy.Fate.LEFT)
        arrival.is_settled = True

    def _get(self, migration_uuid):
        arrival = self._arrivals.get(migration_uuid)
        if arrival is None:
            raise exception.MigrationNotFound(
                migration_id=migration_uuid, instance_id='to this host')
        return arrival

    def _patience(self):
        return rpc_client.at_most(self._bounded(RPC_WITHIN))

    def _stage_of(self, arrival):
        """Ask whether memory moves that nobody has counted yet."""
        with self._patience():
            status = objects.Migration.get_by_uuid(
                self._ctxt, arrival.uuid).status
        return (deadline.Stage.COPYING if status == _STATUS.RUNNING
                else deadline.Stage.WAITING)

    def _cancel(self, arrival, reason):
        """End what the source has not begun; returns whether that was so."""
        operation = arrival.operation
        if operation.owner is not None:
            return False
        with self._patience():
            return objects.Operation.cancel_offered(
                self._ctxt, operation.uuid, fields.OperationState.ABORTED,
                'The live migration to %s was called off before it had '
                'begun: %s' % (self._host.name, reason), step=_STEP,
                migration={'status': _STATUS.CANCELLED})

    def _ask(self, arrival, method, *arguments):
        """Ask the source; one that is past the point is seen through."""
        try:
            with self._patience():
                getattr(self._host.compute_rpcapi, method)(
                    self._ctxt, arrival.operation.host, arrival.uuid,
                    *arguments)
        except exception.MigrationNotAbortable:
            arrival.is_settled = True
