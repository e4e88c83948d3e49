"""Renewing offers that nobody took up, and marking what was lost.

A message may be lost with the process that had fetched it; the offered step
is in the database.  Any number of conductors may sweep: each row is won by
one of them.  Hosts that leave are looked at more often, since what they have
not begun can go elsewhere at once.
"""

import itertools
import math
import threading

from oslo_log import log as logging

from nova_gs.conductor import clearing
from nova_gs.conductor import confirming
from nova_gs.conductor import giving_back
from nova_gs.conductor import rerouting
from nova_gs.conductor.tasks import base
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.shutdown import policy

LOG = logging.getLogger(__name__)

#: Rows that one sweep takes; the next one takes the rest.
BATCH = 200

#: Longest pause between two looks at the hosts that leave, in seconds.
LOOK_EVERY = 1


class Sweeper:
    """Looks for due offers, until stopped.

    :param ctxt: admin RequestContext
    :param means: tasks.base.Means
    :param leftovers: leftovers.Leftovers
    :param gate: shutdown.tracker.Gate, that a stop may wait for a sweep
    """

    def __init__(self, ctxt, means, leftovers, gate):
        self._ctxt = ctxt
        self._means = means
        self._leftovers = leftovers
        self._gate = gate
        self._rerouting = rerouting.Rerouting(ctxt, means)
        self._interval = means.conf.operations.sweep_interval
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name='sweeper', daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Begin no further sweep; one in progress sends what it has won."""
        self._stop.set()

    def sweep(self):
        """Look once; returns how many steps were sent again."""
        sent, stuck = 0, []
        due = objects.OperationList.take_due(
            self._ctxt, BATCH, self._interval)
        for operation in due:
            if operation.expired:
                self._fail(operation)
            elif self._can_be_taken(operation):
                sent += self._means.publisher.publish(self._ctxt, operation)
            elif not self._done_without(operation):
                stuck.append(operation)
        self._rerouting.pass_on(stuck)
        return sent

    def _done_without(self, operation):
        """Whether an operation goes on without the host of its step."""
        return self._means.hearing.is_over() and (
            clearing.end_offered(self._ctxt, operation)
            or giving_back.give_back(self._ctxt, self._means, operation))

    def mark_lost(self):
        """Mark what hosts had begun that have left, or do not come back.

        It is never run elsewhere: the guest may live on without its host's
        nova-compute, which settles this when it returns.
        """
        lost_after = self._means.conf.operations.host_lost_after
        is_heard = self._means.hearing.is_over()
        for service in objects.ServiceList.get_by_filters(
                self._ctxt, {'binary': fields.Binary.COMPUTE}):
            age = service.seconds_since_seen
            if service.phase == fields.ServicePhase.STOPPED:
                self._mark_lost_on(service.host, 'was stopped')
            elif is_heard and age is not None and age > lost_after:
                self._mark_lost_on(
                    service.host, 'has not reported for %d s' % age)

    def _mark_lost_on(self, host, what):
        for operation in objects.OperationList.interrupted_on_host(
                self._ctxt, host):
            clearing.end_left(self._ctxt, operation)
        for operation in objects.OperationList.open_on_host(
                self._ctxt, host):
            if operation.host != host or operation.owner is None:
                continue
            # A conductor works at this one, whatever becomes of the host.
            if catalogue.is_conductor_step(operation.step):
                continue
            if clearing.end_left(self._ctxt, operation):
                continue
            reason = ('Interrupted: host %s %s. It settles this when it '
                      'returns.' % (host, what))
            try:
                operation.mark_interrupted(reason)
            except exception.ClaimRefused:
                continue
            LOG.warning('Operation %s (%s of instance %s): %s',
                        operation.uuid, operation.kind,
                        operation.instance_uuid, reason)

    def _run(self):
        # A silence among the hosts must not come and go in between.
        pause = min(self._interval / 2, self._means.conf.service_down_time / 4)
        looks = math.ceil(pause / LOOK_EVERY)
        for number in itertools.count(1):
            if self._stop.wait(pause / looks):
                return
            try:
                with self._gate.enter('sweep', policy.WhileDraining.NEVER,
                                      policy.OnShutdown.DROP):
                    self._means.hearing.look()
                    if number % looks == 0:
                        self._go_through()
                    self._rerouting.look()
            except exception.HostDraining:
                return
            except exception.DatabaseUnavailable:
                # That was said when it began; the next sweep does it all.
                continue
            except exception.NovaGSException as error:
                LOG.warning('Sweep was cut short: %s',
                            exception.reason_of(error))
            except Exception:
                LOG.exception('Sweep was cut short')

    def _go_through(self):
        self.sweep()
        self._leftovers.offer_again()
        self.mark_lost()
        confirming.confirm_overdue(self._ctxt, self._means)

    def _fail(self, operation):
        reason = ('Not begun in time: no service took step %s up%s before '
                  'it expired. %sAsk for it again.' % (
                      operation.step,
                      ' on host %s' % operation.host if operation.host
                      else '', self._nowhere_else(operation)))
        if objects.Operation.cancel_offered(
                self._ctxt, operation.uuid, fields.OperationState.FAILED,
                reason, expired=True,
                instance=self._unbuilt(operation, reason),
                migration={'status': fields.status_after_failure(
                    operation.step)}):
            LOG.info('Operation %s (%s of instance %s): %s', operation.uuid,
                     operation.kind, operation.instance_uuid, reason)

    def _nowhere_else(self, operation):
        """Return why no other host did it, as a sentence with a space."""
        why = self._rerouting.why_nowhere(operation)
        return why and 'No other host does it now: %s. ' % why.rstrip('.')

    def _unbuilt(self, operation, reason):
        """Return what a build that was never begun leaves of an instance."""
        if operation.kind != fields.OperationKind.BUILD:
            return None
        return base.failed_build(self._means.clock, reason)

    def _can_be_taken(self, operation):
        """Whether sending the step again has a point now.

        A host that is away takes its own steps up when it starts; one that
        drains still takes the steps of begun work, one that is quiesced also
        what empties it.
        """
        if catalogue.is_conductor_step(operation.step):
            return True
        try:
            service = objects.Service.get_by_host_and_binary(
                self._ctxt, operation.host, fields.Binary.COMPUTE)
        except exception.ServiceNotFound:
            return False
        if not self._means.servicegroup.is_up(service):
            return False
        return (service.phase == fields.ServicePhase.SERVING or
                catalogue.may_begin(
                    operation.step,
                    service.phase == fields.ServicePhase.QUIESCED))
