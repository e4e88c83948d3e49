"""Guests that were to come here and whose source may be lost.

Who brings a guest also says how that ended.  A source that was killed does
not, and may never return.  So this host remembers for whom it has made room,
and looks at these migrations with each heartbeat.  One whose source is lost
("interrupted") is settled from here as far as nobody can be harmed by it:

* the hypervisor knows nothing of the guest: its room is given back;
* the guest runs here: the migration is taken over, and the record says so;
* anything else may still change: it is looked at again.

The source may return at any moment.  Then both want the same row, and the
database gives it to one of them; the other finds the guest in one place, too.
"""

import enum
import threading

from oslo_log import log as logging

from nova_gs.compute.live_migration import destination
from nova_gs.compute.live_migration import leftovers
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.shutdown import policy
from nova_gs.virt import live_migration

LOG = logging.getLogger(__name__)

#: The step in which the source moves the guest.
STEP = 'live_migration'

_STATES = fields.OperationState
_ARRIVAL = live_migration.Arrival


class Verdict(enum.Enum):
    """What is done about a room."""

    KEEP = 'keep'
    FORGET = 'forget'
    GIVE_BACK = 'give back'
    TAKE_OVER = 'take over'


#: By what the hypervisor says of the guest; else KEEP.
_OF_INTERRUPTED = {
    _ARRIVAL.NOTHING: Verdict.GIVE_BACK,
    _ARRIVAL.HERE: Verdict.TAKE_OVER,
}
#: The same when the source has ended the migration without this host; a
#: guest that is here all the same is nothing to be tidied away.
_OF_FAILED = {
    _ARRIVAL.NOTHING: Verdict.GIVE_BACK,
    _ARRIVAL.COMING: Verdict.KEEP,
}


def needs_a_look(operation):
    """Whether what becomes of a room depends on where the guest is."""
    return operation.step == STEP and operation.state in (
        _STATES.INTERRUPTED, _STATES.FAILED, _STATES.ABORTED)


def decide(operation, arrival=None):
    """Return the ``Verdict`` on a room.

    :param operation: objects.Operation that was to bring the guest
    :param arrival: live_migration.Arrival, where it ``needs_a_look``
    """
    if not needs_a_look(operation):
        under_way = operation.step == STEP and not operation.is_final
        return Verdict.KEEP if under_way else Verdict.FORGET
    if operation.is_final:
        return _OF_FAILED.get(arrival, Verdict.FORGET)
    return _OF_INTERRUPTED.get(arrival, Verdict.KEEP)


class Room:
    """The room of one guest.

    :ivar lock: held while it is settled
    :ivar is_given_back: whether the hypervisor keeps it no more
    :ivar told: why it could not be settled, as last logged
    """

    def __init__(self, operation_uuid, instance_uuid):
        self.operation_uuid = operation_uuid
        self.instance_uuid = instance_uuid
        self.lock = threading.Lock()
        self.is_given_back = False
        self.told = None


class Rooms:
    """The rooms that this host has made, by the guest's UUID.

    :param host: compute.host.Host
    """

    def __init__(self, host):
        self._host = host
        self._lock = threading.Lock()
        self._rooms = {}
        #: Whether what an earlier process has made is known.
        self._is_complete = False

    def remember(self, operation_uuid, instance_uuid):
        """Note that room is about to be made for a guest."""
        with self._lock:
            self._rooms[instance_uuid] = Room(operation_uuid, instance_uuid)

    def forget(self, instance_uuid):
        """Note that somebody sees to the end of a migration."""
        with self._lock:
            self._rooms.pop(instance_uuid, None)

    def look(self, ctxt, gate):
        """Look at the migrations that rooms are kept for; for the heartbeat.

        What has to be done is done in a thread of its own, since the
        hypervisor may take its time.

        :param ctxt: admin RequestContext
        :param gate: shutdown.tracker.Gate, so that a stop sees what is done
        :raises: PeerUnavailable
        """
        if not self._is_complete:
            self._learn(ctxt)
        with self._lock:
            rooms = {room.operation_uuid: room
                     for room in self._rooms.values()}
        if not rooms:
            return
        for operation in objects.OperationList.get_by_filters(
                ctxt, {'uuid': list(rooms)}):
            room = rooms[operation.uuid]
            if needs_a_look(operation):
                threading.Thread(
                    target=self._settle, args=(ctxt, gate, room),
                    name='room', daemon=True).start()
            elif decide(operation) is Verdict.FORGET:
                self._drop(room)

    def _learn(self, ctxt):
        """Remember what an earlier process of this host has made."""
        left = objects.OperationList.get_by_filters(ctxt, {
            'peer_host': self._host.name, 'step': STEP,
            'state': [_STATES.RUNNING, _STATES.INTERRUPTED]})
        with self._lock:
            for operation in left:
                self._rooms.setdefault(operation.instance_uuid, Room(
                    operation.uuid, operation.instance_uuid))
            self._is_complete = True

    def _drop(self, room):
        with self._lock:
            if self._rooms.get(room.instance_uuid) is room:
                del self._rooms[room.instance_uuid]

    def _is_kept(self, room):
        with self._lock:
            return self._rooms.get(room.instance_uuid) is room

    def _settle(self, ctxt, gate, room):
        """Do what is to be done about a room, unless that is being done."""
        if not room.lock.acquire(blocking=False):
            return
        reason = None
        try:
            with leftovers.alone_with(room.instance_uuid):
                # Anew, since it was read before the lock was ours.
                operation = objects.Operation.get_by_uuid(
                    ctxt, room.operation_uuid)
                if self._is_kept(room):
                    self._act(ctxt, gate, room, operation)
        except exception.NovaGSException as error:
            reason = exception.reason_of(error)
        except Exception:
            LOG.exception('The room of instance %s could not be settled',
                          room.instance_uuid)
        finally:
            room.lock.release()
        if reason and reason != room.told:
            LOG.warning('What becomes of the room of instance %s is not '
                        'settled yet: %s', room.instance_uuid, reason)
        room.told = reason

    def _act(self, ctxt, gate, room, operation):
        arrival = self._host.driver.look_for_arrival(operation.instance)
        verdict = decide(operation, arrival)
        if verdict is Verdict.FORGET:
            self._drop(room)
        if verdict is Verdict.KEEP or (
                verdict is Verdict.GIVE_BACK and room.is_given_back):
            return
        LOG.info('Operation %s, which was to bring instance %s here from '
                 'host %s, is %s, and the hypervisor says of the guest: %s. '
                 'Verdict on its room: %s.', operation.uuid,
                 operation.instance_uuid, operation.host, operation.state,
                 arrival.value, verdict.value)
        if verdict is Verdict.FORGET:
            return
        with gate.enter('room of a live migration',
                        policy.WhileDraining.OPEN_OPERATION,
                        policy.OnShutdown.FINISH,
                        operation_uuid=operation.uuid,
                        instance_uuid=operation.instance_uuid):
            if verdict is Verdict.TAKE_OVER:
                destination.commit_arrival(self._host, ctxt, operation)
            else:
                self._give_back(ctxt, room, operation)

    def _give_back(self, ctxt, room, operation):
        leftovers.let_go(self._host, operation.instance,
                         live_migration.Side.DESTINATION, arrived=False)
        if operation.is_final:
            self._host.cleared.append(operation.migration_uuid)
            self._drop(room)
            return
        # It stays remembered: as long as nobody has settled the migration
        # the guest may come in spite of all.
        objects.Migration.give_room_back(
            ctxt, operation.migration_uuid, self._host.name)
        room.is_given_back = True
