"""Flavors, as each version shows them."""

from nova_gs.api.views import links


def brief(call, flavor):
    """Return a flavor of the short list."""
    view = {'id': flavor.flavorid, 'name': flavor.name,
            'links': links.both(call.base_url, 'flavors', flavor.flavorid)}
    if call.minor >= 55:
        view['description'] = flavor.description
    return view


def full(call, flavor):
    """Return a flavor with its sizes."""
    view = brief(call, flavor)
    view.update({
        'ram': flavor.memory_mb,
        'vcpus': flavor.vcpus,
        'disk': flavor.root_gb,
        'swap': flavor.swap or (0 if call.minor >= 75 else ''),
        'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeral_gb,
        'OS-FLV-DISABLED:disabled': flavor.disabled,
        'os-flavor-access:is_public': flavor.is_public,
        'rxtx_factor': 1.0,
    })
    if call.minor >= 61:
        view['extra_specs'] = dict(flavor.extra_specs)
    return view
