"""What other services tell of guests, and those who wait for it.

The records are what counts: a message only says that a look is worth while.
So an event is not lost that comes before anybody waits, while this host is
away, or whose message gets lost; and a message that is late or comes twice
does no harm.
"""

import contextlib
import dataclasses
import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects

LOG = logging.getLogger(__name__)

PLUGGED = 'network-vif-plugged'
CHANGED = 'network-changed'
DELETED = 'network-vif-deleted'

COMPLETED, FAILED = 'completed', 'failed'

#: Seconds after which the records are looked at without a message, in case
#: it was lost, or a fleet of mixed releases sends none.
LOOK_EVERY = 5

#: The same while nobody can read them.
TRY_EVERY = 1


def outcome(wanted, seen):
    """Tell which events have not come yet, and which one has failed.

    :param wanted: [(name, tag)]
    :param seen: objects.ExternalEvent, the latest last
    :returns: (list of those that are missing, one that has failed or None)
    """
    latest = {(event.name, event.tag): event.status for event in seen}
    failed = [one for one in wanted if latest.get(one) == FAILED]
    missing = [one for one in wanted if latest.get(one) != COMPLETED]
    return missing, failed[0] if failed else None


def in_words(events):
    """Return ``network-vif-plugged of port X`` for events that are missing."""
    return ', '.join('%s of port %s' % one for one in events)


class Wait:
    """One who waits for events of an instance.

    :ivar is_called_off_with_all: whether it ends when all waits do; a live
        migration is judged by itself
    """

    def __init__(self, is_called_off_with_all=True):
        self._turned = threading.Condition()
        self._turn = 0
        self.is_called_off_with_all = is_called_off_with_all
        #: The error that it shall end with, or None.
        self.called_off = None

    @property
    def turn(self):
        """A number that grows with each reason to look."""
        return self._turn

    def nudge(self, called_off=None):
        """Have it look again.

        :param called_off: the error that it shall end with, or None
        """
        with self._turned:
            self._turn += 1
            self.called_off = self.called_off or called_off
            self._turned.notify_all()

    def rest(self, turn, seconds):
        """Wait until there is a reason to look, or the time is over.

        :param turn: value of ``turn`` before the last look
        """
        with self._turned:
            self._turned.wait_for(lambda: self._turn != turn, seconds)


class Waits:
    """Who waits on this host, by instance."""

    def __init__(self):
        self._lock = threading.Lock()
        self._waits = {}
        #: What whoever begins to wait ends with at once, or None.
        self._closed = None

    @contextlib.contextmanager
    def begin(self, instance_uuid, is_called_off_with_all=True):
        """Be found under an instance's UUID; gives the ``Wait``."""
        wait = Wait(is_called_off_with_all)
        with self._lock:
            self._waits.setdefault(instance_uuid, []).append(wait)
            if self._closed and is_called_off_with_all:
                wait.nudge(self._closed)
        try:
            yield wait
        finally:
            with self._lock:
                self._waits[instance_uuid].remove(wait)
                if not self._waits[instance_uuid]:
                    del self._waits[instance_uuid]

    def nudge(self, instance_uuid, called_off=None):
        """Have those look again who wait for an instance's events.

        :param called_off: the error that they shall end with, or None
        """
        with self._lock:
            waits = list(self._waits.get(instance_uuid, ()))
        for wait in waits:
            wait.nudge(called_off)

    def call_off(self, error, for_good=False):
        """End all waits with an error; for good also those to come."""
        with self._lock:
            if for_good:
                self._closed = error
            waits = [wait for waits in self._waits.values() for wait in waits
                     if wait.is_called_off_with_all]
        for wait in waits:
            wait.nudge(error)


@dataclasses.dataclass(frozen=True)
class Awaited:
    """What is waited for.

    ``events`` are (name, tag) each, of things on a host, which count after
    the event whose id is ``after``.
    """

    events: list
    after: int
    host: str


def await_all(host, ctxt, instance_uuid, awaited, timeout, say, check=None):
    """Wait until all events have come.

    The time does not run out while nobody can tell what has come.

    :param host: compute.host.Host
    :param awaited: Awaited
    :param timeout: seconds
    :param say: callable(text), told what is waited for
    :param check: callable() that raises what the wait is to end with, asked
        after each nudge; None for one that ends when all waits do
    :raises: PortNotPlugged, PortNotPluggedInTime; what it was called off
        with
    """
    deadline = host.clock.now() + timeout
    told = None
    with host.plugging.waits.begin(
            instance_uuid, is_called_off_with_all=check is None) as wait:
        while True:
            turn, now = wait.turn, host.clock.now()
            if wait.called_off:
                raise wait.called_off
            if check is not None:
                check()
            missing = _look(host, ctxt, instance_uuid, awaited)
            if missing == []:
                return
            if missing is None:
                wait.rest(turn, TRY_EVERY)
                continue
            if now >= deadline:
                raise exception.PortNotPluggedInTime(
                    timeout=timeout, events=in_words(missing),
                    host=awaited.host)
            if missing != told:
                told = missing
                say('waits for ' + in_words(missing))
            wait.rest(turn, min(LOOK_EVERY, deadline - now))


def _look(host, ctxt, instance_uuid, awaited):
    """Return which events are missing; None when nobody can tell."""
    try:
        seen = objects.ExternalEventList.since(
            ctxt, instance_uuid, awaited.after)
    except exception.PeerUnavailable as error:
        LOG.debug('Which events of instance %s have come cannot be told: %s',
                  instance_uuid, exception.reason_of(error))
        return None
    missing, failed = outcome(awaited.events, seen)
    if failed:
        raise exception.PortNotPlugged(
            event=failed[0], port_id=failed[1], host=awaited.host)
    return missing


def receive(host, ctxt, events):
    """Take what has just been put on record.

    :param events: dicts with ``instance_uuid``, ``name``, ``tag``,
        ``status``
    """
    for event in events:
        LOG.info('Instance %(instance_uuid)s: %(name)s (%(tag)s) is '
                 '%(status)s.', event)
        host.plugging.waits.nudge(event['instance_uuid'])
    for uuid in dict.fromkeys(
            event['instance_uuid'] for event in events
            if event['name'] in (CHANGED, DELETED)):
        # Aside: the network service may be slow, and others have messages.
        host.executors.operations.submit(
            'ports of ' + uuid, _refresh, host, ctxt, uuid)


def _refresh(host, ctxt, instance_uuid):
    """Take down the present addresses of an instance at rest."""
    try:
        instance = objects.Instance.get_by_uuid(ctxt, instance_uuid)
        if (instance.host != host.name or not instance.ports
                or instance.task_state is not None):
            return
        instance.ports = host.plugging.network.refresh(ctxt, instance.ports)
        instance.save()
    except exception.NovaGSException as error:
        LOG.warning('The addresses of instance %s are not brought up to '
                    'date: %s', instance_uuid, exception.reason_of(error))
