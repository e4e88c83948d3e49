"""A host that was not heard of for so long that others may have given it up.

Then migrations are brought to their end without it, and nobody tells it what
it has to remove.  At a start it looks for that; one that only stood still,
or was cut off, has to look as well.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.shutdown import errand

LOG = logging.getLogger(__name__)


class Silence:
    """Acts after the first heartbeat that follows a long silence.

    It does so beside the heartbeat, which waits for nobody.

    :param clock: Clock
    :param seconds: how long others wait before they take a host for down
    :param act: callable() that does what is to be done then; when it fails,
        it is tried again at the next heartbeat
    :param spawn: callable(name, function) that starts a thread
    """

    def __init__(self, clock, seconds, act, spawn=None):
        self._clock = clock
        # Others may have counted from a little earlier.
        self._most = seconds / 2
        self._act = act
        self._errand = errand.Errand('silence', self._try, spawn)
        self._beaten = clock.now()
        self._due = False

    def beat(self):
        """Note that a heartbeat was taken."""
        now = self._clock.now()
        self._due = self._due or now - self._beaten > self._most
        self._beaten = now
        if self._due:
            self._due = False
            self._errand.ask()

    def _try(self):
        try:
            self._act()
        except exception.NovaGSException as error:
            self._due = True
            LOG.info('What guests that are elsewhere have left here is '
                     'looked for again soon: %s', exception.reason_of(error))
