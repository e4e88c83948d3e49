"""Where signals, threads and deadlines leave word for the main thread.

Posting takes no lock and may happen anywhere.  Waiting is ``select`` on a
pipe rather than a condition: a blocked event loop of eventlet wakes up for a
file descriptor, but not for a condition that another thread notifies.
"""

import collections
import enum
import os
import queue
import select
import weakref

from nova_gs import clock as clocks
from nova_gs.shutdown import native


class Notice(enum.Enum):
    """What may be posted besides a ``phases.Event``."""

    RELOAD = 'reload'  # read the mutable options again


class Inbox:
    """A queue with one reader, with the interface of queue.SimpleQueue.

    It is never closed while anybody could still post to it: the number of a
    closed pipe may be somebody else's file by then.

    :param clock: Clock
    :param watchdog: has ``rest()`` and ``pet()``, as ``systemd.Watchdog``;
        petted by whoever reads here, as one that hangs does not come back
        to read
    """

    def __init__(self, clock=None, watchdog=None):
        self._clock = clock or clocks.Clock()
        self._watchdog = watchdog
        self._items = collections.deque()
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        weakref.finalize(
            self, _close, self._reader, self._writer).atexit = False

    def put(self, item):
        """Append an item; never blocks, never fails."""
        self._items.append(item)
        try:
            native.write(self._writer, b'.')
        except BlockingIOError:
            pass  # the pipe is full, so the reader has reason enough to wake

    def get(self, timeout=None):
        """Take the oldest item.

        :param timeout: seconds to wait for one; None waits without end
        :raises queue.Empty: when there was none in time
        """
        end = None if timeout is None else self._clock.now() + timeout
        while not self._items:
            rest = None if end is None else max(0, end - self._clock.now())
            pet = self._pet()
            if pet is not None and (rest is None or pet < rest):
                rest, patient = pet, True
            else:
                patient = False
            if select.select([self._reader], [], [], rest)[0]:
                native.read(self._reader, 4096)
            elif not patient:
                raise queue.Empty
        self._pet()
        return self._items.popleft()

    def _pet(self):
        """Pet the watchdog if due; return the seconds to the next time."""
        if self._watchdog is None:
            return None
        self._watchdog.pet()
        return self._watchdog.rest()


def _close(*descriptors):
    for descriptor in descriptors:
        os.close(descriptor)
