"""Which notification follows from a phase; pure."""

import enum

from nova_gs.shutdown import phases

_Phase = phases.Phase


class News(enum.Enum):
    """The event types of a drain, as readers know them."""

    BEGIN = 'compute.drain.begin'        # the host takes no new work
    PROGRESS = 'compute.drain.progress'  # a new phase, or less that is left
    END = 'compute.drain.end'            # the process ends, or serves again


#: Phases from which the process goes, so that its exit code is known.
LAST = frozenset((_Phase.RELEASING, _Phase.STOPPED, _Phase.FORCED))


def of_change(before, after):
    """Return the news of a change from one phase to another.

    :param before: ``phases.Phase``
    :param after: ``phases.Phase``
    :returns: tuple of ``News``, in their order
    """
    begin = (News.BEGIN,) if before is _Phase.SERVING else ()
    if after is _Phase.SERVING:
        return (News.END,)
    if after is _Phase.STOPPED:
        # Told when it was decided, while it still could be.
        return ()
    if after in LAST:
        return begin + (News.END,)
    return begin or (News.PROGRESS,)


def goes_on(phase):
    """Tell whether a phase is one of a drain that has not ended."""
    return phase is not _Phase.SERVING and phase not in LAST
