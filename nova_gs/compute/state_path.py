"""The lock on the state path: one nova-compute a host, for life."""

import fcntl
import os

from oslo_log import log as logging

from nova_gs import exception

LOG = logging.getLogger(__name__)

LOCK_FILE = 'nova-compute.lock'

#: Pause between two looks at a lock that somebody else holds, in seconds.
LOOK_EVERY = 0.5


class StatePath:
    """The directory of what must outlast a restart.

    :param path: directory; made if it does not exist
    """

    def __init__(self, path):
        self.path = path
        self._lock = None

    def take(self, stopping):
        """Hold the directory until this process ends; wait if need be.

        :param stopping: Event; waiting ends when it is set
        :returns: whether it is held
        :raises: ConfigurationError when it cannot be written to
        """
        told = None
        while not self._try():
            holder = self._holder()
            if holder != told:
                LOG.warning('%s Waiting for it to end.',
                            exception.StatePathLocked(
                                pid=holder, path=self.path))
                told = holder
            if stopping.wait(LOOK_EVERY):
                return False
        return True

    def _file(self):
        return os.path.join(self.path, LOCK_FILE)

    def _try(self):
        try:
            os.makedirs(self.path, exist_ok=True)
            lock = open(self._file(), 'a+')
        except OSError as error:
            raise exception.ConfigurationError(
                option='state_path', problem='%s cannot be used (%s)' % (
                    self.path, error.strerror),
                remedy='Name a directory that this user may write to.')
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        lock.truncate(0)
        lock.write('%d\n' % os.getpid())
        lock.flush()
        self._lock = lock
        return True

    def _holder(self):
        try:
            with open(self._file()) as lock:
                return lock.read().strip() or 'unknown'
        except OSError:
            return 'unknown'
