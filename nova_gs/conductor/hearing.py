"""Whether what the heartbeats say can be believed.

Heartbeats come in through the conductors.  After a time without any of them
every host looks down, and a task that was begun at once would find none.  So
a conductor that starts into such a silence first lets the hosts report.
"""

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields

#: How many heartbeats a host may need to get one through.
HEARTBEATS = 3

#: How long it may take at least, on a machine that has much to do (s).
SHORTEST = 10

#: Pause between two looks, in seconds.
LOOK_EVERY = 0.2


def is_expected(age, elapsed, silence, service_down_time):
    """Tell whether a host looks down only because nobody could hear it.

    :param age: seconds since it was last heard
    :param elapsed: seconds since it could be heard again
    :param silence: for how long nobody had been heard then, in seconds
    """
    if age < elapsed or age <= service_down_time:
        # It has reported, or its last report is good enough.
        return False
    # Otherwise it was down before the silence.
    return age - elapsed <= silence + service_down_time


class Hearing:
    """Makes tasks wait after a silence, no longer than needed.

    :param ctxt: admin RequestContext
    :param conf: ConfigOpts
    :param clock: Clock
    :param stopping: threading.Event: this conductor begins nothing new
    """

    def __init__(self, ctxt, conf, clock, stopping):
        self._ctxt = ctxt
        self._conf = conf
        self._clock = clock
        self._stopping = stopping
        self._since = None
        self._silence = 0

    def begin(self):
        """Note that this conductor hears from now on."""
        self._silence = min(self._ages(), default=0)
        self._since = self._clock.now()

    def is_over(self):
        """Whether every host has reported that will, or has had the time."""
        since = self._since
        if since is None:
            return True
        elapsed = self._clock.now() - since
        longest = max(HEARTBEATS * self._conf.report_interval, SHORTEST)
        if elapsed >= longest:
            self._since = None
            return True
        return not any(
            is_expected(age, elapsed, self._silence,
                        self._conf.service_down_time)
            for age in self._ages())

    def wait(self):
        """Return when it is over.

        :raises: CalledOff when a stop comes before
        """
        while not self.is_over():
            if self._stopping.wait(LOOK_EVERY):
                raise exception.CalledOff(
                    task='A task', reason='its conductor is stopped before '
                                          'the hosts had time to report')

    def _ages(self):
        return [service.seconds_since_seen
                for service in objects.ServiceList.get_by_filters(
                    self._ctxt, {'binary': fields.Binary.COMPUTE})
                if service.seconds_since_seen is not None
                and service.phase != fields.ServicePhase.STOPPED
                and not service.forced_down]
