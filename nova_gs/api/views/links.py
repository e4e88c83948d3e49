"""Links that every document of the Compute API carries."""

PREFIX = '/v2.1'


def both(base_url, *path):
    """Return the ``self`` and the ``bookmark`` link of a resource.

    :param base_url: scheme and host, without a slash at the end
    :param path: what the resource is under, e.g. ``'servers', uuid``
    """
    tail = '/'.join(path)
    return [{'rel': 'self', 'href': '%s%s/%s' % (base_url, PREFIX, tail)},
            bookmark(base_url, *path)]


def bookmark(base_url, *path):
    """Return the version-independent link of a resource."""
    return {'rel': 'bookmark', 'href': '%s/%s' % (base_url, '/'.join(path))}
