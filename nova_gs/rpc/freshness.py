"""Whether whoever made a call still waits for its answer.

A call says how long its caller waits.  How long it has lain in this process
our own clock tells.  How long it lay with the broker nobody can tell without
comparing the clocks of two hosts, so where it may have been long, the caller
is asked: its call is not begun but answered with a *proof*, and whoever still
waits sends the call again, with that proof.  Who has left does not.

In doubt is

* everything from the moment at which a server takes up a queue, takes it up
  again after its connection was lost, or stood still (SIGSTOP, a hung hub);
* what another reader of the queue has had before.

A queue is in order: what comes in behind a proof was sent after it.  So the
first proof ends the doubt, however much had waited, and as long as none comes
there is nobody who is kept waiting.

Casts are not concerned: their steps are claimed in the database, and expire
there.  Neither are calls of peers that do not say how long they wait.
"""

import dataclasses
import threading
import uuid

#: Under which name a message's context has what its caller says.
KEY = 'caller'

#: A reader that has not looked at its queue for so long has stood still, in
#: seconds; it looks at least ten times in each.
STOOD_STILL = 1


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a caller says of itself.

    ``waits`` is how long it waits for a sign of life, in seconds from when
    it sent the call; ``proofs`` are those that it was answered with.
    """

    waits: float
    proofs: tuple = ()

    def to_wire(self):
        """Return it as a value for a message's context."""
        return {'waits': self.waits, 'proofs': list(self.proofs)}


def heard(context):
    """Return what a message's caller says, or None.

    :param context: the message's, as a dict
    """
    said = context.get(KEY)
    try:
        return Asked(float(said['waits']), tuple(said['proofs']))
    except (TypeError, KeyError, ValueError):
        return None


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What is known of a call that was received.

    Instants are those of the receiver's clock.  ``since`` is one at which the
    caller still waited, or None when there is no telling.
    """

    waits: float
    received: float
    since: float | None


class Freshness:
    """Tells, for one server, which calls it may begin.

    :param clock: Clock
    """

    def __init__(self, clock):
        self._clock = clock
        self._name = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._in_doubt = True
        #: When the last doubt began.
        self._doubted = clock.now()
        #: When the reader last looked at its queue; None: nobody looks.
        self._looked = None
        self._way = None
        self._resting = False

    def look(self, way):
        """Note that the reader looks at its queue now.

        :param way: by which it does, the broker's channel; another one than
            the last time was made meanwhile
        """
        with self._lock:
            if not self._resting:
                self._look(way, self._clock.now())

    def rest(self):
        """Note that the queue is left: nobody looks any more."""
        with self._lock:
            self._resting, self._looked, self._way = True, None, None

    def received(self, asked, again=False, way=None):
        """Take in a message.

        :param asked: Asked, or None when its sender does not say
        :param again: whether another reader had it before
        :param way: by which the reader got it as it looked, see ``look``;
            None: it does not look any more
        :returns: Receipt, or None for what may be begun in any case
        """
        with self._lock:
            now = self._clock.now()
            if way is not None and not self._resting:
                self._look(way, now)
            if asked is None:
                return None
            since = self._proven(asked.proofs, now)
            if since is not None:
                # What was given back comes out of its turn.
                self._in_doubt = self._in_doubt and again
            elif not (self._in_doubt or again):
                since = now
            return Receipt(asked.waits, now, since)

    def may_begin(self, receipt):
        """Whether a call may be begun now.

        :param receipt: what ``received`` has returned for it
        """
        if receipt is None:
            return True
        with self._lock:
            now = self._clock.now()
            self._notice(now)
            return is_fresh(receipt, now, self._doubted)

    def proof(self):
        """Return a new proof, to answer a call with that is not begun."""
        return '%s %r' % (self._name, self._clock.now())

    def _look(self, way, now):
        self._notice(now)
        if way is not self._way and self._looked is not None:
            self._doubt(now)
        self._way, self._looked = way, now

    def _notice(self, now):
        """Doubt, if the reader has stood still until now."""
        if self._looked is not None and now - self._looked > STOOD_STILL:
            self._doubt(now)

    def _doubt(self, now):
        self._in_doubt, self._doubted, self._looked = True, now, now

    def _proven(self, proofs, now):
        """Return since when a call is known to be wanted, or None."""
        issued = [instant for instant in map(self._issued, proofs)
                  if instant is not None and (
                      instant >= self._doubted
                      or now - instant <= STOOD_STILL)]
        return max(issued, default=None)

    def _issued(self, proof):
        """Return when we have issued a proof; None: it is another's."""
        name, _, instant = str(proof).partition(' ')
        try:
            return float(instant) if name == self._name else None
        except ValueError:
            return None


def is_fresh(receipt, now, doubted):
    """Whether a call's caller may be taken to wait for it.

    :param receipt: Receipt
    :param now: an instant
    :param doubted: when the last doubt began; what was received before it
        has lain here, while nobody could tell what becomes of its caller
    """
    if receipt.since is None:
        return False
    age = now - receipt.since
    return age <= receipt.waits and (
        age <= STOOD_STILL or doubted <= receipt.received)
