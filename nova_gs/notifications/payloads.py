"""What a notification says.

A change of the fields below is a new VERSION: the minor number for a field
more, which readers pass by, and the major one for anything else.
"""

import datetime

from nova_gs.notifications import base
from nova_gs.objects import fields
from nova_gs.shutdown import policy


@base.payload
class DrainOperationPayload(base.Payload):
    """One piece of work on a host that drains."""

    VERSION = '1.0'
    SENTENCES = {
        'operation_uuid': 'The operation that it is a step of; null for '
                          'what has no record.',
        'kind': 'What the operation is for; null when not known yet.',
        'step': 'What is done: the name of the RPC method that asked for it.',
        'instance_uuid': 'The server that it is about, if there is one.',
        'request_id': 'The request that asked for it.',
        'began_at': 'When it was let in, UTC.',
        'phase': 'What it does at the moment, in words.',
        'progress': 'How far it is, in per cent; null when not known.',
        'remaining_bytes': 'What it still has to copy; null when not known.',
        'estimated_end': 'When it ends if it goes on like that, UTC; null '
                         'when nobody can tell.',
        'at_deadline': 'What becomes of it when the time for completing is '
                       'over: finish (waited for as long as possible), abort '
                       'or resume.',
    }
    fields = {
        'operation_uuid': fields.StringField(nullable=True),
        'kind': fields.StringField(nullable=True),
        'step': fields.StringField(),
        'instance_uuid': fields.StringField(nullable=True),
        'request_id': fields.StringField(nullable=True),
        'began_at': fields.DateTimeField(),
        'phase': fields.StringField(),
        'progress': fields.IntegerField(nullable=True),
        'remaining_bytes': fields.IntegerField(nullable=True),
        'estimated_end': fields.DateTimeField(nullable=True),
        'at_deadline': fields.StringField(),
    }

    @classmethod
    def of(cls, work):
        """Return the payload of a ``shutdown.tracker.Work``."""
        return cls(
            operation_uuid=work.operation_uuid, kind=work.kind,
            step=work.name, instance_uuid=work.instance_uuid,
            request_id=work.request_id, began_at=work.began_at,
            phase=work.note, progress=work.progress,
            remaining_bytes=work.remaining, estimated_end=work.ends_at,
            at_deadline=work.on_shutdown.value)


@base.payload
class ServiceDrainPayload(base.Payload):
    """How far the drain of a host is."""

    VERSION = '1.0'
    SENTENCES = {
        'host': 'Name of the host, as in the service list.',
        'binary': 'Which program drains.',
        'phase': 'The phase that it is in.',
        'why': 'What led to that phase: the name of the event.',
        'reason': 'What those who are refused are told; null when nobody '
                  'is.',
        'since': 'When that phase began, UTC.',
        'deadline': 'When the process ends at the latest, UTC; null when it '
                    'may take any time or stays.',
        'calls_off_at': 'When what did not complete is called off, UTC; null '
                        'when it is not, or has been.',
        'operations': 'What a drain waits for on this host.',
        'elsewhere': 'Names of operations that work on another host and '
                     'need this one.',
        'finished': 'How many steps of operations have ended by themselves, '
                    'well or badly, since the process was told to stop.',
        'aborted': 'How many were called off at a safe point since then.',
        'left': 'How many are left to the next start.',
        'refused': 'How many requests were refused because of the drain.',
        'handed_back': 'UUIDs of operations that were not begun, and stay '
                       'on record for when the host serves again.',
        'exit_code': 'What the process tells whoever started it; null as '
                     'long as it does not end.',
    }
    fields = {
        'host': fields.StringField(),
        'binary': fields.StringField(),
        'phase': fields.StringField(),
        'why': fields.StringField(),
        'reason': fields.StringField(nullable=True),
        'since': fields.DateTimeField(),
        'deadline': fields.DateTimeField(nullable=True),
        'calls_off_at': fields.DateTimeField(nullable=True),
        'operations': fields.ListOfObjectsField('DrainOperationPayload'),
        'elsewhere': fields.ListOfStringsField(),
        'finished': fields.IntegerField(),
        'aborted': fields.IntegerField(),
        'left': fields.IntegerField(),
        'refused': fields.IntegerField(),
        'handed_back': fields.ListOfStringsField(),
        'exit_code': fields.IntegerField(nullable=True),
    }

    @classmethod
    def of(cls, daemon, entry, ends):
        """Return the payload for a phase of a daemon.

        :param daemon: ``service.daemon.Daemon``
        :param entry: ``shutdown.coordinator.Entry``
        :param ends: whether the process ends
        """
        coordinator, tracker = daemon.coordinator, daemon.tracker
        left = coordinator.left()
        fates = [work.fate for work in tracker.history() if work not in left]
        return cls(
            host=daemon.host, binary=daemon.binary, phase=entry.phase.value,
            why=entry.why, reason=(
                None if daemon.gate.openness is policy.Openness.OPEN
                else daemon.gate.reason),
            since=entry.wall, deadline=coordinator.deadline,
            calls_off_at=_moment(
                coordinator.deadlines.abort_at, daemon.clock),
            operations=[DrainOperationPayload.of(work)
                        for work in tracker.holding()],
            elsewhere=daemon.left_elsewhere(),
            finished=fates.count(policy.Fate.FINISHED),
            aborted=fates.count(policy.Fate.ABORTED), left=len(left),
            refused=sum(daemon.gate.refused.values()),
            handed_back=daemon.gate.handed_back,
            exit_code=int(coordinator.exit_code()) if ends else None)

    def facts(self):
        """Return what makes it news, compared with another one.

        A moment that is counted from the monotonic clock differs a little
        at each look.
        """
        facts = dict(self.obj_to_primitive()['nova_gs_object.data'])
        del facts['calls_off_at']
        return facts


def _moment(at, clock):
    """Return an instant of the monotonic clock in wall time, or None."""
    if at is None or at <= clock.now():
        return None
    return (clock.utcnow() + datetime.timedelta(
        seconds=at - clock.now())).replace(microsecond=0)


ALL = (ServiceDrainPayload, DrainOperationPayload)
