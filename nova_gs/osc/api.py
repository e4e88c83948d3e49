"""What the commands ask of the API: the drain of a host."""

from urllib import parse

from nova_gs import exception

_URL = '/os-services/%s/drain'

_AWAY = 'The compute API does not answer: %s'

#: What helps whoever has named a host that there is not.
_HOSTS = ' "openstack compute service list --service nova-compute" lists them.'

#: What an answer that is no success means.
_ERRORS = {
    400: exception.Invalid,
    403: exception.Forbidden,
    404: exception.NotFound,
    409: exception.Conflict,
}


class Drains:
    """The drains of compute hosts.

    Every method raises PeerUnavailable when the API does not answer, or not
    as it should, and otherwise what its answer means: Invalid, Forbidden,
    NotFound, Conflict.

    :param find: callable() -> what has ``get``, ``put`` and ``delete`` for
        URLs below the compute endpoint, such as the SDK's proxy
    """

    def __init__(self, find):
        self._find = find

    def start(self, host, deadline=None, reason=None):
        """Let a host take nothing in.

        :param host: its name
        :param deadline: seconds, or None
        :param reason: text, or None
        :returns: the drain as the API shows it, a dict
        """
        return self._ask('put', host, json={
            'deadline': deadline, 'reason': reason}).json()['drain']

    def get(self, host):
        """Return the drain of a host as the API shows it, a dict."""
        return self._ask('get', host).json()['drain']

    def cancel(self, host):
        """Let a host take work again."""
        self._ask('delete', host)

    def _ask(self, method, host, **arguments):
        url = _URL % parse.quote(host, safe='')
        try:
            answer = getattr(self._find(), method)(url, **arguments)
        except Exception as error:
            # The client's errors are many, and no dependency of ours.
            raise exception.PeerUnavailable(_AWAY % error)
        if answer.status_code < 300:
            return answer
        kind = _ERRORS.get(answer.status_code, exception.PeerUnavailable)
        raise kind(_message(answer) + (
            _HOSTS if kind is exception.NotFound else ''))


def _message(answer):
    """Return what the API says of an error."""
    try:
        return next(iter(answer.json().values()))['message']
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        return 'The compute API answered with status %d.' % (
            answer.status_code)
