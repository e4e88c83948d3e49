"""How long messages take, for whoever wants to know.

Client and server name each message and measure it here.  Nothing is measured
until a process seats an observer.
"""

import contextlib
import enum

from nova_gs import exception


class Side(enum.Enum):
    """Which end of a message."""

    CLIENT = 'client'  # from the sending to the answer, or to the broker
    SERVER = 'server'  # from its execution's begin to the answer


class Result(enum.Enum):
    """How it ended, as that end knows it."""

    DONE = 'done'
    REFUSED = 'refused'          # the host drains
    UNREACHABLE = 'unreachable'  # no broker, no queue, or no answer in time
    STALE = 'stale'              # not begun: its caller may have left
    FAILED = 'failed'            # with any other error


_seat = []
_UNMEASURED = contextlib.nullcontext()


def seat_observer(observe, clock):
    """Measure from now on; None as the observer ends it.

    :param observe: callable(Side, catalogue Row, Result, seconds); must be
        quick and may be called from many threads at once
    :param clock: Clock
    """
    _seat[:] = [] if observe is None else [(observe, clock)]


def result_of(error):
    """Return the ``Result`` that an error stands for.

    :param error: an exception, or None
    """
    if error is None:
        return Result.DONE
    if isinstance(error, exception.HostDraining):
        return Result.REFUSED
    if isinstance(error, exception.AskAgain):
        return Result.STALE
    if isinstance(error, exception.PeerUnavailable):
        return Result.UNREACHABLE
    return Result.FAILED


def measured(side, row):
    """Measure the block, if anybody wants to know.

    :param side: ``Side``
    :param row: of the catalogue
    """
    return _measured(side, row, *_seat[0]) if _seat else _UNMEASURED


@contextlib.contextmanager
def _measured(side, row, observe, clock):
    began, failure = clock.now(), None
    try:
        yield
    except BaseException as error:
        failure = error
        raise
    finally:
        observe(side, row, result_of(failure), clock.now() - began)
