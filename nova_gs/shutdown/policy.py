"""Who is let in during a stop, what becomes of work, how the process exits."""

import enum

from nova_gs.shutdown import phases


class WhileDraining(enum.Enum):
    """When a request is still let in although the host is being stopped."""

    ALWAYS = 'always'                  # others wait for it, or it ends work
    OPEN_OPERATION = 'open_operation'  # a step of an operation in progress
    NEVER = 'never'                    # it begins something


class OnShutdown(enum.Enum):
    """What becomes of work that a stop finds running."""

    FINISH = 'finish'  # waited for: cutting it would leave a guest in doubt
    ABORT = 'abort'    # ended at its safe point when the time for it is over
    RESUME = 'resume'  # the hypervisor carries it on; the next start adopts it
    DROP = 'drop'      # a read: whoever asked can ask again, nothing is lost


class Openness(enum.Enum):
    """How far the gate is open."""

    OPEN = 'open'              # to everything
    LETTING_GO = 'letting_go'  # to steps, and to what empties the host
    STEPS_ONLY = 'steps_only'  # to what belongs to begun work
    CLOSED = 'closed'          # to nothing: there is nothing to run it with


class Fate(enum.Enum):
    """How a piece of work ended, for the report."""

    FINISHED = 'finished'  # ran to its end, good or bad
    ABORTED = 'aborted'    # was called off at a safe point
    LEFT = 'left'          # did not end here; the next start takes it up


class ExitCode(enum.IntEnum):
    """What the process tells whoever started it."""

    CLEAN = 0            # all work reached a safe end
    FAILED_TO_START = 1  # never served
    LEFT_WORK = 3        # tidy, but work was left: recorded and named
    FORCED = 4           # left at once, by order or for want of time


_BEGUN = frozenset((WhileDraining.ALWAYS, WhileDraining.OPEN_OPERATION))

_ADMITTED = {
    Openness.OPEN: frozenset(WhileDraining),
    Openness.LETTING_GO: _BEGUN,
    Openness.STEPS_ONLY: _BEGUN,
    Openness.CLOSED: frozenset(),
}


def admits(openness, while_draining, lets_go=False):
    """Tell whether a gate this far open lets such a request in.

    :param openness: an ``Openness``
    :param while_draining: a ``WhileDraining``
    :param lets_go: whether it leaves the host emptier, stiller or as it was
    """
    return while_draining in _ADMITTED[openness] or (
        lets_go and openness is Openness.LETTING_GO)


def holds(on_shutdown):
    """Tell whether a stop must wait for work with this ``OnShutdown``."""
    return on_shutdown is not OnShutdown.DROP


def exit_code(phase, left):
    """Return the ``ExitCode`` of a service that ends in a phase.

    :param phase: the ``Phase`` it is in, or about to reach
    :param left: whether work was left that the next start must take up
    """
    if phase is phases.Phase.FORCED:
        return ExitCode.FORCED
    return ExitCode.LEFT_WORK if left else ExitCode.CLEAN
