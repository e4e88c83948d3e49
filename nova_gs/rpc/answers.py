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

#: A host that is back asks so soon whether what waits is still wanted, in
#: seconds.
ASKS_WITHIN = 2

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


class Vigil:
    """Looks whether what may last is still being worked at.

    The answer may take minutes, and a queue may be without a reader as long.
    A host that returns asks whether what it finds there is still wanted (see
    ``freshness``); what it does not ask for its last process took along.

    :param host: its name
    :param count: callable() -> how many read the queue, None when unknown
    :param owner: callable() -> identity of the process that serves the host
        by its record, None when that cannot be told
    :param clock: Clock
    """

    def __init__(self, host, count, owner, clock):
        self._host = host
        self._count = count
        self._find_owner = owner
        self._clock = clock
        self._asked()

    def over(self, send):
        """Return the sending of a question, with notice of its repetitions.

        :param send: callable(is_wanted), see ``ask``
        """
        def watched(is_wanted):
            def is_wanted_again():
                self._asked()
                return is_wanted()

            return send(is_wanted_again)

        return watched

    def look(self):
        """Look once.

        :raises: HostUnavailable: whoever had the question has ended
        """
        count = self._count()
        if count == 0:
            self._was_unread, self._read_again_at = True, None
        elif count and self._was_unread:
            self._look_again(self._clock.now())

    def _asked(self):
        self._owner = self._find_owner()
        self._was_unread, self._read_again_at = False, None

    def _look_again(self, now):
        if self._read_again_at is None:
            self._read_again_at = now
        if now - self._read_again_at < ASKS_WITHIN:
            return
        self._was_unread = False
        owner = self._find_owner()
        if None not in (owner, self._owner) and owner != self._owner:
            raise exception.HostUnavailable(
                host=self._host, state='another process by now than the one '
                                       'that was asked')


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

    :param send: callable(is_wanted); returns the answer, or raises.  While
        it is under way ``is_wanted()`` tells whether anybody still waits
    :param watch: Watch or Vigil
    :param every: pause between two looks, in seconds
    """
    answer, given_up = futures.Future(), threading.Event()
    # It cannot be called off; what is given up ends with its own timeout.
    threading.Thread(
        target=_put, args=(answer, send, lambda: not given_up.is_set()),
        name='question', daemon=True).start()
    try:
        return _wait(answer, watch, every)
    finally:
        given_up.set()


def _wait(answer, watch, every):
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


def _put(answer, send, is_wanted):
    try:
        answer.set_result(send(is_wanted))
    except BaseException as error:
        answer.set_exception(error)
