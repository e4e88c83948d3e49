"""The built-in network catalogue: as much of the Network API as is read.

Besides the networks of the configuration there is one that gives no
interface: who names it gets what ``--nic none`` gives.  Where ports are
Neutron's, clients ask Neutron instead.
"""

from nova_gs.api.views import versions
from nova_gs import exception
from nova_gs.network import built_in
from nova_gs.policies import catalogues as rules

NETWORKS = ({
    'id': built_in.ISOLATED,
    'name': 'isolated',
    'description': 'Guests on this network have no network interface.',
    'status': 'ACTIVE',
    'admin_state_up': True,
    'shared': True,
    'router:external': False,
    'is_default': False,
    'port_security_enabled': False,
    'mtu': 1500,
    'subnets': [],
    'tags': [],
    'availability_zones': [],
    'availability_zone_hints': [],
    'project_id': '',
    'tenant_id': '',
},)

#: Collections that clients ask for and that are empty here.
EMPTY = ('subnets', 'ports', 'routers', 'extensions')


def root(call):
    """``GET /network``: which versions there are."""
    return versions.catalogue(
        call.base_url, 'network/v2.0', 'v2.0', '2016-01-21T00:00:00Z')


def resources(call):
    """``GET /network/v2.0``: what there is."""
    return {'resources': [
        {'name': name.rstrip('s'), 'collection': name, 'links': [
            {'rel': 'self', 'href': '%s/network/v2.0/%s' % (
                call.base_url, name)}]}
        for name in ('networks',) + EMPTY]}


def index(call):
    """``GET /network/v2.0/networks``, filtered by any plain field."""
    call.authorize(rules.NETWORKS)
    return {'networks': [
        network for network in _all(call)
        if all(_fits(call, network, name) for name in network)]}


def show(call, network_id):
    """``GET /network/v2.0/networks/ID``."""
    call.authorize(rules.NETWORKS)
    for network in _all(call):
        if network['id'] == network_id:
            return {'network': network}
    raise exception.NetworkNotFound(network_id=network_id)


def empty(call, collection):
    """``GET /network/v2.0/...``: collections that have nothing in them."""
    call.authorize(rules.NETWORKS)
    if collection not in EMPTY:
        raise exception.NotFound('The resource could not be found.')
    return {collection: []}


def _all(call):
    """Return every network: the one without interfaces comes first."""
    named = getattr(call.services.network, 'networks', {})
    return NETWORKS + tuple(
        dict(NETWORKS[0], id=network_id, name=name, description=(
            'In bridge %s of each host.' % bridge if bridge else
            "QEMU's user-mode network."))
        for network_id, (name, bridge) in named.items())


def _fits(call, network, name):
    wanted = call.params(name)
    if not wanted:
        return True
    if isinstance(network[name], bool):
        return call.flag(name) == network[name]
    return str(network[name]) in wanted
