"""Writing down what has happened, also when the conductor is away.

What the hypervisor has done is done; that it is not recorded yet must not
make anyone do it again.  So a write of an outcome is insisted on until it is
taken, or until this process has to go: then the row still names this
process as its owner, and the next start settles it.
"""

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.rpc import client as rpc_client

LOG = logging.getLogger(__name__)

#: Longest wait for the answer to one write, in seconds.
ANSWER_WITHIN = 5

#: Pause between two tries, in seconds.
TRY_EVERY = 1


class Recorder:
    """Insists on writes.

    :param leaving: Event that is set when the process has to go
    """

    def __init__(self, leaving):
        self._leaving = leaving

    def insist(self, write, *args, **kwargs):
        """Call ``write`` until the conductor has taken it.

        A try whose outcome stayed unknown may have succeeded; the next one
        is then refused, which is as good as taken.

        :raises: PeerUnavailable when the process leaves before;
                 ClaimRefused when the step was no longer ours to begin with
        """
        uncertain = False
        while True:
            try:
                with rpc_client.at_most(ANSWER_WITHIN):
                    return write(*args, **kwargs)
            except exception.ClaimRefused:
                if uncertain:
                    return None
                raise
            except exception.PeerUnavailable as error:
                if not uncertain:
                    LOG.warning('An outcome cannot be recorded yet, trying '
                                'on: %s', exception.reason_of(error))
                uncertain = True
                if self.pause():
                    raise

    def pause(self):
        """Wait a moment before another try.

        :returns: whether this process has to go, so that there is none
        """
        return self._leaving.wait(TRY_EVERY)

    def mention(self, write, *args, **kwargs):
        """Call ``write`` once; what it says is of use only now.

        :returns: whether it was taken
        """
        try:
            with rpc_client.at_most(ANSWER_WITHIN):
                write(*args, **kwargs)
        except (exception.ClaimRefused, exception.PeerUnavailable) as error:
            LOG.debug('Not recorded: %s', exception.reason_of(error))
            return False
        return True
