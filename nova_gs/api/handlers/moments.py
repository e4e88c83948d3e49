"""Points in time that lists are filtered by."""

from oslo_utils import timeutils

from nova_gs import exception


def parse(call, name):
    """Return a query parameter as an aware UTC datetime, None without it.

    :raises: Invalid when it is no ISO 8601 time
    """
    text = call.param(name)
    if text is None:
        return None
    try:
        # A "+" that nobody escaped has become a space.
        moment = timeutils.parse_isotime(text.replace(' ', '+'))
    except ValueError:
        raise exception.Invalid(
            reason='Invalid input for query parameters %s. Value: %s. It is '
                   'not an ISO 8601 time.' % (name, text))
    return moment


def changes(call, since, before):
    """Return the filters changes_since and changes_before of a request.

    :param since: minor version that brought changes-since to this list
    :param before: the same for changes-before
    :raises: Invalid for nonsense, or when they exclude each other
    """
    found = {}
    for minor, name in ((since, 'changes-since'), (before, 'changes-before')):
        moment = parse(call, name) if call.minor >= minor else None
        if moment is not None:
            found[name.replace('-', '_')] = moment
    if len(found) == 2 and (
            found['changes_since'] > found['changes_before']):
        raise exception.Invalid(
            reason='The value of changes-since must be less than or equal '
                   'to changes-before.')
    return found
