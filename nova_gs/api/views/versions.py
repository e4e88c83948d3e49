"""Version documents: what clients read before they ask for anything."""

from nova_gs.api import microversions

_UPDATED = '2013-07-23T11:33:21Z'


def _self(base_url, path):
    return {'rel': 'self', 'href': '%s/%s/' % (base_url, path)}


def _media_types(number):
    return [{'base': 'application/json',
             'type': 'application/vnd.openstack.compute+json;version=%s'
                     % number}]


def _v20(base_url):
    # Long gone, but tempest and old clients look for it in first place.
    return {'id': 'v2.0', 'status': 'DEPRECATED', 'version': '',
            'min_version': '', 'updated': '2011-01-21T11:33:21Z',
            'links': [_self(base_url, 'v2')]}


def _v21(base_url):
    return {'id': 'v2.1', 'status': 'CURRENT',
            'version': microversions.text(microversions.MAX_MINOR),
            'min_version': microversions.text(microversions.MIN_MINOR),
            'updated': _UPDATED, 'links': [_self(base_url, 'v2.1')]}


def root(base_url):
    """Return the document of ``GET /``."""
    return {'versions': [_v20(base_url), _v21(base_url)]}


def one(base_url, number):
    """Return the document of ``GET /v2.1`` or, for '2.0', of ``GET /v2``."""
    version = _v20(base_url) if number == '2.0' else _v21(base_url)
    version['links'].append({'rel': 'describedby', 'type': 'text/html',
                             'href': 'http://docs.openstack.org/'})
    version['media-types'] = _media_types(number)
    return {'version': version}


def identity(base_url):
    """Return the identity version document that clients insist on."""
    return {'id': 'v3.14', 'status': 'stable',
            'updated': '2020-04-07T00:00:00Z',
            'links': [_self(base_url, 'identity/v3')],
            'media-types': [{
                'base': 'application/json',
                'type': 'application/vnd.openstack.identity-v3+json'}]}


def catalogue(base_url, path, version_id, updated):
    """Return the root document of a built-in catalogue.

    :param path: what its API is under, e.g. ``'image/v2'``
    """
    return {'versions': [{
        'id': version_id, 'status': 'CURRENT', 'updated': updated,
        'links': [_self(base_url, path)]}]}
