"""Availability zones, and host aggregates, of which there are none."""

from nova_gs.api.views import services as service_view
from nova_gs.api.views import times
from nova_gs import objects
from nova_gs.policies import hypervisors as rules


def aggregates(call):
    """``GET /os-aggregates``: clients ask when they show a hypervisor."""
    call.authorize(rules.AGGREGATES)
    return {'aggregates': []}


def index(call):
    """``GET /os-availability-zone``: without hosts."""
    call.authorize(rules.ZONES)
    return {'availabilityZoneInfo': [
        _zone(name, services) for name, services in _by_zone(call)
        if name != service_view.INTERNAL_ZONE]}


def detail(call):
    """``GET /os-availability-zone/detail``: with hosts and services."""
    call.authorize(rules.ZONES_DETAIL)
    infos = []
    for name, services in _by_zone(call):
        info = _zone(name, services)
        info['hosts'] = {}
        for service in services:
            info['hosts'].setdefault(service.host, {})[service.binary] = {
                'available': call.services.servicegroup.is_up(service),
                'active': service_view.status(service) == 'enabled',
                'updated_at': times.exact(service.last_seen_at)}
        infos.append(info)
    return {'availabilityZoneInfo': infos}


def _by_zone(call):
    zones = {}
    for service in objects.ServiceList.get_by_filters(call.context, {}):
        zones.setdefault(service_view.zone(service), []).append(service)
    return sorted(zones.items())


def _zone(name, services):
    usable = any(service_view.status(service) == 'enabled'
                 for service in services)
    return {'zoneName': name, 'zoneState': {'available': usable},
            'hosts': None}
