"""What the commands ask of the API: the drain of a host."""

from urllib import parse

from nova_gs import exception

_URL = '/os-services/%s/drain'

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

    :param compute: what has ``get``, ``put`` and ``delete`` for URLs below
        the compute endpoint, such as the SDK's proxy
    """

    def __init__(self, compute):
        self._compute = compute

    def start(self, host, deadline=None, reason=None):
        """Let a host take nothing in.

        :param host: its name
        :param deadline: seconds, or None
        :param reason: text, or None
        :returns: the drain as the API shows it, a dict
        """
        return self._ask(self._compute.put, host, json={
            'deadline': deadline, 'reason': reason}).json()['drain']

    def get(self, host):
        """Return the drain of a host as the API shows it, a dict."""
        return self._ask(self._compute.get, host).json()['drain']

    def cancel(self, host):
        """Let a host take work again."""
        self._ask(self._compute.delete, host)

    @staticmethod
    def _ask(method, host, **arguments):
        try:
            answer = method(_URL % parse.quote(host, safe=''), **arguments)
        except Exception as error:
            # The client's errors are many, and no dependency of ours.
            raise exception.PeerUnavailable(
                'The compute API does not answer: %s' % error)
        if answer.status_code < 300:
            return answer
        raise _ERRORS.get(answer.status_code, exception.PeerUnavailable)(
            _message(answer))


def _message(answer):
    """Return what the API says of an error."""
    try:
        return next(iter(answer.json().values()))['message']
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        return 'The compute API answered with status %d.' % (
            answer.status_code)
