"""What was done to a server, by request id."""

from nova_gs.api.handlers import common
from nova_gs.api.handlers import moments
from nova_gs.api import paging
from nova_gs.api.views import instance_actions as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.policies import instance_actions as rules


def index(call, server_id):
    """``GET /servers/ID/os-instance-actions``: the newest first."""
    instance = _load(call, server_id, rules.LIST)
    if call.minor < 58:
        found = objects.InstanceActionList.get_by_instance(
            call.context, instance.uuid)
        return {'instanceActions': [view.item(call, one) for one in found]}
    size = paging.limit(call)
    found = list(objects.InstanceActionList.get_by_instance(
        call.context, instance.uuid, limit=size,
        marker=call.param('marker'),
        **moments.changes(call, since=58, before=66)))
    body = {'instanceActions': [view.item(call, one) for one in found]}
    links = paging.next_link(call, found, size, key='request_id')
    if links:
        body['links'] = links
    return body


def show(call, server_id, request_id):
    """``GET /servers/ID/os-instance-actions/REQ``: one, with its events."""
    instance = _load(call, server_id, rules.SHOW)
    action = objects.InstanceAction.get_by_request_id(
        call.context, instance.uuid, request_id)
    return {'instanceAction': view.with_events(call, action, instance)}


def _load(call, server_id, rule):
    """Return the instance; since 2.21 also a deleted one."""
    try:
        return common.load_instance(call, server_id, rule)
    except exception.InstanceNotFound:
        if call.minor < 21:
            raise
    found = objects.InstanceList.get_by_filters(
        call.context, {'uuid': server_id, 'deleted': True})
    for instance in found:
        common.check_owner(call, instance)
        call.authorize(rule, instance)
        return instance
    raise exception.InstanceNotFound(instance_id=server_id)
