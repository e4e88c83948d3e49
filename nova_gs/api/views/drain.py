"""What a host still does, and what becomes of it at the deadline.

The records say which operations are open; the host itself, if it answers,
how far they are at this moment.
"""

import datetime

from nova_gs.api.views import times
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy

#: What becomes of a step that has not begun and may not begin.
STAYS_OFFERED = 'stays_offered'

_PHASE = fields.ServicePhase

#: Phases that are parts of a stop; the host knows better in which of them it
#: is, the record only that there is one.
_OF_A_STOP = tuple(phase.value for phase in (
    phases.Phase.DRAINING, phases.Phase.ABORTING, phases.Phase.RELEASING,
    phases.Phase.STOPPED, phases.Phase.FORCED))


def full(service, operations, told, live_migration_at_deadline):
    """Return the view of one host.

    :param service: objects.Service
    :param operations: the open objects.Operation that name the host
    :param told: what the host says (see ``service.quiesce``), or None
    :param live_migration_at_deadline: option of that name, where the host
        does not tell its own
    """
    said = told or {}
    at_deadline = said.get('live_migration_at_deadline',
                           live_migration_at_deadline)
    works = {work['operation_id']: work for work in said.get('works', ())}
    rows = [operation(one, works.get(one.uuid), service, at_deadline)
            for one in operations]
    return {'drain': {
        'service_id': service.uuid,
        'host': service.host,
        'phase': _phase(service, said),
        'reason': service.phase_reason,
        'since': _since(service, said),
        'deadline': times.short(service.phase_deadline),
        'complete': all(row['at_deadline'] == STAYS_OFFERED for row in rows),
        'live': told is not None,
        'operations': rows,
        'refused': said.get('refused', {}),
        'handed_back': said.get('handed_back', []),
    }}


def operation(one, work, service, live_migration_at_deadline):
    """Return the view of one operation.

    :param one: objects.Operation
    :param work: what the host says of it, or None
    """
    work = work or {}
    return {
        'id': one.uuid, 'kind': one.kind, 'server_id': one.instance_uuid,
        'state': one.state, 'step': one.step,
        'phase': work.get('note') or _waiting(one),
        'progress': _first(work.get('progress'), one.progress),
        'remaining_bytes': _first(work.get('remaining'), one.remaining),
        'estimated_end': times.short(_read(work.get('ends_at'))),
        'at_deadline': fate(one, service, live_migration_at_deadline),
        'host': one.host, 'peer_host': one.peer_host,
        'request_id': one.request_id,
    }


def fate(one, service, live_migration_at_deadline):
    """Return what becomes of an open operation at the host's deadline."""
    row = catalogue.ROWS[one.step]
    if (one.owner is None and one.host == service.host
            and service.phase != _PHASE.SERVING
            and not catalogue.may_begin(
                one.step, service.phase == _PHASE.QUIESCED)):
        return STAYS_OFFERED
    waits = one.params.get(fields.WAITS_FOR) or {}
    if one.step == 'build_instance' and one.owner and waits.get('events'):
        return policy.OnShutdown.ABORT.value
    if row.on_shutdown is policy.OnShutdown.ABORT:
        return live_migration_at_deadline
    return policy.OnShutdown.FINISH.value


def _phase(service, said):
    both = (service.phase, said.get('phase'))
    if all(phase in _OF_A_STOP for phase in both):
        return said['phase']
    return service.phase


def _since(service, said):
    """Return since when it is in its phase, None when nobody can tell."""
    if service.phase == _PHASE.QUIESCED:
        return times.short(service.quiesced_at)
    if said.get('phase') == _phase(service, said):
        return times.short(_read(said['since']))
    return None


def _waiting(one):
    if one.state == fields.OperationState.INTERRUPTED:
        return 'interrupted, waits for %s to start' % one.host
    if one.owner is not None:
        return 'under way'
    if one.state == fields.OperationState.ACCEPTED:
        return 'waits to begin'
    return 'its next step waits for %s' % (one.host or 'a conductor')


def _first(*values):
    return next((value for value in values if value is not None), None)


def _read(text):
    return text and datetime.datetime.fromisoformat(text)
