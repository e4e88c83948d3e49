"""From a message to its execution: gate, claim, then the work.

The order matters.  The gate registers the delivery with the tracker before
anything is claimed, so a host is never called idle while a claim is in
flight; the claim comes before the driver, so a step is begun once.
"""

import contextlib
import functools
import threading
import uuid

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)

#: A claim whose outcome is unknown for so long does not begin (seconds), if it
#: would begin an operation.
CLAIM_WITHIN = 5


class StepRunner:
    """Runs what comes in by RPC, and own offered steps at start.

    :param gate: shutdown.tracker.Gate
    :param owner: identity of this process
    :param pool: pools.Pool for steps that begin something
    :param on_refusal: called with the UUID of an operation whose step was
        not begun because of a stop; it stays offered
    :param outbox: compute.outbox.Outbox, so that what is in doubt outlives
        this process; or None
    :param persist: callable(claim) that claims a later step of an operation,
        again and again if need be: the same claim is granted once and then
        confirmed; None for one try
    """

    def __init__(self, gate, owner, pool, on_refusal=None, outbox=None,
                 persist=None):
        self._gate = gate
        self._owner = owner
        self._pool = pool
        self._on_refusal = on_refusal or (lambda operation_uuid: None)
        self._outbox = outbox
        self._persist = persist or _try_once
        #: Claims whose outcome is unknown: claim_id -> (ctxt, uuid, step)
        self._unsettled = {}
        #: What waits for a thread: operation's UUID -> row
        self._waiting = {}
        self._lock = threading.Lock()
        #: Messages that let others go first; None: nobody has to.
        self._behind = None

    def invoke(self, row, method, ctxt, **arguments):
        """Take a message; a call's answer is returned."""
        if (row.kind is catalogue.Kind.CALL
                or row.role is catalogue.Role.READ):
            with self._enter(row, arguments.get('operation_uuid'),
                             request_id=ctxt.request_id):
                return method(ctxt, **arguments)
        message = row, method, ctxt, arguments['operation_uuid']
        if not self._lets_others_go_first(message):
            self.take(*message)

    @contextlib.contextmanager
    def first(self):
        """What is taken in the block goes before what messages ask for.

        So what was offered for long is begun before what comes now.  Only
        messages that begin something wait, in the order in which they came.
        """
        with self._lock:
            self._behind = []
        try:
            yield
        finally:
            while self._behind is not None:
                with self._lock:
                    messages = self._behind
                    self._behind = [] if messages else None
                for message in messages:
                    self.take(*message)

    def _lets_others_go_first(self, message):
        with self._lock:
            waits = (self._behind is not None
                     and message[0].role is catalogue.Role.BEGINS)
            if waits:
                self._behind.append(message)
            return waits

    def take(self, row, method, ctxt, operation_uuid):
        """Execute an operation's step, now or when a thread is free."""
        if row.role is catalogue.Role.BEGINS:
            self._waiting[operation_uuid] = row
            self._pool.submit(operation_uuid, self._execute, row, method,
                              ctxt, operation_uuid)
        else:
            self._execute(row, method, ctxt, operation_uuid)

    def set_aside(self):
        """Drop what waits for a thread and would be refused; it is offered.

        :returns: how many steps that were
        """
        dropped = 0
        for operation_uuid in self._pool.waiting():
            row = self._waiting.get(operation_uuid)
            if row is None or self._gate.admits(
                    row.while_draining, row.lets_go):
                continue
            if self._pool.cancel(operation_uuid):
                self._waiting.pop(operation_uuid, None)
                self._gate.hand_back(operation_uuid)
                dropped += 1
        return dropped

    def settle(self):
        """Give back steps that a claim without an answer may have won.

        :raises: PeerUnavailable
        """
        for claim_id, doubt in list(self._unsettled.items()):
            try:
                settled = _settle(claim_id, *doubt)
            except (exception.ClaimRefused, exception.NotFound):
                settled = True
            if settled:
                self._unsettled.pop(claim_id, None)
                if self._outbox:
                    self._outbox.drop(claim_id)

    def describe(self):
        """Return lines on what waits and what is in doubt, for a report.

        Needs no lock, so that it does not wait for whoever is stuck.
        """
        return ['waits for a thread: operation %s' % key
                for key in self._pool.waiting()] + [
            'claimed, but it is not known whether with success: step %s of '
            'operation %s' % (step, operation_uuid)
            for _ctxt, operation_uuid, step in list(
                self._unsettled.values())]

    def _enter(self, row, operation_uuid, request_id=None):
        return self._gate.enter(
            row.name, row.while_draining, row.on_shutdown,
            operation_uuid=operation_uuid, lets_go=row.lets_go,
            request_id=request_id)

    def _execute(self, row, method, ctxt, operation_uuid):
        self._waiting.pop(operation_uuid, None)
        try:
            with self._enter(row, operation_uuid) as work:
                operation = self._claim(ctxt, operation_uuid, row, work)
                work.belongs_to(operation)
                self._run(row, method, ctxt, operation, work)
        except exception.HostDraining:
            LOG.info('Step %s of operation %s is not begun, as this host '
                     'drains; it stays offered.', row.name, operation_uuid)
            self._gate.hand_back(operation_uuid)
            self._on_refusal(operation_uuid)
        except (exception.ClaimRefused, exception.NotFound) as error:
            LOG.info('Dropped a message: %s', exception.reason_of(error))
        except exception.PeerUnavailable as error:
            LOG.warning('Step %s of operation %s: %s', row.name,
                        operation_uuid, exception.reason_of(error))
        except Exception:
            # In a pool nobody else would ever hear of it.
            LOG.exception('Step %s of operation %s could not be taken up',
                          row.name, operation_uuid)

    def _run(self, row, method, ctxt, operation, work):
        try:
            method(ctxt, operation, work)
        except exception.PeerUnavailable:
            # How it ended is not on record, and this process goes.
            work.mark(policy.Fate.LEFT)
            raise
        except Exception as error:
            LOG.exception('Step %s of operation %s ended without an outcome',
                          row.name, operation.uuid)
            self._give_up(row, operation, 'Internal error on host %s: %s' % (
                self._gate.host, exception.reason_of(error)))

    @staticmethod
    def _give_up(row, operation, reason):
        if row.role is catalogue.Role.BEGINS:
            moved = {'migration': {
                'status': fields.status_after_failure(row.name)}}
            operation.finish(
                fields.OperationState.FAILED, error=reason,
                **(moved if operation.migration_uuid else {}))
        elif operation.claim_id is not None:
            # There are two hosts to consider, which the next start does.
            # Until then neither of them must wait for it.
            operation.mark_interrupted(reason)

    def _claim(self, ctxt, operation_uuid, row, work):
        claim_id = str(uuid.uuid4())
        attempt = (_try_once if row.role is catalogue.Role.BEGINS
                   else self._persist)
        try:
            return attempt(functools.partial(
                objects.Operation.claim, ctxt, operation_uuid, row.name,
                self._owner, claim_id))
        except exception.PeerUnavailable:
            work.mark(policy.Fate.LEFT)
            self._unsettled[claim_id] = (ctxt, operation_uuid, row.name)
            if self._outbox:
                self._outbox.keep_doubt(claim_id, operation_uuid, row.name)
            raise


def _try_once(claim):
    with rpc_client.at_most(CLAIM_WITHIN):
        return claim()


def _settle(claim_id, ctxt, operation_uuid, step):
    """Give a step back if it is ours; returns whether that is certain.

    While the step is offered the claim may still be on its way: a broker or
    a conductor that stood still executes it when it goes on.
    """
    operation = objects.Operation.get_by_uuid(ctxt, operation_uuid)
    if operation.claim_id == claim_id:
        LOG.info('Step %s of operation %s was ours without our knowing; '
                 'offering it again.', step, operation_uuid)
        # It may have been marked as interrupted since.
        operation.take_back()
        operation.offer(step, host=operation.host,
                        peer_host=operation.peer_host)
        return True
    return not operation.is_offered or operation.step != step
