"""Version documents, which clients read before anything else."""

from nova_gs.api.views import versions as view


def root(call):
    """``GET /``: both Compute API versions."""
    return view.root(call.base_url)


def v20(call):
    """``GET /v2``: gone, but to be found."""
    return view.one(call.base_url, '2.0')


def v21(call):
    """``GET /v2.1``: the range of microversions."""
    return view.one(call.base_url, '2.1')


def identity_root(call):
    """``GET /identity``: which versions there are."""
    return {'versions': {'values': [view.identity(call.base_url)]}}


def identity(call):
    """``GET /identity/v3``: without it no client lists servers."""
    return {'version': view.identity(call.base_url)}
