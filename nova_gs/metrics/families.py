"""Every figure that there is, a row each.

Collector, histograms and the operators' page read this table; nobody writes
a name or a label elsewhere.  A name that is taken away or means something
else breaks somebody's alarms, so both go into the release notes.
"""

import dataclasses

import prometheus_client
from prometheus_client import core

#: What every name begins with.
PREFIX = 'nova_'

#: Upper bounds of the durations of work, in seconds: up to two hours.
WORK_BOUNDS = (0.1, 0.5, 1, 5, 15, 60, 180, 600, 1800, 7200)

#: Upper bounds of the durations of messages, in seconds: up to the default
#: of rpc_response_timeout.
RPC_BOUNDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60)


@dataclasses.dataclass(frozen=True)
class Family:
    """One figure, with a sample for each combination of its labels.

    :ivar name: without ``PREFIX``, and without the ending that Prometheus
        wants of a counter
    :ivar kind: 'gauge', 'counter' or 'histogram'
    :ivar labels: names, separated by spaces
    :ivar sentence: what it says, in its unit
    :ivar bounds: of a histogram: upper bounds in seconds
    """

    name: str
    kind: str
    labels: str
    sentence: str
    bounds: tuple = ()

    @property
    def full_name(self):
        """The name that Prometheus knows it by."""
        ending = '_total' if self.kind == 'counter' else ''
        return PREFIX + self.name + ending

    def begin(self):
        """Return a metric without samples, for a collector to fill."""
        made = {'gauge': core.GaugeMetricFamily,
                'counter': core.CounterMetricFamily}[self.kind]
        return made(PREFIX + self.name, self.sentence,
                    labels=self.labels.split())

    def histogram(self, registry):
        """Return a histogram that gathers what it is given.

        :param registry: ``prometheus_client.CollectorRegistry``
        """
        return prometheus_client.Histogram(
            PREFIX + self.name, self.sentence, self.labels.split(),
            registry=registry, buckets=self.bounds)


SERVICE = Family(
    'service_info', 'gauge', 'service host version',
    'Always 1; the labels name the program, its host and its release.')

OPERATIONS = Family(
    'operations', 'gauge', 'kind step state phase',
    'Work on this host at the moment. Kind: what the operation is for, '
    '"none" where there is no operation or it is not known yet. Step: the '
    'RPC method. State: "accepted" waits for a thread, "running" is '
    'something that a stop waits for, "read" is a question that it does not '
    'wait for. Phase: what the work says of itself.')

OLDEST = Family(
    'operations_oldest_seconds', 'gauge', 'kind step state phase',
    'Seconds since the oldest of them was let in.')

REMAINING = Family(
    'operations_remaining_bytes', 'gauge', 'kind step',
    'Bytes that they still have to copy, as far as they know.')

ENDED = Family(
    'operation_seconds', 'histogram', 'kind step fate',
    'Seconds that work took which has ended on this host, from its '
    'admission. Fate: "finished" (well or badly), "aborted" at a safe '
    'point, or "left" for the next start.', WORK_BOUNDS)

PHASE = Family(
    'drain_phase', 'gauge', 'phase',
    '1 for the phase that the service is in, 0 for the others.')

PHASE_SINCE = Family(
    'drain_phase_entered_timestamp_seconds', 'gauge', '',
    'When that phase began, in UNIX seconds.')

DEADLINE = Family(
    'drain_deadline_timestamp_seconds', 'gauge', 'deadline',
    'When a drain comes to "abort" (what did not complete is called off), '
    '"release" (the rest is left) and "exit" at the latest, in UNIX '
    'seconds. Without a deadline there is no sample.')

WAITS_FOR = Family(
    'drain_waits_for', 'gauge', 'where',
    'Pieces of work that a stop waits for, or would: "here", and '
    '"elsewhere" for operations whose other end works on another host. The '
    'latter are known in a stop only.')

OPENNESS = Family(
    'gate_openness', 'gauge', 'openness',
    '1 for how far the host is open to requests, 0 for the others.')

REFUSED = Family(
    'refusals', 'counter', 'method',
    'Requests that were refused because the host drains.')

HANDED_BACK = Family(
    'handed_back', 'gauge', '',
    'Operations that the present drain did not begin. They stay on record, '
    'for when the host serves again.')

RPC = Family(
    'rpc_seconds', 'histogram', 'side method role result',
    'Seconds that messages took. Side: "server" executes it, "client" '
    'sends it and waits for its answer, if it has one. Role: "begins" an '
    'operation, a "step" of one, or a "read". Result: "done", "refused" by '
    'a draining host, "unreachable", "stale" (not begun, as its caller may '
    'have left; who has not asks again) or "failed".', RPC_BOUNDS)

ALL = (SERVICE, OPERATIONS, OLDEST, REMAINING, ENDED, PHASE, PHASE_SINCE,
       DEADLINE, WAITS_FOR, OPENNESS, REFUSED, HANDED_BACK, RPC)
