"""Something that is asked for again and again, by signals for example."""

import logging
import threading

LOG = logging.getLogger(__name__)


class Errand:
    """Runs in a thread when asked: one at a time, and none is missed.

    What is asked for during a run leads to one more, however often, so that a
    storm of signals does not become a storm of threads.

    :param what: names it, for the thread and the log
    :param function: callable()
    :param spawn: callable(name, function) that starts a thread
    """

    def __init__(self, what, function, spawn=None):
        self._what = what
        self._function = function
        self._spawn = spawn or start_thread
        self._lock = threading.Lock()
        self._asked = False
        self._running = False

    def ask(self):
        """See to it that a run begins from now on; does not wait for it."""
        with self._lock:
            self._asked = True
            if self._running:
                return
            self._running = True
        try:
            self._spawn(self._what, self._run)
        except RuntimeError as error:
            self._running = False
            LOG.error('There is no thread for "%s": %s', self._what, error)

    def _run(self):
        while self._take():
            try:
                self._function()
            except Exception:
                LOG.exception('"%s" failed; everything else goes on.',
                              self._what)

    def _take(self):
        with self._lock:
            self._running = asked = self._asked
            self._asked = False
            return asked


def start_thread(name, function):
    """Run a function in a thread that nobody waits for.

    :raises RuntimeError: when there is none to be had
    """
    threading.Thread(target=function, name=name, daemon=True).start()
