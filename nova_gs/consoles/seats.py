"""One seat at each serial port, and the last who comes has it.

QEMU lets one in at a time, and lets others wait.  Somebody who was there
before may be long away without our knowing, so who comes is not kept waiting.
"""

import contextlib
import os
import threading


class Seats:
    """Who has which serial port; may be used by many threads."""

    def __init__(self):
        self._lock = threading.Lock()
        #: {address: file descriptor that tells who has it to leave}
        self._holders = {}

    @contextlib.contextmanager
    def take(self, address):
        """Have a seat, and tell whoever had it.

        :param address: (host, port)
        :returns: a context of a file descriptor, readable from when the next
            one has taken it
        """
        told, tell = os.pipe2(os.O_CLOEXEC)
        try:
            with self._lock:
                before = self._holders.get(address)
                self._holders[address] = tell
                if before is not None:
                    os.write(before, b'.')
            yield told
        finally:
            # Under the lock: nobody writes to what is closed.
            with self._lock:
                if self._holders.get(address) == tell:
                    del self._holders[address]
                os.close(told)
                os.close(tell)
