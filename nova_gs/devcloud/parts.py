"""What all parts of a cloud have in common: start, readiness, stop."""

import abc
import signal

from nova_gs.devcloud import errors
from nova_gs.devcloud import processes
from nova_gs.devcloud import waiting


class Part(abc.ABC):
    """One process of a cloud that is of use once it answers.

    :param layout: the cloud's files
    :param name: what users call it
    """

    #: Seconds until it must answer; many times what it takes.
    start_timeout = 60
    #: Seconds that a stop may take before we no longer wait.
    stop_timeout = 60

    def __init__(self, layout, name):
        self.layout = layout
        self.name = name
        self.process = processes.Process(layout, name)

    @abc.abstractmethod
    def launch(self, owner=None):
        """Start the process.

        :param owner: pid of the process with whose end this one ends too
        :raises: DevcloudError
        """

    @abc.abstractmethod
    def ready(self):
        """Return whether it does its work; never raises for it being away."""

    def start(self, owner=None, cancelled=None):
        """Launch it and wait until it is ready.

        :param cancelled: threading.Event that calls the wait off
        :raises: PartFailed with the end of its log
        """
        try:
            self.launch(owner)
        except processes.LaunchError as error:
            raise errors.PartFailed(self.name, str(error)) from error
        self.await_ready(cancelled)

    def await_ready(self, cancelled=None):
        """Wait until it is ready; raises PartFailed."""
        seen = waiting.until(lambda: self._has_ended() or self.ready(),
                             self.start_timeout, cancelled)
        if self._has_ended():
            self._fail('it ended with exit code %s' % (
                self.process.exit_code()))
        if not seen:
            self._fail('not ready after %d s' % self.start_timeout)

    def stop(self, number=signal.SIGTERM, timeout=None):
        """Signal it and wait for its end.

        :param timeout: seconds; None is as long as it may take
        :returns: the record of its end, None if it runs on
        """
        self.process.send_signal(number)
        return self.process.wait(
            self.stop_timeout if timeout is None else timeout)

    def _has_ended(self):
        return self.process.state() == processes.STOPPED

    def _fail(self, reason):
        raise errors.PartFailed(self.name, reason, self.process.log,
                                self.process.log_tail())
