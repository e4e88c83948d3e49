"""How long systemd lets a stop go on, and when it is asked for more.

The lease is the time until systemd kills the process.  More is asked for only
while work moves, so that work which stands still is called off before the
kill, and never beyond the budget, which is the operator's word.  All pure:
the clock's values are arguments.
"""

import dataclasses
import enum
import re

#: Seconds without a move after which work counts as standing still.
STALLED_AFTER = 10.0

#: Seconds of a lease that are not used, or a tenth of it if that is less: the
#: way out has to be over when the kill comes.
UNUSED = 2.0

#: A lease is renewed when that gains so many seconds.
WORTH = 1.0


class Remark(enum.Enum):
    """What the report of a stop says of the lease, once each."""

    EXTENDED = 'lease_extended'          # there was more time: work moved
    NOT_EXTENDED = 'lease_not_extended'  # work stood still: none asked for


_FIGURES = re.compile(r'\d+')


@dataclasses.dataclass(frozen=True)
class Sight:
    """What one look at a piece of work shows.

    :ivar key: what it is; the same at every look
    :ivar phase: what it does
    :ivar remaining: bytes left to copy, or None when it does not count so
    """

    key: object
    phase: str
    remaining: int | None = None


def sight_of(key, phase, remaining=None):
    """Return the ``Sight`` of work whose phase may have figures in it.

    :param phase: what it does, in words for people.  Where bytes are
        counted, its figures are no news: they may rise as well as fall.
    """
    if remaining is not None:
        phase = _FIGURES.sub('', phase)
    return Sight(key, phase, remaining)


class Motion:
    """Tells from look to look whether work moves.

    It does when a piece begins or ends, when one enters a phase, and when
    fewer bytes are left of one than ever before in its phase: a guest that
    writes as fast as it is copied stands still.
    """

    def __init__(self):
        self._seen = None

    def look(self, sights):
        """Take in a look.

        :param sights: ``Sight`` objects
        :returns: whether anything has moved since the last look; at the
            first one nothing has
        """
        before = self._seen
        self._seen = {sight.key: sight if before is None else _lowest(
            before.get(sight.key), sight) for sight in sights}
        return before is not None and before != self._seen


def _lowest(before, now):
    """Return the sight to measure the next one by."""
    if before is None or before.phase != now.phase or (
            None in (before.remaining, now.remaining)):
        return now
    return min(before, now, key=lambda sight: sight.remaining)


def usable(seconds):
    """Return how much of a lease a stop may plan with, in seconds.

    :param seconds: the lease; None when nobody kills
    """
    return None if seconds is None else seconds - min(UNUSED, seconds / 10)


def needed(budget):
    """Return the shortest lease, in seconds, that leaves a budget uncut.

    :param budget: seconds above 0
    """
    return budget + min(UNUSED, budget / 9)


def extension(now, ends_at, moved_at, limit, hold):
    """Return the seconds from now on that are asked for, or None.

    :param now: monotonic seconds, as are all the others
    :param ends_at: when the lease ends; None when it never does
    :param moved_at: when work has moved last; None if it has not
    :param limit: when the budget ends, or None
    :param hold: seconds after a move in which the lease must not end
    """
    if None in (ends_at, moved_at):
        return None
    wanted = moved_at + hold
    worth = WORTH
    if limit is not None and wanted >= limit:
        # The last step may be as small as it is.
        wanted, worth = limit, 0.01
    return wanted - now if wanted - ends_at >= worth else None
