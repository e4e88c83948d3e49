"""See flavors, make and remove them."""

from oslo_utils import strutils
from oslo_utils import uuidutils

from nova_gs.api import paging
from nova_gs.api.views import flavors as view
from nova_gs import exception
from nova_gs import objects
from nova_gs.policies import flavors as rules


def index(call):
    """``GET /flavors``."""
    return _list(call, view.brief)


def detail(call):
    """``GET /flavors/detail``."""
    return _list(call, view.full)


def show(call, flavor_id):
    """``GET /flavors/ID``."""
    return {'flavor': view.full(call, _load(call, flavor_id))}


def extra_specs(call, flavor_id):
    """``GET /flavors/ID/os-extra_specs``."""
    return {'extra_specs': dict(_load(call, flavor_id).extra_specs)}


def create(call):
    """``POST /flavors``; answers 200, not 201, since ever."""
    call.authorize(rules.CREATE)
    wanted = call.body['flavor']
    flavorid = wanted.get('id')
    flavor = objects.Flavor(
        call.context,
        flavorid=(uuidutils.generate_uuid() if flavorid in (None, 'auto')
                  else str(flavorid)),
        name=wanted['name'],
        memory_mb=int(wanted['ram']),
        vcpus=int(wanted['vcpus']),
        root_gb=int(wanted['disk']),
        ephemeral_gb=int(wanted.get('OS-FLV-EXT-DATA:ephemeral', 0)),
        swap=int(wanted.get('swap', 0)),
        is_public=strutils.bool_from_string(
            wanted.get('os-flavor-access:is_public', True)),
        description=wanted.get('description'))
    flavor.create()
    return {'flavor': view.full(call, flavor)}


def delete(call, flavor_id):
    """``DELETE /flavors/ID``; servers keep the size they were made with."""
    call.authorize(rules.DELETE)
    objects.Flavor.get_by_flavor_id(call.context, flavor_id).destroy()


def _load(call, flavor_id):
    call.authorize(rules.READ)
    flavor = objects.Flavor.get_by_flavor_id(call.context, flavor_id)
    if not flavor.is_public and not call.allowed(rules.SEE_PRIVATE):
        raise exception.FlavorNotFound(flavor_id=flavor_id)
    return flavor


def _list(call, one):
    call.authorize(rules.READ)
    public = _public_filter(call)
    flavors = [
        flavor for flavor in objects.FlavorList.get_all(call.context)
        if (public is None or flavor.is_public == public)
        and flavor.memory_mb >= (paging.number(call, 'minRam') or 0)
        and flavor.root_gb >= (paging.number(call, 'minDisk') or 0)]
    size = paging.limit(call)
    flavors = paging.cut(flavors, call.param('marker'), size, 'flavorid')
    body = {'flavors': [one(call, flavor) for flavor in flavors]}
    links = paging.next_link(call, flavors, size, 'flavorid')
    if links and 'limit' in call.query:
        body['flavors_links'] = links
    return body


def _public_filter(call):
    """Return True, False, or None for both."""
    if not call.allowed(rules.SEE_PRIVATE):
        return True
    asked = call.param('is_public')
    if asked is None:
        return True
    return None if asked.lower() == 'none' else call.flag('is_public')
