"""Pages of a list: limit and marker in, a link to the next one out."""

from urllib import parse

from nova_gs import exception


def number(call, name):
    """Return a query parameter as a number >= 0, or None.

    :raises: Invalid when it is something else
    """
    value = call.param(name)
    if value is None:
        return None
    if not value.isdigit():
        raise exception.Invalid(
            reason="Invalid input for query parameters %s. Value: %s. It "
                   'must be a whole number, 0 or more.' % (name, value))
    return int(value)


def limit(call):
    """Return how many items the list may have; never above max_limit."""
    most = call.services.conf.api.max_limit
    asked = number(call, 'limit')
    return most if asked is None else min(asked, most)


def cut(items, marker, size, key='uuid'):
    """Return the page of a whole list that begins after a marker.

    :param key: the attribute that markers name
    :raises: Invalid when no item is the marker
    """
    if marker is not None:
        names = [str(getattr(item, key)) for item in items]
        if marker not in names:
            raise missing(marker)
        items = items[names.index(marker) + 1:]
    return items[:size]


def missing(marker):
    """Return the error for a marker that names nothing."""
    return exception.Invalid(reason='marker [%s] not found' % marker)


def next_link(call, items, size, key='uuid'):
    """Return ``[link]`` when the page is full, so that more may follow."""
    if not items or len(items) < size:
        return []
    query = [(name, value) for name in call.query if name != 'marker'
             for value in call.params(name)]
    query.append(('marker', str(getattr(items[-1], key))))
    return [{'rel': 'next', 'href': '%s%s?%s' % (
        call.base_url, call.path, parse.urlencode(query))}]
