"""Servers, as each version shows them."""

import hashlib

from nova_gs.api import statuses
from nova_gs.api.views import interfaces
from nova_gs.api.views import links
from nova_gs.api.views import times
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

#: Set by no one here, shown because a version promises them.
_CONSTANT = (
    (1, 'accessIPv4', ''),
    (1, 'accessIPv6', ''),
    (1, 'OS-DCF:diskConfig', 'MANUAL'),
    (63, 'trusted_image_certificates', None),
)


def brief(call, instance):
    """Return a server of the short list."""
    return {'id': instance.uuid, 'name': instance.display_name,
            'links': links.both(call.base_url, 'servers', instance.uuid)}


def created(call, instance, password):
    """Return the answer to a create request."""
    return {'id': instance.uuid,
            'links': links.both(call.base_url, 'servers', instance.uuid),
            'OS-DCF:diskConfig': 'MANUAL',
            'security_groups': [{'name': 'default'}],
            'adminPass': password}


def full(call, instance, hosts, whole=True, groups=False):
    """Return a server with its attributes.

    :param hosts: ``handlers.hosts.Hosts``, for what its host says
    :param whole: False for what PUT answers before 2.75
    :param groups: add server_groups, which lists do not have
    """
    server = _base(call, instance)
    for since, name, value in _CONSTANT:
        if call.minor >= since:
            server[name] = value
    if call.minor >= 9:
        server['locked'] = instance.locked
    if call.minor >= 73:
        server['locked_reason'] = instance.locked_reason
    if call.minor >= 19:
        server['description'] = instance.description
    if call.minor >= 26:
        server['tags'] = list(instance.tags)
    if groups and call.minor >= 71:
        server['server_groups'] = []
    if whole:
        server.update(_states(instance))
        server.update(_place(call, instance, hosts))
    return server


def _base(call, instance):
    status = statuses.of(instance)
    server = {
        **brief(call, instance),
        'status': status,
        'tenant_id': instance.project_id,
        'user_id': instance.user_id,
        'metadata': dict(instance.metadata),
        'hostId': host_id(instance.host, instance.project_id),
        'image': _image(call, instance),
        'flavor': _flavor(call, instance.flavor),
        'created': times.short(instance.created_at),
        'updated': times.short(instance.updated_at or instance.created_at),
        'addresses': interfaces.addresses(instance.ports),
    }
    if status in statuses.WITH_PROGRESS:
        server['progress'] = instance.progress
    if instance.fault and status in ('ERROR', 'DELETED'):
        server['fault'] = _fault(call, instance)
    return server


def _states(instance):
    return {
        'key_name': instance.key_name,
        'config_drive': 'True' if instance.config_drive else '',
        'security_groups': [],
        'os-extended-volumes:volumes_attached': [],
        'OS-EXT-STS:task_state': instance.task_state,
        'OS-EXT-STS:vm_state': instance.vm_state,
        'OS-EXT-STS:power_state': instance.power_state,
        'OS-SRV-USG:launched_at': times.exact(instance.launched_at),
        'OS-SRV-USG:terminated_at': times.exact(instance.terminated_at),
    }


def _place(call, instance, hosts):
    """Return what a server shows of where it is, as far as the user may."""
    place = {'OS-EXT-AZ:availability_zone':
             hosts.zone_of(instance.host) or instance.availability_zone or ''}
    if call.minor >= 96:
        place['pinned_availability_zone'] = instance.availability_zone
    if call.minor >= 16 and call.allowed(rules.HOST_STATUS, instance):
        place['host_status'] = hosts.status_of(instance.host)
    extended = call.allowed(rules.EXTENDED, instance)
    if extended:
        place.update(_extended(call, instance))
    if call.minor >= 90 or (extended and call.minor >= 3):
        place['OS-EXT-SRV-ATTR:hostname'] = instance.hostname
    return place


def _extended(call, instance):
    attributes = {
        'host': instance.host,
        'hypervisor_hostname': instance.node,
        'instance_name': 'instance-%08x' % instance.id,
    }
    if call.minor >= 3:
        attributes.update(
            reservation_id=instance.reservation_id,
            launch_index=instance.launch_index, kernel_id='', ramdisk_id='',
            root_device_name='/dev/vda', user_data=instance.user_data)
    return {'OS-EXT-SRV-ATTR:' + name: value
            for name, value in attributes.items()}


def _image(call, instance):
    if not instance.image_ref:
        return ''
    return {'id': instance.image_ref, 'links': [
        links.bookmark(call.base_url, 'images', instance.image_ref)]}


def _flavor(call, flavor):
    if flavor is None:
        return {}
    if call.minor < 47:
        return {'id': flavor.flavorid, 'links': [
            links.bookmark(call.base_url, 'flavors', flavor.flavorid)]}
    return {'original_name': flavor.name, 'vcpus': flavor.vcpus,
            'ram': flavor.memory_mb, 'disk': flavor.root_gb,
            'ephemeral': flavor.ephemeral_gb, 'swap': flavor.swap,
            'extra_specs': dict(flavor.extra_specs)}


def _fault(call, instance):
    kept = instance.fault
    fault = {'code': int(kept.get('code') or 500),
             'message': kept.get('message') or 'Error',
             'created': _fault_time(kept.get('created'), instance)}
    if kept.get('details') and call.allowed(rules.FAULT_DETAILS, instance):
        fault['details'] = kept['details']
    return fault


def _fault_time(text, instance):
    try:
        return times.short(fields.DateTime().coerce(None, 'created', text))
    except ValueError:
        return times.short(instance.updated_at or instance.created_at)


def host_id(host, project_id):
    """Return a name of a host that says nothing but "the same one again".

    :param host: the host's name, or None
    :returns: 56 hexadecimal digits, or '' without a host
    """
    if not host:
        return ''
    text = '%s%s' % (project_id, host)
    return hashlib.sha224(text.encode()).hexdigest()
