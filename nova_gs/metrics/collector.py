"""Reads from the daemon what Prometheus asks for, when it asks.

Nothing here takes a lock that work holds: whoever watches a host that hangs
must still be answered, and must not hold it up.
"""

import collections
import re

from nova_gs.metrics import families
from nova_gs.metrics import histograms
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs import version

#: What work that has not been let in yet says of itself.
WAITS = 'waits for a thread'

#: Where the fixed part of a note ends: figures, ids, and what follows them.
_VARIABLE = re.compile(r',|\s*\S*\d')


class Collector:
    """Makes the samples of one daemon; registered with Prometheus's client.

    :param daemon: ``service.daemon.Daemon``, of which it reads ``binary``,
        ``host``, ``clock``, ``tracker``, ``gate``, ``coordinator``,
        ``waiting()`` and ``left_elsewhere()``
    """

    def __init__(self, daemon):
        self._daemon = daemon

    def collect(self):
        """Return the metrics as they are now."""
        coordinator = self._daemon.coordinator
        return [
            _family(families.SERVICE, {
                (self._daemon.binary, self._daemon.host,
                 version.version_string()): 1}),
            *self._operations(),
            _chosen(families.PHASE, phases.Phase, coordinator.phase),
            _family(families.PHASE_SINCE, {
                (): coordinator.history[-1].wall.timestamp()}),
            self._deadlines(coordinator.deadlines),
            self._waits_for(),
            _chosen(families.OPENNESS, policy.Openness,
                    self._daemon.gate.openness),
            _family(families.REFUSED, {
                (name,): count
                for name, count in self._daemon.gate.refused.items()}),
            _family(families.HANDED_BACK, {(): self._handed_back()}),
        ]

    def _operations(self):
        counts, left = collections.Counter(), collections.Counter()
        oldest, now = {}, self._daemon.clock.now()
        for work in self._daemon.tracker.list():
            what = histograms.labels_of(work)
            labels = (*what, state_of(work), phase_of(work.note))
            counts[labels] += 1
            oldest[labels] = max(oldest.get(labels, 0), now - work.since)
            if work.remaining is not None:
                left[what] += work.remaining
        waiting = len(self._daemon.waiting())
        if waiting:
            counts['none', 'any', 'accepted', WAITS] = waiting
        return (_family(families.OPERATIONS, counts),
                _family(families.OLDEST, oldest),
                _family(families.REMAINING, left))

    def _deadlines(self, deadlines):
        # The coordinator's are by the monotonic clock.
        ahead = (self._daemon.clock.utcnow().timestamp() -
                 self._daemon.clock.now())
        known = {'abort': deadlines.abort_at, 'release': deadlines.release_at,
                 'exit': deadlines.exit_at}
        return _family(families.DEADLINE, {
            (name,): round(at + ahead, 1)
            for name, at in known.items() if at is not None})

    def _handed_back(self):
        # What serves has taken it up again, whatever was noted since.
        serves = self._daemon.coordinator.phase is phases.Phase.SERVING
        return 0 if serves else len(self._daemon.gate.handed_back)

    def _waits_for(self):
        return _family(families.WAITS_FOR, {
            ('here',): len(self._daemon.tracker.holding()),
            ('elsewhere',): len(self._daemon.left_elsewhere())})


def state_of(work):
    """Return the state of a work that was let in.

    :param work: ``shutdown.tracker.Work``
    """
    return 'running' if policy.holds(work.on_shutdown) else 'read'


def phase_of(note):
    """Return the words of a note that are the same for many works.

    Figures and ids would make a series of their own for each value.

    :param note: what a work says of itself
    """
    return _VARIABLE.split(note, maxsplit=1)[0]


def _family(family, values):
    """Return a metric with the given samples.

    :param values: {tuple of label values: value}
    """
    metric = family.begin()
    for labels, value in values.items():
        metric.add_metric(labels, value)
    return metric


def _chosen(family, choices, chosen):
    """Return a metric that is 1 for one member of an enum, 0 for others."""
    return _family(family, {
        (choice.value,): int(choice is chosen) for choice in choices})
