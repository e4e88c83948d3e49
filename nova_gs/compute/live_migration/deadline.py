"""What becomes of a live migration that a stop does not want to wait for.

Pure decisions: the clock's values are arguments.  ``calling_off`` asks again
at every look, so a wrong estimate is corrected, and acted on at the latest
while there is still time for the guest's room to be given back elsewhere.
"""

import dataclasses
import enum
import math

from nova_gs.conf import shutdown as shutdown_conf

#: Seconds of watching before anything is said of the end.
WATCH_FOR = 1.0

#: The speed is that of the last so many seconds.
SPEED_OVER = 3.0

#: Seconds within which one look follows on another.
LOOKS_COME = 1.0

#: A guest that writes this share of what is sent will always be behind.
HOPELESS = 0.95

#: Seconds that are kept for a rollback (measured: 0.5; on a busy host more).
ROLLBACK_WITHIN = 5.0

#: The estimate of what does not get nearer to its end.
NEVER = math.inf


class Stage(enum.Enum):
    """How far a migration is, as far as it matters for calling it off."""

    WAITING = 'waiting'  # queued, or room is being made: nothing moves yet
    COPYING = 'copying'  # the guest still is wholly at the source
    PAST = 'past'        # post-copy, or over: it can only be seen through


class Verdict(enum.Enum):
    """What is done now."""

    WAIT = 'wait'
    ABORT = 'abort'
    FORCE = 'force'
    LEAVE = 'leave'


@dataclasses.dataclass(frozen=True)
class Sample:
    """One look at what is left to copy.

    :ivar at: when, in monotonic seconds
    :ivar remaining: bytes
    """

    at: float
    remaining: int


def margin_of(abort_reserve):
    """Return the seconds before RELEASE_DUE in which nothing is waited for.

    :param abort_reserve: seconds that are kept for calling off
    """
    return min(ROLLBACK_WITHIN, abort_reserve / 2)


def decide(policy, stage, needed, left, margin, hurried=False, forced=False):
    """Tell what is done with a migration at or after ABORT_DUE.

    :param policy: a value of ``[shutdown] live_migration_at_deadline``
    :param stage: its ``Stage``
    :param needed: seconds until its end, see ``estimate``
    :param left: seconds until RELEASE_DUE
    :param margin: seconds of these that a rollback needs
    :param hurried: whether the operator has asked for the stop once more
    :param forced: whether it has been made to end soon already
    :returns: a ``Verdict``
    """
    if stage is Stage.PAST:
        return Verdict.WAIT
    if stage is Stage.WAITING:
        return Verdict.ABORT
    usable = left - margin
    if not hurried and usable > 0 and (needed is None or needed <= usable):
        return Verdict.WAIT
    if policy == shutdown_conf.RESUME:
        return Verdict.LEAVE
    if policy == shutdown_conf.FORCE_COMPLETE and usable > 0:
        return Verdict.WAIT if forced else Verdict.FORCE
    return Verdict.ABORT


def estimate(samples, now):
    """Return the seconds until a migration ends, by its own progress.

    Memory is sent in passes.  What the guest writes during one is sent again
    in the next, so what is left falls, and rises when a pass begins.  Each
    pass is as much smaller than the one before as the last two tell.

    :param samples: ``Sample`` objects, the oldest first
    :param now: monotonic seconds
    :returns: seconds; ``NEVER``; None while it is too early to tell
    """
    if len(samples) < 2 or now - samples[0].at < WATCH_FOR:
        return None
    speed = _speed(samples, now)
    size, share = _last_pass(samples)
    if speed <= 0 or share >= HOPELESS:
        return NEVER
    to_come = size * share / (1 - share)
    needed = (samples[-1].remaining + to_come) / speed
    return max(0, needed - min(now - samples[-1].at, LOOKS_COME))


def _speed(samples, now):
    """Return how many bytes a second were sent lately."""
    recent = [one for one in samples if one.at >= now - SPEED_OVER]
    if len(recent) < 2:
        recent = samples[-2:]
    sent = sum(max(0, one.remaining - other.remaining)
               for one, other in zip(recent, recent[1:]))
    # What is not seen moving for longer than usual may stand still.
    until = max(recent[-1].at, now - LOOKS_COME)
    seconds = until - recent[0].at
    return sent / seconds if seconds > 0 else 0


def _last_pass(samples):
    """Return what the last pass had to send, and its share of the one before.

    :returns: (bytes, share); the share is 0 in the first pass
    """
    size = low = samples[0].remaining
    sent = share = 0
    for before, after in zip(samples, samples[1:]):
        if after.remaining <= before.remaining:
            continue
        # A rise may be seen in several looks; the first one ends a pass.
        if before.remaining < size:
            low, sent = before.remaining, size - before.remaining
        if sent:
            share = (after.remaining - low) / sent
        size = after.remaining
    return size, share
