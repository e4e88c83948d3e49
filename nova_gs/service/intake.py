"""The queue "compute" of a host, from the moment the host is being stopped.

It is left at once, unless operations are open whose other hosts can send to
no other queue (``compute.old_peers``).  Then it stays attached until the last
of them has ended; meanwhile only their steps come in by it, and whatever else
arrives is refused by the gate like any new work.

Which operations those are only a conductor knows.  One that does not answer
soon keeps nothing open: the queue is left, what is sent to it waits there,
and it is attached again if the answer, late, is that it is needed.
"""

import dataclasses
import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.rpc import catalogue
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)

#: Longest wait for an answer, in seconds.
ANSWER_WITHIN = 0.5

#: Pause between two questions, in seconds.
ASK_EVERY = 0.25

#: How long a queue that was needed stays attached without an answer, in
#: seconds.
SILENCE_AT_MOST = 2

_NOBODY = frozenset()


class Intake:
    """Closes "compute", at once or by and by.

    :param clock: Clock
    :param fleet_has_alt: callable() -> whether no host can need "compute";
        from memory, it must not block
    :param ask: callable(timeout in seconds) -> frozenset of the UUIDs of
        operations that need it; raises when it cannot tell
    :param attach: callable() that takes the queue up again
    :param detach: callable() that leaves it
    :param leaving: Event; set when the process goes, whatever is open
    """

    def __init__(self, clock, fleet_has_alt, ask, attach, detach, leaving):
        self._clock = clock
        self._fleet_has_alt = fleet_has_alt
        self._ask = ask
        self._attach = attach
        self._detach = detach
        self._leaving = leaving
        self._decided = threading.Event()
        self._decided.set()
        #: UUIDs of operations; None while whatever comes is let in.
        self._admitted = None
        #: Held while the queue is left or taken up.
        self._turn = threading.Lock()
        self._attached = True
        self._complained = False

    def seen_from_here(self, row, operation_uuid):
        """Return the row of a message that has come by "compute".

        A step that nobody needs to send here is treated as new work: it is
        let in or refused as the gate stands.

        :param row: catalogue row
        :param operation_uuid: what it is a step of, or None
        """
        if row.topic is not catalogue.Topic.ONGOING:
            return row
        # For a moment after SIGTERM it is not known which ones those are.
        self._decided.wait(2 * ANSWER_WITHIN)
        admitted = self._admitted
        if admitted is None or operation_uuid in admitted:
            return row
        return dataclasses.replace(
            row, while_draining=policy.WhileDraining.NEVER)

    def close(self):
        """Take no new work from here on; returns when that is so."""
        self._decided.clear()
        needed = _NOBODY if self._fleet_has_alt() else self._answer()
        self._let_in(needed or _NOBODY)
        if needed:
            LOG.info('"compute" stays attached for the steps of %d '
                     'operations: their other hosts cannot send to '
                     '"compute-alt".', len(needed))
        if needed or needed is None:
            threading.Thread(target=self._follow, name='old-peers',
                             daemon=True).start()

    def finish(self, within):
        """Leave the queue now, unless it is just being left.

        :param within: seconds to wait for that
        """
        self._let_in(_NOBODY, within)

    def _follow(self):
        """Go by the answers until one is that nobody needs it any more."""
        answered_at = self._clock.now()
        while not self._leaving.wait(ASK_EVERY):
            needed, now = self._answer(), self._clock.now()
            if needed is not None:
                answered_at = now
                self._let_in(needed)
                if not needed:
                    return
            elif now - answered_at >= SILENCE_AT_MOST:
                self._let_in(_NOBODY)

    def _let_in(self, operations, within=-1):
        """Let in the steps of these operations; without any, leave.

        :param within: seconds to wait while the queue is left or taken up
        """
        self._admitted = operations
        self._decided.set()
        if not self._turn.acquire(timeout=within):
            return
        try:
            if operations and not self._attached:
                self._take_up(len(operations))
            elif not operations and self._attached:
                self._attached = False
                self._detach()
        finally:
            self._turn.release()

    def _take_up(self, count):
        if self._leaving.is_set():
            return
        try:
            self._attach()
        except Exception as error:
            failure = exception.reason_of(error)
        else:
            self._attached, failure = True, None
        # Not in the clause above: oslo.log would add the error again.
        if failure:
            LOG.warning('"compute" is needed and cannot be taken up yet: %s',
                        failure)
        else:
            LOG.info('"compute" is taken up again, for the steps of %d '
                     'operations: their other hosts cannot send to '
                     '"compute-alt".', count)

    def _answer(self):
        """Return the answer; None when there is none in time."""
        answers, given = [], threading.Event()

        def ask():
            failure = None
            try:
                answers.append(self._ask(ANSWER_WITHIN))
            except Exception as error:
                failure = exception.reason_of(error)
            # Not in the clause above: oslo.log would add the error again.
            if failure and not self._complained:
                LOG.warning('Which operations still need "compute" is not '
                            'known: %s', failure)
            self._complained = failure is not None
            given.set()

        threading.Thread(target=ask, name='old-peers-question',
                         daemon=True).start()
        given.wait(ANSWER_WITHIN)
        return answers[0] if answers else None
