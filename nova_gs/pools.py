"""Named, bounded pools of threads for what takes its time.

RPC workers only receive; work that lasts is handed to a pool here.  So the
backlog is in our own hands: when the host is stopped, what waits in it and
has not been claimed is simply dropped, because it is still offered.
"""

from concurrent import futures
import threading


class Pool:
    """Threads of one kind of work, and what waits for them.

    :param name: prefix of the threads' names
    :param size: how many run at a time
    """

    def __init__(self, name, size):
        self._threads = futures.ThreadPoolExecutor(
            max_workers=size, thread_name_prefix=name)
        self._waiting = {}
        self._lock = threading.Lock()

    def submit(self, key, function, *args):
        """Run ``function(*args)`` when a thread is free.

        :param key: names the work; what already waits is not taken twice
        :returns: a Future, or None if this work waits already or the pool
                  takes nothing more
        """
        with self._lock:
            if key in self._waiting:
                return None
            try:
                future = self._threads.submit(
                    self._run, key, function, *args)
            except RuntimeError:
                # Closed: the executor's way to say it.
                return None
            self._waiting[key] = future
            return future

    def cancel(self, key):
        """Take work back that has not started; whether that succeeded."""
        with self._lock:
            future = self._waiting.get(key)
            if future is None or not future.cancel():
                return False
            del self._waiting[key]
            return True

    def waiting(self):
        """Return the keys of what waits; needs no lock."""
        return list(self._waiting)

    def close(self):
        """Take nothing more and drop what waits.

        :returns: the keys of the work that was dropped
        """
        with self._lock:
            dropped = list(self._waiting)
            self._waiting.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)
        return dropped

    def _run(self, key, function, *args):
        with self._lock:
            self._waiting.pop(key, None)
        function(*args)
