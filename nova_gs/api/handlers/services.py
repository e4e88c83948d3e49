"""See services; take them out of use and back in."""

from oslo_utils import strutils
from oslo_utils import uuidutils

from nova_gs.api.views import services as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import services as rules


def index(call):
    """``GET /os-services``."""
    call.authorize(rules.LIST)
    filters = {name: call.param(name) for name in ('host', 'binary')
               if call.param(name) is not None}
    found = objects.ServiceList.get_by_filters(call.context, filters)
    return {'services': [view.full(call, one) for one in found]}


def enable(call):
    """``PUT /os-services/enable``, before 2.53."""
    service = _by_host(call)
    service.set_status(disabled=False)
    return {'service': view.named(service, 'status')}


def disable(call):
    """``PUT /os-services/disable``, before 2.53."""
    service = _by_host(call)
    service.set_status(disabled=True)
    return {'service': view.named(service, 'status')}


def disable_log_reason(call):
    """``PUT /os-services/disable-log-reason``, before 2.53."""
    service = _by_host(call)
    service.set_status(disabled=True,
                       disabled_reason=call.body['disabled_reason'])
    return {'service': view.named(service, 'status', 'disabled_reason')}


def force_down(call):
    """``PUT /os-services/force-down``, 2.11 to 2.52."""
    service = _by_host(call)
    service.set_status(forced_down=strutils.bool_from_string(
        call.body.get('forced_down', False)))
    return {'service': view.named(service, 'forced_down')}


def update(call, service_id):
    """``PUT /os-services/UUID``, since 2.53."""
    call.authorize(rules.UPDATE)
    if not uuidutils.is_uuid_like(service_id):
        raise exception.Invalid(
            reason='Invalid uuid %s. Services are named by UUID since '
                   'version 2.53.' % service_id)
    status = call.body.get('status')
    reason = call.body.get('disabled_reason')
    if reason is not None and status != 'disabled':
        raise exception.Invalid(
            reason="Specifying disabled_reason requires that status is "
                   "'disabled'.")
    service = objects.Service.get_by_uuid(call.context, service_id)
    if service.binary != fields.Binary.COMPUTE:
        raise exception.Invalid(
            reason='Updating a %s service is not supported. Only '
                   'nova-compute services can be updated.' % service.binary)
    forced = call.body.get('forced_down')
    service.set_status(
        disabled=None if status is None else status == 'disabled',
        disabled_reason=reason,
        forced_down=(None if forced is None
                     else strutils.bool_from_string(forced)))
    return {'service': view.full(call, service)}


def _by_host(call):
    call.authorize(rules.UPDATE)
    return objects.Service.get_by_host_and_binary(
        call.context, call.body['host'], call.body['binary'])
