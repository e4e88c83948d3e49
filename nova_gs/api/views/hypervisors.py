"""Hypervisors, as each version shows them."""

import json

from nova_gs.api.views import services as service_view

_SIZES = ('vcpus', 'vcpus_used', 'memory_mb', 'memory_mb_used', 'local_gb',
          'local_gb_used')


def identity(call, node):
    """Return the id of a node: a UUID since 2.53, a number before."""
    return node.uuid if call.minor >= 53 else node.id


def brief(call, node, service, servers=None):
    """Return a hypervisor of the short list.

    :param service: the Service of its nova-compute, None when it has none
    :param servers: the Instances to show with it, None for no such key
    """
    view = {
        'id': identity(call, node),
        'hypervisor_hostname': node.hypervisor_hostname,
        'state': _state(call, service),
        'status': service_view.status(service) if service else 'disabled',
    }
    # Before 2.75 a hypervisor without servers has no such key.
    if servers or (servers is not None and call.minor >= 75):
        view['servers'] = [{'uuid': instance.uuid,
                            'name': instance.display_name}
                           for instance in servers]
    return view


def full(call, node, service, servers=None):
    """Return a hypervisor with its attributes."""
    view = brief(call, node, service, servers)
    view.update(
        hypervisor_type=node.hypervisor_type,
        hypervisor_version=node.hypervisor_version,
        host_ip=node.host_ip,
        service=_service(call, node, service))
    if call.minor >= 88:
        view['uptime'] = None
        return view
    view.update(usage([node]))
    if call.minor >= 28:
        view['cpu_info'] = node.cpu_info
    else:
        view['cpu_info'] = json.dumps(node.cpu_info)
    return view


def usage(nodes):
    """Return what nodes have and how much of it is given out, summed up."""
    view = {name: sum(getattr(node, name) for node in nodes)
            for name in _SIZES}
    view.update(
        free_ram_mb=view['memory_mb'] - view['memory_mb_used'],
        free_disk_gb=view['local_gb'] - view['local_gb_used'],
        running_vms=sum(node.running_vms for node in nodes),
        current_workload=0, disk_available_least=None)
    return view


def _state(call, service):
    return call.services.servicegroup.state(service) if service else 'down'


def _service(call, node, service):
    if service is None:
        return {'id': '' if call.minor >= 53 else 0, 'host': node.host,
                'disabled_reason': None}
    return {'id': service.uuid if call.minor >= 53 else service.id,
            'host': service.host,
            'disabled_reason': service_view.disabled_reason(service)}
