"""What cannot be read at the moment of asking, as it is over by then.

Everything else is read from the daemon by ``collector``.
"""

import threading

from nova_gs.metrics import families
from nova_gs.rpc import times


class Endings:
    """Notes how long works took, as they end.

    It compares the tracker's works with those that it saw before, whenever
    the tracker says that something has changed.  That is after each
    admission, and before the work can end; so none is missed.

    :param tracker: ``shutdown.tracker.Tracker``
    :param clock: the tracker's
    :param registry: ``prometheus_client.CollectorRegistry``
    """

    def __init__(self, tracker, clock, registry):
        self._tracker = tracker
        self._clock = clock
        self._histogram = families.ENDED.histogram(registry)
        self._lock = threading.Lock()
        self._seen = {}

    def begin(self):
        """Listen to the tracker."""
        self._tracker.listen(self.look)
        self.look()

    def look(self):
        """Note what has ended since the last look."""
        with self._lock:
            works = {work.id: work for work in self._tracker.list()}
            ended = [self._seen[key] for key in self._seen.keys()
                     - works.keys()]
            self._seen = works
        now = self._clock.now()
        for work in ended:
            fate = work.fate.value if work.fate else 'finished'
            self._histogram.labels(*labels_of(work), fate).observe(
                now - work.since)


def labels_of(work):
    """Return the kind and the step of a work, as they are counted.

    :param work: ``shutdown.tracker.Work``
    """
    return work.kind or 'none', work.name


class RpcTimes:
    """Notes how long messages take.

    :param registry: ``prometheus_client.CollectorRegistry``
    """

    def __init__(self, registry):
        self._histogram = families.RPC.histogram(registry)

    def begin(self, clock):
        """Observe the messages of this process from now on."""
        times.seat_observer(self.observe, clock)

    def observe(self, side, row, result, seconds):
        """Note one; see ``rpc.times.seat_observer``."""
        self._histogram.labels(
            side.value, row.name, row.role.value, result.value).observe(
                seconds)
