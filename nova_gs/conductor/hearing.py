"""Whether what the heartbeats say can be believed.

Heartbeats come in through the broker and the conductors.  After a time
without any of them every host looks down: a task that was begun at once would
find none, and a host would be given up that only could not be heard.  So
after such a silence, be it one that a conductor starts into or one that it
sees coming and going, the hosts are first let report.
"""

import threading

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import transport

#: How many heartbeats a host may need to get one through.
HEARTBEATS = 3

#: How long it may take at least (s): only then has a host noticed that its
#: connection is dead, made a new one, and reported.
SHORTEST = transport.DEFAULTS['heartbeat_timeout_threshold'] + 5

#: Pause between two looks, in seconds.
LOOK_EVERY = 0.2

#: What part of service_down_time without any heartbeat is a silence.
SILENT = 0.5


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
        self._lock = threading.Lock()
        #: When it was that hosts could be heard again, while they are let
        #: report; and for how long they could not, in seconds.
        self._since = None
        self._silence = 0
        #: For how long nobody has been heard, while that lasts.
        self._silent_for = None

    def begin(self):
        """Note that this conductor hears from now on."""
        self._hear_again(min(self._ages(), default=0))

    def look(self):
        """Look for a silence; to be called often within service_down_time."""
        self._look(self._ages())

    def is_over(self):
        """Whether every host has reported that will, or has had the time."""
        with self._lock:
            if self._since is None and self._silent_for is None:
                return True
        ages = self._ages()
        self._look(ages)
        with self._lock:
            if self._silent_for is not None:
                return max(ages, default=0) <= self._conf.service_down_time
            return self._all_had_time(ages)

    def wait(self):
        """Return when it is over, or has lasted for long.

        :raises: CalledOff when a stop comes before
        """
        began = self._clock.now()
        while not self.is_over() and (
                self._clock.now() - began < self._longest()):
            if self._stopping.wait(LOOK_EVERY):
                raise exception.CalledOff(
                    task='A task', reason='its conductor is stopped before '
                                          'the hosts had time to report')

    def _look(self, ages):
        quiet = min(ages, default=0)
        if (SILENT * self._conf.service_down_time < quiet
                <= self._conf.operations.host_lost_after):
            self._silent_for = quiet
        elif self._silent_for is not None:
            self._hear_again(self._silent_for, ago=quiet)

    def _hear_again(self, silence, ago=0):
        with self._lock:
            self._silence, self._silent_for = silence, None
            self._since = self._clock.now() - ago

    def _all_had_time(self, ages):
        if self._since is None:
            return True
        elapsed = self._clock.now() - self._since
        if elapsed >= self._longest():
            self._since = None
            return True
        return not any(
            is_expected(age, elapsed, self._silence,
                        self._conf.service_down_time)
            for age in ages)

    def _longest(self):
        return max(HEARTBEATS * self._conf.report_interval, SHORTEST)

    def _ages(self):
        return [service.seconds_since_seen
                for service in objects.ServiceList.get_by_filters(
                    self._ctxt, {'binary': fields.Binary.COMPUTE})
                if service.seconds_since_seen is not None
                and service.phase != fields.ServicePhase.STOPPED
                and not service.forced_down]
