"""Let a host take nothing in, see what it still does, and take that back.

The record is written first.  A host that cannot be told then reads it at its
next heartbeat, or at its next start.
"""

from oslo_log import log as logging
from oslo_utils import uuidutils

from nova_gs.api.views import drain as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import services as rules
from nova_gs.rpc import client as rpc_client

LOG = logging.getLogger(__name__)

#: How long a host may take to do what its record says, in seconds.
DONE_WITHIN = 4

#: How long it may take to say what it does, in seconds.
TOLD_WITHIN = 1


def show(call, service_id):
    """``GET /os-services/ID/drain``."""
    return _view(call, _load(call, service_id))


def begin(call, service_id):
    """``PUT /os-services/ID/drain``: take nothing in, let work end."""
    service = _load(call, service_id)
    service.quiesce(call.body.get('reason'), call.body.get('deadline'))
    deadline = service.phase_deadline
    _tell(call, service, 'quiesce_host',
          deadline=deadline and deadline.isoformat(),
          reason=service.phase_reason)
    return _view(call, service)


def end(call, service_id):
    """``DELETE /os-services/ID/drain``: let it work again."""
    service = _load(call, service_id)
    service.resume()
    _tell(call, service, 'resume_host')


def _load(call, service_id):
    """Return the service that a path names, by UUID or by host."""
    call.authorize(rules.DRAIN)
    if not uuidutils.is_uuid_like(service_id):
        return objects.Service.get_by_host_and_binary(
            call.context, service_id, fields.Binary.COMPUTE)
    service = objects.Service.get_by_uuid(call.context, service_id)
    if service.binary != fields.Binary.COMPUTE:
        raise exception.Invalid(
            reason='A %s service cannot be drained by the API. Name a '
                   'nova-compute service.' % service.binary)
    return service


def _tell(call, service, method, **arguments):
    """Let the host act at once, if it can be reached."""
    if not call.services.servicegroup.is_up(service):
        return
    try:
        with rpc_client.at_most(DONE_WITHIN):
            getattr(call.services.compute_rpcapi, method)(
                call.context, service.host, **arguments)
    except exception.NovaGSException as error:
        LOG.warning('Host %s could not be told (%s). It learns of it by its '
                    'next heartbeat.', service.host,
                    exception.reason_of(error))


def _view(call, service):
    operations = objects.OperationList.open_on_host(
        call.context, service.host)
    return view.full(
        service, operations, _ask(call, service),
        call.services.conf.shutdown.live_migration_at_deadline)


def _ask(call, service):
    """Return what the host says of itself; None when it does not answer."""
    if not call.services.servicegroup.is_up(service):
        return None
    try:
        with rpc_client.at_most(TOLD_WITHIN):
            return call.services.compute_rpcapi.describe_drain(
                call.context, service.host)
    except exception.NovaGSException:
        return None
