"""What tests turn on a fake hypervisor: how long, held, failing.

A call lasts as long as, in this order, the control switch, its own request
or the hypervisor's command line says; else no time.  It is looked at anew
with each turn of a switch, so a running call can be hurried.
"""

import dataclasses
import threading

from nova_gs import exception
from nova_gs.virt.fake import protocol

#: Where a call can be held: before its change, or between change and answer.
POINTS = ('begin', 'answer')

#: How long the second stage of a forced migration is by default, seconds.
DEFAULTS = {'post_copy': 0.05}


class Stopped(Exception):
    """The hypervisor process ends; whatever waits gives up."""


@dataclasses.dataclass
class Failure:
    """A verb that is to fail: so often, for this guest or any."""

    verb: str
    guest: str | None
    times: int | None
    reason: str | None


class Switches:
    """The switches of one hypervisor.

    :param clock: nova_gs.clock.Clock
    :param durations: {verb: seconds} of the command line
    :param failures: verbs of the command line that always fail
    """

    def __init__(self, clock, durations=None, failures=()):
        self._clock = clock
        self._base = dict(DEFAULTS, **(durations or {}))
        self._durations = {}
        self._holds = set()
        self._always = frozenset(failures)
        self._failures = []
        self._turned = threading.Condition()
        self._stopped = False

    def hold(self, verb, guest=None, at='begin'):
        """Keep calls of a verb open until ``release``."""
        if at not in POINTS:
            raise ValueError('a call is held at %s, not at %r'
                             % (' or '.join(POINTS), at))
        with self._turned:
            self._holds.add((verb, guest, at))

    def release(self, verb, guest=None):
        """Let go what is held; for all guests unless one is named."""
        with self._turned:
            self._holds = {
                held for held in self._holds
                if held[0] != verb or guest not in (None, held[1])}
            self._turned.notify_all()

    def set_duration(self, verb, seconds):
        """Say how long a verb lasts; None leaves it to the request."""
        with self._turned:
            if seconds is None:
                self._durations.pop(verb, None)
            else:
                self._durations[verb] = float(seconds)
            self._turned.notify_all()

    def fail(self, verb, guest=None, times=1, reason=None):
        """Let the next calls of a verb fail; times None is for ever."""
        with self._turned:
            self._failures.append(Failure(verb, guest, times, reason))

    def reset(self):
        """Turn everything back to how the process was started."""
        with self._turned:
            self._durations.clear()
            self._holds.clear()
            self._failures.clear()
            self._turned.notify_all()

    def poke(self):
        """Wake all who wait, to look at what they were told meanwhile."""
        with self._turned:
            self._turned.notify_all()

    def stop(self):
        """Wake all who wait and keep anyone from waiting again."""
        with self._turned:
            self._stopped = True
            self._turned.notify_all()

    def duration(self, verb, asked=None):
        """Return how many seconds a call lasts.

        :param verb: its verb
        :param asked: seconds that its request names, or None
        """
        if verb in self._durations:
            return self._durations[verb]
        return self._base.get(verb, 0.0) if asked is None else asked

    def stay(self, call, interrupted=lambda: False):
        """Wait out a call's duration and hold.

        :param call: protocol.Call
        :param interrupted: called under the switches' lock; true ends it
        :raises: Stopped
        """
        began = self._clock.now()
        with self._turned:
            while not self._stopped and not interrupted():
                left = (began + self.duration(call.verb, call.duration)
                        - self._clock.now())
                held = self._held(call, 'begin')
                if left <= 0 and not held:
                    return
                self._turned.wait(None if held else left)
            if self._stopped:
                raise Stopped()

    def stay_answer(self, call):
        """Wait while the answer of a call that is done is held back."""
        with self._turned:
            self._turned.wait_for(
                lambda: self._stopped or not self._held(call, 'answer'))

    def pause(self, seconds):
        """Wait until something turns or seconds are over; raises Stopped."""
        with self._turned:
            if not self._stopped:
                self._turned.wait(seconds)
            if self._stopped:
                raise Stopped()

    def _held(self, call, at):
        return ((call.verb, None, at) in self._holds
                or (call.verb, call.guest, at) in self._holds)

    def check_failure(self, call):
        """Raise what a call is to fail with, if it is to fail."""
        with self._turned:
            reason = self._failure(call)
        if reason is None:
            return
        if call.verb in protocol.PRE_CHECKS:
            raise exception.MigrationPreCheckError(reason=reason)
        raise exception.HypervisorError(reason=reason)

    def _failure(self, call):
        for failure in self._failures:
            if (failure.verb == call.verb
                    and failure.guest in (None, call.guest)):
                self._use(failure)
                return failure.reason or _told(call)
        if call.fail or call.verb in self._always:
            return _told(call)
        return None

    def _use(self, failure):
        if failure.times is not None:
            failure.times -= 1
            if failure.times <= 0:
                self._failures.remove(failure)


def _told(call):
    return ('the fake hypervisor was told to let %s fail for guest %s'
            % (call.verb, call.guest))
