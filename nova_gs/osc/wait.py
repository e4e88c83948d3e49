"""Waiting for a drain, with somebody watching."""

import threading

from nova_gs import exception

#: Pause between two looks, in seconds.
EVERY = 1

#: How often in a row the API may fail to answer before it is given up.
PATIENCE = 30

#: Phases in which a host does not work on any more.
_ENDED = ('stopped', 'forced')


class Wait:
    """Looks at a drain until it is where it should be.

    :param drains: ``api.Drains``
    :param screen: one of ``screens``
    :param pause: callable(seconds) that waits
    """

    def __init__(self, drains, screen, pause=None):
        self._drains = drains
        self._screen = screen
        self._pause = pause or threading.Event().wait

    def until_drained(self, host):
        """Wait until nothing is open on a host.

        :returns: the drain as it is then
        :raises: Conflict when it is taken back or stops meanwhile; what
            ``Drains.get`` raises
        """
        def is_done(view):
            if view['phase'] == 'serving':
                raise exception.Conflict(
                    reason='%s takes work: it is not drained, or not any '
                           'more.' % host)
            if view['phase'] in _ENDED and not view['complete']:
                raise exception.Conflict(
                    reason='%s has stopped before its work had ended. What '
                           'is open (%d) is taken up when its nova-compute '
                           'is started.' % (host, len(view['operations'])))
            return view['complete']
        return self._until(host, is_done)

    def until_serving(self, host):
        """Wait until a host says itself that it takes work.

        :returns: the drain as it is then
        :raises: Conflict when it has stopped; what ``Drains.get`` raises
        """
        def is_done(view):
            if view['phase'] in _ENDED:
                raise exception.Conflict(
                    reason='%s has stopped; it takes work when it is '
                           'started.' % host)
            return view['phase'] == 'serving' and view['live']
        return self._until(host, is_done)

    def _until(self, host, is_done):
        failures = 0
        while True:
            try:
                view = self._drains.get(host)
                failures = 0
            except exception.PeerUnavailable as error:
                failures += 1
                if failures > PATIENCE:
                    raise
                if failures == 1:
                    self._screen.note('%s Trying on.' % _sentence(error))
            else:
                self._screen.show(view)
                if is_done(view):
                    return view
            self._pause(EVERY)


def _sentence(error):
    return exception.reason_of(error).rstrip('.') + '.'
