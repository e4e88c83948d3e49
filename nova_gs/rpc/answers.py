"""Waiting for an answer only while somebody may still give it.

A host may leave its queue just before a question gets there, or die with
it.  The question's own timeout is far too long then, for whoever asked and
for a host that waits for that operation; so the caller looks up now and
then, at the queue and at what the host has said of itself.
"""

from concurrent import futures
import contextlib
import contextvars
import threading

import amqp

from nova_gs import exception
from nova_gs.rpc import channels

#: Pause between two looks, in seconds.
LOOK_EVERY = 0.25

#: A question is given up when its queue has had no reader for so long, or
#: had none so long ago: then it may have gone with the reader (seconds).
UNREAD_AT_MOST = 0.75

_further = contextvars.ContextVar('further_look', default=None)


def readers(transport, queue):
    """Return how many servers read a queue.

    :param transport: from ``rpc.transport.create``
    :param queue: its name
    :returns: None when that cannot be told
    """
    try:
        with channels.opened(transport) as channel:
            return None if channel is None else channel.queue_declare(
                queue, passive=True).consumer_count
    except amqp.NotFound:
        return 0
    except channels.FAILURES:
        return None


class Watch:
    """Looks whether what was sent to a host's queue may still be answered.

    :param host: its name
    :param count: callable() -> how many read the queue, None when unknown
    :param check: callable() that raises what the host's record says against
        an answer; only asked when nobody is known to read the queue
    :param clock: Clock
    """

    def __init__(self, host, count, check, clock):
        self._host = host
        self._count = count
        self._check = check
        self._clock = clock
        self._unread_at = None

    def look(self, patience=UNREAD_AT_MOST):
        """Look once.

        :param patience: seconds that the queue may be without a reader
        :raises: HostDraining, HostUnavailable: there will be no answer
        """
        count = self._count()
        if not count:
            self._check()
        now = self._clock.now()
        if count == 0 and self._unread_at is None:
            self._unread_at = now
        if self._unread_at is not None and now - self._unread_at >= patience:
            raise exception.HostUnavailable(
                host=self._host, state='not there to take messages')


@contextlib.contextmanager
def unless(look):
    """Let calls inside the block, in this thread, look up once more.

    :param look: callable(); raises when the answer is not wanted any more
    """
    token = _further.set(look)
    try:
        yield
    finally:
        _further.reset(token)


def ask(send, watch, every=LOOK_EVERY):
    """Send a question and return the answer, or raise when none will come.

    :param send: callable(); returns the answer, or raises
    :param watch: Watch
    :param every: pause between two looks, in seconds
    """
    answer = futures.Future()
    # It cannot be called off; what is given up ends with its own timeout.
    threading.Thread(target=_put, args=(answer, send), name='question',
                     daemon=True).start()
    further = _further.get()
    while not futures.wait([answer], every).done:
        try:
            watch.look()
        except exception.Conflict:
            if not answer.done():
                raise
        if further is not None:
            further()
    return answer.result()


def _put(answer, send):
    try:
        answer.set_result(send())
    except BaseException as error:
        answer.set_exception(error)
