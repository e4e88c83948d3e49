"""The time a stop may take, cut into deadlines once; pure arithmetic.

All times are seconds of one monotonic clock; ``None`` is a deadline that
never comes.
"""

import dataclasses

from nova_gs import exception
from nova_gs.shutdown import phases

#: Longest part of a budget in seconds, 31 years: calendars have an end.
LONGEST = 10 ** 9


@dataclasses.dataclass(frozen=True)
class Deadlines:
    """When the last parts of a stop begin at the latest."""

    abort_at: float | None = None
    release_at: float | None = None
    exit_at: float | None = None


@dataclasses.dataclass(frozen=True)
class Budget:
    """The operator's patience, in seconds.

    :param total: from the first SIGTERM to the exit; 0 waits without end
    :param abort_reserve: part of it that is kept for calling work off
    :param release_reserve: part of it that is kept for leaving the host tidy
    :raises ConfigurationError: when the parts do not fit into the total
    """

    total: float
    abort_reserve: float
    release_reserve: float

    def __post_init__(self):
        for option in ('total', 'abort_reserve', 'release_reserve'):
            # Not "below 0", which is false of what is not a number.
            if not 0 <= getattr(self, option) <= LONGEST:
                raise exception.ConfigurationError(
                    option=_OPTIONS[option],
                    problem='%g is no number of seconds from 0 to %d' % (
                        getattr(self, option), LONGEST),
                    remedy='Give one.')
        if self.total and self._reserves > self.total:
            raise exception.ConfigurationError(
                option='[shutdown] abort_reserve and release_reserve',
                problem='%g s and %g s do not fit into '
                        'graceful_shutdown_timeout, which is %g s' % (
                            self.abort_reserve, self.release_reserve,
                            self.total),
                remedy='Make the reserves smaller, or '
                       'graceful_shutdown_timeout larger than %g.' % (
                           self._reserves))

    @property
    def _reserves(self):
        return self.abort_reserve + self.release_reserve

    def start(self, now, lease=None):
        """Cut the budget into deadlines.

        :param now: when the stop began
        :param lease: seconds from then until the init system kills the
            process, if it does; the shorter of the two counts
        :returns: ``Deadlines``
        """
        budget = self.total or _FOREVER
        total = min(budget, _FOREVER if lease is None else lease)
        if total == _FOREVER:
            return Deadlines()
        # A lease is no option that could have been refused at the start, so
        # the reserves shrink until work has half of it.
        room = total if total == budget else total / 2
        scale = min(1.0, room / self._reserves) if self._reserves else 1.0
        end = now + total
        return Deadlines(abort_at=end - self._reserves * scale,
                         release_at=end - self.release_reserve * scale,
                         exit_at=end)

    def hurry(self, deadlines, now):
        """Return the deadlines of a stop that is told to call off work now.

        Calling off and leaving tidy then take what was kept for them, even
        if the budget has no end.
        """
        release_at = now + self.abort_reserve
        return Deadlines(
            abort_at=_earlier(deadlines.abort_at, now),
            release_at=_earlier(deadlines.release_at, release_at),
            exit_at=_earlier(deadlines.exit_at,
                             self._exit_after(release_at)))

    def release(self, deadlines, now):
        """Return the deadlines of a stop that has nothing left but to go.

        Endless patience is for work, not for a connection that hangs.
        """
        if deadlines.exit_at is not None:
            return deadlines
        return dataclasses.replace(deadlines, exit_at=self._exit_after(now))

    def call_off(self, now):
        """Return the deadlines of what is called off without a stop."""
        return Deadlines(release_at=now + self.abort_reserve)

    def _exit_after(self, start):
        return start + self.release_reserve if self.release_reserve else None


_OPTIONS = {
    'total': 'graceful_shutdown_timeout',
    'abort_reserve': '[shutdown] abort_reserve',
    'release_reserve': '[shutdown] release_reserve',
}

_FOREVER = float('inf')

#: What the clock may bring in a phase, besides the end of everything.
_AWAITED = {
    phases.Phase.QUIESCED: ('abort_at', phases.Event.ABORT_DUE),
    phases.Phase.DRAINING: ('abort_at', phases.Event.ABORT_DUE),
    phases.Phase.ABORTING: ('release_at', phases.Event.RELEASE_DUE),
}


def due(phase, deadlines, now):
    """Return the ``Event`` whose time has come in this phase, or None."""
    if phase in phases.TERMINAL:
        return None
    if deadlines.exit_at is not None and now >= deadlines.exit_at:
        return phases.Event.EXIT_DUE
    field, event = _AWAITED.get(phase, ('exit_at', None))
    at = getattr(deadlines, field)
    return event if at is not None and now >= at else None


def seconds_until_next(phase, deadlines, now):
    """Return the seconds until ``due`` has something to say, or None.

    0 when it has already; None when it never will.
    """
    if phase in phases.TERMINAL:
        return None
    field, _ = _AWAITED.get(phase, ('exit_at', None))
    at = _earlier(getattr(deadlines, field), deadlines.exit_at)
    return None if at is None else max(0.0, at - now)


def seconds_left(deadlines, now):
    """Return the seconds until the exit is due (not below 0), or None."""
    if deadlines.exit_at is None:
        return None
    return max(0.0, deadlines.exit_at - now)


def _earlier(one, other):
    return min((at for at in (one, other) if at is not None), default=None)
