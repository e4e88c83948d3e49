"""Messages whose sending may hang, sent without hanging.

oslo.messaging waits in places that no timeout of a message reaches: for a
connection of the pool, for the thread that just mends it, for a broker that
accepts a connection and says nothing.  So what has to be over in time is
tried in a thread of its own, and left there when the time is over.  It may
still get through later: that must do no harm, and whoever gave it up must
not take it for lost.
"""

from concurrent import futures
import threading

#: How many tries may hang at a time before no further one is begun.
MOST = 16


class Attempts:
    """Tries that may be given up.

    :param most: how many given up ones may be under way
    """

    def __init__(self, most=MOST):
        self._most = most
        self._lock = threading.Lock()
        self._given_up = set()

    @property
    def hanging(self):
        """How many that were given up have not come back yet."""
        with self._lock:
            return len(self._given_up)

    @property
    def exhausted(self):
        """Whether so many hang that one more would only hang, too."""
        with self._lock:
            return len(self._given_up) >= self._most

    def make(self, function, seconds):
        """Call a function, and wait for its end for a while.

        :param function: called without arguments
        :param seconds: longest wait
        :returns: futures.Future, which is not done when it was given up
        """
        attempt = futures.Future()
        threading.Thread(target=self._run, args=(attempt, function),
                         name='message', daemon=True).start()
        futures.wait([attempt], seconds)
        with self._lock:
            if not attempt.done():
                self._given_up.add(attempt)
        return attempt

    def _run(self, attempt, function):
        result = error = None
        try:
            result = function()
        except BaseException as caught:
            error = caught
        with self._lock:
            self._given_up.discard(attempt)
            if error is None:
                attempt.set_result(result)
            else:
                attempt.set_exception(error)
