"""Services; a host that takes nothing in reads as disabled, with the why."""

from nova_gs.api.views import times
from nova_gs.objects import fields

INTERNAL_ZONE = 'internal'

#: What the deadline of a phase is for.
_DEADLINES = {
    fields.ServicePhase.DRAINING: ', until %s',
    fields.ServicePhase.QUIESCED: ', its work is to end by %s',
}

_LEAVING = (fields.ServicePhase.DRAINING, fields.ServicePhase.QUIESCED)


def disabled_reason(service):
    """Return why a service takes no new work, None when it does.

    What the host says of itself comes before what an administrator wrote
    down, since it ends by itself.
    """
    if service.phase in _LEAVING:
        text = '%s: %s' % (service.phase, service.phase_reason or
                           'no reason was given')
        if service.phase_deadline:
            text += _DEADLINES[service.phase] % times.short(
                service.phase_deadline)
        return text
    return service.disabled_reason if service.disabled else None


def status(service):
    """Return ``enabled`` or ``disabled``."""
    closed = service.disabled or service.phase in _LEAVING
    return 'disabled' if closed else 'enabled'


def zone(service):
    """Return the availability zone of a service."""
    if service.binary != fields.Binary.COMPUTE:
        return INTERNAL_ZONE
    return service.availability_zone or fields.DEFAULT_ZONE


def full(call, service):
    """Return a service with everything a version shows."""
    view = {
        'id': service.uuid if call.minor >= 53 else service.id,
        'binary': service.binary,
        'host': service.host,
        'zone': zone(service),
        'status': status(service),
        'state': call.services.servicegroup.state(service),
        'updated_at': times.exact(
            service.last_seen_at or service.updated_at),
        'disabled_reason': disabled_reason(service),
    }
    if call.minor >= 11:
        view['forced_down'] = service.forced_down
    return view


def named(service, *names):
    """Return host and binary with some more, as calls before 2.53 answer."""
    every = {'status': status(service),
             'disabled_reason': disabled_reason(service),
             'forced_down': service.forced_down}
    return {'host': service.host, 'binary': service.binary,
            **{name: every[name] for name in names}}
