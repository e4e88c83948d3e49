"""List, show, change and delete servers."""

from oslo_log import log as logging
from oslo_utils import uuidutils

from nova_gs.api.handlers import common
from nova_gs.api.handlers import hosts
from nova_gs.api.handlers import resize
from nova_gs.api import paging
from nova_gs.api import server_filters
from nova_gs.api.views import servers as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import servers as rules

LOG = logging.getLogger(__name__)


def index(call):
    """``GET /servers``: names and ids."""
    call.authorize(rules.INDEX)
    return _list(call, lambda instance: view.brief(call, instance))


def detail(call):
    """``GET /servers/detail``: with their attributes."""
    call.authorize(rules.DETAIL)
    records = hosts.Hosts(call)
    return _list(call, lambda instance: view.full(call, instance, records))


def show(call, server_id):
    """``GET /servers/ID``."""
    instance = common.load_instance(call, server_id, rules.SHOW)
    return {'server': view.full(
        call, instance, hosts.Hosts(call), groups=True)}


def update(call, server_id):
    """``PUT /servers/ID``: rename or describe it."""
    instance = common.load_instance(call, server_id, rules.UPDATE)
    wanted = call.body['server']
    for asked, name in (('name', 'display_name'), ('hostname', 'hostname'),
                        ('description', 'description')):
        if asked in wanted:
            setattr(instance, name, wanted[asked])
    instance.save()
    return {'server': view.full(
        call, instance, hosts.Hosts(call), whole=call.minor >= 75,
        groups=True)}


def delete(call, server_id):
    """``DELETE /servers/ID``: recorded; its host does it when it can."""
    instance = common.load_to_change(call, server_id, rules.DELETE)
    pending = list(objects.OperationList.get_open_by_instance(
        call.context, instance.uuid))
    for operation in pending:
        if operation.kind == fields.OperationKind.DELETE:
            # Asked for before.  One without a host was for us to end.
            if operation.host is None:
                _end_here(call, operation)
            return
    if instance.host is None:
        instance = _call_off(call, instance, pending)
    if instance.host is not None:
        common.require_host(call, instance, letting_go=True)
    step, host = resize.first_step_of_delete(call, instance)
    wanted = dict(
        kind=fields.OperationKind.DELETE, step=step,
        task_state=fields.TaskState.DELETING, task_states=None,
        host=host, action='delete')
    if instance.host is not None:
        common.accept(call, instance, **wanted)
    else:
        _end_here(call, objects.Operation.accept(
            call.context, instance, **wanted))


def _call_off(call, instance, pending):
    """Take back a build that no host has heard of; return the instance.

    :raises: Conflict while the conductor is choosing a host
    """
    for operation in pending:
        if operation.state == fields.OperationState.INTERRUPTED:
            continue
        if not objects.Operation.cancel_offered(
                call.context, operation.uuid,
                fields.OperationState.ABORTED,
                'The server was deleted before a host was chosen.'):
            instance = objects.Instance.get_by_uuid(
                call.context, instance.uuid)
            if instance.host is None:
                raise exception.Conflict(
                    reason='A host is being chosen for instance %s at this '
                           'very moment. Try again in a few seconds.'
                           % instance.uuid)
    return instance


def _end_here(call, operation):
    """Delete what is on no host: there is nobody to send it to."""
    try:
        claimed = objects.Operation.claim(
            call.context, operation.uuid, operation.step,
            'nova-api', uuidutils.generate_uuid())
    except exception.ClaimRefused:
        # Another request for the same is about to end it.
        return
    _give_ports_back(call, claimed.instance)
    try:
        claimed.finish(
            fields.OperationState.SUCCEEDED,
            instance={'deleted': True, 'vm_state': fields.VMState.DELETED})
    except exception.InstanceMoved:
        # It was given a host at this very moment.
        now = objects.Instance.get_by_uuid(
            call.context, operation.instance_uuid)
        claimed.offer(claimed.step, host=now.host)
        call.services.publisher.publish(call.context, claimed)


def _give_ports_back(call, instance):
    """Release what a host that is no more may have left bound."""
    if not instance.ports:
        return
    try:
        call.services.network.release(call.context, instance)
    except exception.NetworkFailed as error:
        LOG.warning('Ports of server %s may be left: %s. Remove those with '
                    'device_id %s.', instance.uuid,
                    exception.reason_of(error), instance.uuid)


def _list(call, one):
    size = paging.limit(call)
    instances = server_filters.find(call, size)
    body = {'servers': [one(instance) for instance in instances]}
    links = paging.next_link(call, instances, size)
    if links:
        body['servers_links'] = links
    return body
