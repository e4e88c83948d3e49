"""A host that was not heard of for so long that others may have given it up.

Then migrations are brought to their end without it, and nobody tells it what
it has to remove.  At a start it looks for that; one that only stood still,
or was cut off, has to look as well.
"""

import threading

from oslo_log import log as logging

from nova_gs import exception

LOG = logging.getLogger(__name__)


class Silence:
    """Acts after the first heartbeat that follows a long silence.

    It does so beside the heartbeat, which waits for nobody.

    :param clock: Clock
    :param seconds: how long others wait before they take a host for down
    :param act: callable() that does what is to be done then; when it fails,
        it is tried again at the next heartbeat
    :param run: callable(function) that calls it in a thread of its own
    """

    def __init__(self, clock, seconds, act, run=None):
        self._clock = clock
        # Others may have counted from a little earlier.
        self._most = seconds / 2
        self._act = act
        self._run = run or _in_a_thread
        self._beaten = clock.now()
        self._due = self._acting = False

    def beat(self):
        """Note that a heartbeat was taken."""
        now = self._clock.now()
        self._due = self._due or now - self._beaten > self._most
        self._beaten = now
        if self._due and not self._acting:
            self._due, self._acting = False, True
            self._run(self._try)

    def _try(self):
        reason = None
        try:
            self._act()
        except exception.NovaGSException as error:
            reason = exception.reason_of(error)
        finally:
            self._due = self._due or reason is not None
            self._acting = False
        if reason:
            LOG.info('What guests that are elsewhere have left here is '
                     'looked for again soon: %s', reason)


def _in_a_thread(function):
    threading.Thread(target=function, daemon=True, name='silence').start()
