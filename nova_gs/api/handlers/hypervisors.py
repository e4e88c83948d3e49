"""See the hosts: hypervisors, availability zones, aggregates."""

from oslo_utils import uuidutils

from nova_gs.api.handlers import hosts
from nova_gs.api import paging
from nova_gs.api.views import hypervisors as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.policies import hypervisors as rules


def index(call):
    """``GET /os-hypervisors``."""
    return _list(call, view.brief)


def detail(call):
    """``GET /os-hypervisors/detail``."""
    return _list(call, view.full)


def show(call, hypervisor_id):
    """``GET /os-hypervisors/ID``."""
    call.authorize(rules.SHOW)
    node = _load(call, hypervisor_id)
    return {'hypervisor': view.full(
        call, node, hosts.Hosts(call).service(node.host),
        _servers(call, node))}


def uptime(call, hypervisor_id):
    """``GET /os-hypervisors/ID/uptime``, before 2.88."""
    call.authorize(rules.SHOW)
    _load(call, hypervisor_id)
    raise exception.Invalid(
        reason='Virt driver does not implement uptime function.')


def statistics(call):
    """``GET /os-hypervisors/statistics``, before 2.88: the sum of all."""
    call.authorize(rules.SHOW)
    nodes = list(objects.ComputeNodeList.get_all(call.context))
    return {'hypervisor_statistics': {
        'count': len(nodes), **view.usage(nodes)}}


def search(call, hypervisor_id):
    """``GET /os-hypervisors/PATTERN/search``, before 2.53."""
    call.authorize(rules.SHOW)
    records = hosts.Hosts(call)
    return {'hypervisors': [
        view.brief(call, node, records.service(node.host))
        for node in _matching(call, hypervisor_id)]}


def servers(call, hypervisor_id):
    """``GET /os-hypervisors/PATTERN/servers``, before 2.53."""
    call.authorize(rules.SHOW)
    records = hosts.Hosts(call)
    return {'hypervisors': [
        view.brief(call, node, records.service(node.host),
                   _instances(call, node))
        for node in _matching(call, hypervisor_id)]}


def _list(call, one):
    call.authorize(rules.LIST)
    pattern = (call.param('hypervisor_hostname_pattern')
               if call.minor >= 53 else None)
    paged = call.minor >= 33 and (
        'limit' in call.query or 'marker' in call.query)
    if pattern is not None:
        if paged:
            raise exception.Invalid(
                reason='Paging over results with the '
                       'hypervisor_hostname_pattern query parameter is not '
                       'supported.')
        nodes = _matching(call, pattern)
    else:
        nodes = list(objects.ComputeNodeList.get_all(call.context))
    size = paging.limit(call) if paged else len(nodes)
    key = 'uuid' if call.minor >= 53 else 'id'
    nodes = paging.cut(nodes, call.param('marker') if paged else None,
                       size, key)
    records = hosts.Hosts(call)
    body = {'hypervisors': [
        one(call, node, records.service(node.host), _servers(call, node))
        for node in nodes]}
    links = paging.next_link(call, nodes, size, key) if paged else []
    if links:
        body['hypervisors_links'] = links
    return body


def _matching(call, pattern):
    nodes = [node for node in objects.ComputeNodeList.get_all(call.context)
             if pattern in (node.hypervisor_hostname or '')]
    if not nodes:
        raise exception.NotFound("No hypervisor matching '%s' could be "
                                 'found.' % pattern)
    return nodes


def _load(call, hypervisor_id):
    missing = exception.HypervisorNotFound(hypervisor_id=hypervisor_id)
    if call.minor >= 53:
        if not uuidutils.is_uuid_like(hypervisor_id):
            # Clients look names up this way and expect a 404 or a 400.
            raise missing
        return objects.ComputeNode.get_by_uuid(call.context, hypervisor_id)
    for node in objects.ComputeNodeList.get_all(call.context):
        if str(node.id) == hypervisor_id:
            return node
    raise missing


def _servers(call, node):
    """Return the servers that a request wants to see with a node."""
    if call.minor < 53 or not call.flag('with_servers'):
        return None
    return _instances(call, node)


def _instances(call, node):
    return list(objects.InstanceList.get_by_host(call.context, node.host))
