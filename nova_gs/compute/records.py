"""Writing down what has happened, also when the conductor is away.

What the hypervisor has done is done; that it is not recorded yet must not
make anyone do it again.  So a write of an outcome is insisted on until it is
taken, or until this process has to go: then the row still names this
process as its owner, and the next start tells what the outbox has.

A host that stood still, or that the broker kept from being heard, may be
held for lost meanwhile, and what it does marked as interrupted.  It knows
better: it takes the operation back and writes.
"""

import threading

from oslo_log import log as logging

from nova_gs import clock as clocks
from nova_gs import exception
from nova_gs.rpc import client as rpc_client

LOG = logging.getLogger(__name__)

#: Longest wait for the answer to one write, in seconds.
ANSWER_WITHIN = 5

#: The same for what is of use only now, and while nobody answers at all:
#: whoever mentions something has other things to do.
MENTIONED_WITHIN = 1
MENTIONED_IN_SILENCE_WITHIN = 0.2

#: Pause between two tries, in seconds.
TRY_EVERY = 1

#: How long a host that is being stopped goes on trying to record an end that
#: nobody else waits for, or to claim a step, in seconds.
STOPPING_PATIENCE = 60


class Recorder:
    """Insists on writes.

    :param leaving: Event that is set when the process has to go
    :param stopping: Event that is set when it is being stopped
    :param outbox: compute.outbox.Outbox for what is not taken, or None
    :param clock: Clock
    """

    def __init__(self, leaving, stopping=None, outbox=None, clock=None):
        self._leaving = leaving
        self._stopping = stopping
        self._outbox = outbox
        #: Whether the last write was not answered.
        self._silence = False
        #: Whether it was said that outcomes cannot be recorded.
        self._told = False
        self._telling = threading.Lock()
        self._clock = clock or clocks.Clock()

    def insist(self, write, *args, **kwargs):
        """Call ``write`` until the conductor has taken it.

        A try whose outcome stayed unknown may have succeeded; the next one
        is then refused, which is as good as taken.

        :raises: PeerUnavailable when the process leaves before;
                 ClaimRefused when the step was no longer ours to begin with
        """
        # In silence at once: there may be no time to wait for the answer.
        kept = self._keep(write, args, kwargs) if self._silence else None
        try:
            answer = self._write(ANSWER_WITHIN, write, args, kwargs)
        except exception.PeerUnavailable as error:
            self._tell(exception.reason_of(error))
            kept = kept or self._keep(write, args, kwargs)
            answer = self._try_on(write, args, kwargs, kept, error)
        except exception.ClaimRefused:
            self._drop(kept)
            raise
        self._drop(kept)
        return answer

    def _tell(self, reason):
        """Say that outcomes cannot be recorded, once for all of them."""
        with self._telling:
            told, self._told = self._told, True
        if not told:
            LOG.warning('Outcomes cannot be recorded yet, trying on: %s',
                        reason)

    def _tell_over(self):
        with self._telling:
            told, self._told = self._told, False
        if told:
            LOG.info('Outcomes are recorded again.')

    def _keep(self, write, args, kwargs):
        return self._outbox and self._outbox.keep(write, args, kwargs)

    def _drop(self, kept):
        if kept:
            self._outbox.drop(kept)

    def _write(self, seconds, write, args, kwargs):
        silence = False
        try:
            with rpc_client.at_most(seconds):
                return self._held(write, args, kwargs)
        except exception.PeerUnavailable:
            silence = True
            raise
        finally:
            self._silence = silence
            if self._told and not silence:
                self._tell_over()

    def _held(self, write, args, kwargs):
        """Write what is ours, if need be after having taken it back.

        Until this host is heard of again it may be marked once more.
        """
        while True:
            try:
                return write(*args, **kwargs)
            except exception.ClaimRefused as error:
                refusal = error
            if self._leaving.is_set() or not _take_back(write):
                raise refusal

    def _try_on(self, write, args, kwargs, kept, failure):
        """Try until it is taken; returns the answer, None if not known."""
        began = self._clock.now()
        while not (self.pause() or self._may_give_up(write, kept, began)):
            try:
                return self._write(ANSWER_WITHIN, write, args, kwargs)
            except exception.ClaimRefused:
                return None
            except exception.PeerUnavailable as error:
                failure = error
        raise failure

    def _may_give_up(self, write, kept, began):
        return (kept and write.__name__ == 'finish'
                and self._has_waited_enough(began))

    def _has_waited_enough(self, began):
        return (self._stopping is not None and self._stopping.is_set()
                and self._clock.now() - began >= STOPPING_PATIENCE)

    def persist(self, function):
        """Call something that may be repeated until it is answered.

        It is for what must go on, such as the claim of a begun operation's
        next step: nobody else can take that.

        :param function: called without arguments
        :raises: PeerUnavailable when the process leaves before, or has been
                 kept from its stop by this for ``STOPPING_PATIENCE``
        """
        began = self._clock.now()
        while True:
            try:
                return self._write(ANSWER_WITHIN, function, (), {})
            except exception.PeerUnavailable:
                if self.pause() or self._has_waited_enough(began):
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
        within = (MENTIONED_IN_SILENCE_WITHIN if self._silence
                  else MENTIONED_WITHIN)
        try:
            self._write(within, write, args, kwargs)
        except (exception.ClaimRefused, exception.PeerUnavailable) as error:
            LOG.debug('Not recorded: %s', exception.reason_of(error))
            return False
        except Exception as error:
            # Whatever is wrong with the conductor, the work goes on: this
            # was not about its outcome.
            LOG.warning('Not recorded: %s', exception.reason_of(error))
            return False
        return True


def _take_back(write):
    """Take back an operation that was marked as interrupted meanwhile.

    :param write: what was refused; the verb of an operation that we had
    :returns: whether it is ours again, by the same claim
    :raises: ClaimRefused, PeerUnavailable
    """
    mine = getattr(write, '__self__', None)
    if (mine is None or isinstance(mine, type)
            or write.__name__ == 'mark_interrupted' or not mine.take_back()):
        return False
    LOG.warning('Operation %s (%s of instance %s) was marked as interrupted, '
                'but goes on here: taken back.', mine.uuid, mine.kind,
                mine.instance_uuid)
    return True
