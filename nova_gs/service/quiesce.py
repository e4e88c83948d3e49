"""A host that an operator quiesces, and lets work again.

The service record is the truth: whoever quiesces a host writes it there, then
tells the host, which reads its record.  If the host cannot be told, its next
heartbeat brings the news, and if it is not running, its next start.
"""

import datetime
import threading

from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client
from nova_gs.shutdown import phases
from nova_gs.shutdown import quiesce

#: How long the record is waited for when somebody has told us, in seconds.
READ_WITHIN = 1

#: How long whoever told us waits until it is so, in seconds.
MOVED_WITHIN = 1


class Quiescing:
    """Keeps the coordinator of a host to what its record says.

    :param coordinator: ``shutdown.coordinator.Coordinator``
    :param gate: ``shutdown.tracker.Gate``
    :param tracker: ``shutdown.tracker.Tracker``
    :param record: ``host_record.HostRecord``
    :param settings: the options of group [shutdown]
    """

    def __init__(self, coordinator, gate, tracker, record, settings):
        self._coordinator = coordinator
        self._gate = gate
        self._tracker = tracker
        self._record = record
        self._settings = settings
        self._lock = threading.Lock()
        #: What the coordinator was told last; None: to serve.
        self._told = None
        self._moved = threading.Event()

    # -- from the record to the coordinator

    def begin(self):
        """Go by the record from now on; to be called before work comes in."""
        self._record.follow(self._see)

    def moved(self):
        """Say that the coordinator has done what it was told."""
        self._moved.set()

    def _see(self, service):
        if service.phase == fields.ServicePhase.QUIESCED:
            self._tell(quiesce.Quiesce(
                service.phase_reason, service.phase_deadline))
        elif service.phase == fields.ServicePhase.SERVING:
            self._tell(None)

    def _tell(self, order):
        with self._lock:
            if order == self._told:
                return
            self._told = order
            self._moved.clear()
            if order is not None:
                # At once: the coordinator may be busy, and work comes in.
                self._gate.let_go(order.reason or quiesce.NO_REASON,
                                  quiesce.UNTIL_TAKEN_BACK)
            self._coordinator.post(order or phases.Event.RESUME)

    # -- what an operator asks, by RPC

    def quiesce_host(self, deadline, reason):
        """Take nothing in from now on; returns when that is so.

        :param deadline: until when the work is to end, ISO 8601 or None
        :param reason: a sentence, or None
        """
        self._go_by_record(quiesce.Quiesce(
            reason, deadline and datetime.datetime.fromisoformat(deadline)))

    def resume_host(self):
        """Take work again; returns when that is so."""
        self._go_by_record(None)

    def _go_by_record(self, otherwise):
        """Read the record; if that is not possible, go by what we are told.

        Two operators may be of two minds: then their messages may come in
        another order than they wrote the record in.
        """
        try:
            with rpc_client.at_most(READ_WITHIN):
                read = self._record.report(READ_WITHIN)
        except exception.NovaGSException:
            read = False
        if not read:
            self._tell(otherwise)
        self._moved.wait(MOVED_WITHIN)

    def describe_drain(self):
        """Return what this host does and refuses, as JSON can say it.

        ``phase``, ``since`` (ISO 8601), ``deadline`` (of a stop, ISO 8601 or
        None), ``refused`` ({RPC: count}), ``handed_back`` (UUIDs of
        operations), ``live_migration_at_deadline``, and ``works``: for each
        the ``operation_id``, ``note``, ``progress`` (per cent), ``remaining``
        (bytes) and ``ends_at`` (ISO 8601), as far as they are known.
        """
        now = self._coordinator.history[-1]
        deadline = self._coordinator.deadline
        return {
            'phase': now.phase.value, 'since': now.wall.isoformat(),
            'deadline': deadline and deadline.isoformat(),
            'refused': self._gate.refused,
            # What serves has taken it up again, whatever was noted since.
            'handed_back': ([] if now.phase is phases.Phase.SERVING
                            else self._gate.handed_back),
            'live_migration_at_deadline':
                self._settings.live_migration_at_deadline,
            'works': [_described(work) for work in self._tracker.list()
                      if work.operation_uuid],
        }


def _described(work):
    return {'operation_id': work.operation_uuid, 'note': work.note,
            'progress': work.progress, 'remaining': work.remaining,
            'ends_at': work.ends_at and work.ends_at.isoformat()}
