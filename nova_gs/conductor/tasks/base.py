"""What every task works with, and how it ends when it cannot go on."""

import dataclasses
import threading

from oslo_config import cfg
from oslo_log import log as logging

from nova_gs import clock
from nova_gs.compute import rpcapi
from nova_gs.conductor import hearing
from nova_gs.conductor import scheduler
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs import servicegroup

LOG = logging.getLogger(__name__)


def failed_build(clock, reason):
    """Return the fields of an instance whose build found no host."""
    return {'vm_state': fields.VMState.ERROR, 'host': None, 'node': None,
            'fault': {'code': 500, 'message': reason, 'details': '',
                      'created': clock.utcnow().isoformat()}}


@dataclasses.dataclass(frozen=True)
class Means:
    """A conductor's means.

    When ``called_off`` is set a task is handed on at its next opportunity.
    """

    conf: cfg.ConfigOpts
    clock: clock.Clock
    compute_rpcapi: rpcapi.ComputeAPI
    publisher: offers.Publisher
    servicegroup: servicegroup.ServiceGroup
    hearing: hearing.Hearing
    called_off: threading.Event = dataclasses.field(
        default_factory=threading.Event)


def candidates(means, ctxt):
    """Return every compute host as a scheduler Candidate."""
    services = {s.host: s for s in objects.ServiceList.get_by_filters(
        ctxt, {'binary': fields.Binary.COMPUTE})}
    return [_candidate(means, node, services.get(node.host))
            for node in objects.ComputeNodeList.get_all(ctxt)]


def _candidate(means, node, service):
    return scheduler.candidate_from(
        node, _refusal(means, service), service and service.availability_zone)


def _refusal(means, service):
    if service is None:
        return 'its nova-compute has no record'
    if service.disabled:
        return 'it is disabled (%s)' % (
            service.disabled_reason or 'no reason given')
    try:
        means.servicegroup.require_up(service)
    except exception.Conflict as error:
        return exception.reason_of(error)
    return ''


class Task:
    """One operation in a conductor's hands.

    ``check`` changes nothing but what the operation says of itself;
    ``execute`` offers the next step; ``rollback`` ends the operation when
    either of them fails.
    """

    def __init__(self, means, ctxt, operation):
        self.means = means
        self.ctxt = ctxt
        self.operation = operation
        self.instance = operation.instance

    def run(self):
        """Go through the task; every error ends the operation, visibly.

        :raises: DatabaseUnavailable: then there is no way to end it.  As
            nobody works at it any more, it is taken up from the start (see
            ``leftovers``) when the database is back
        """
        try:
            self.means.hearing.wait()
            self.execute(self.check())
        except exception.ClaimRefused as error:
            LOG.info('%s', exception.reason_of(error))
        except exception.CalledOff as error:
            LOG.info('%s Any conductor may take it up from the start.',
                     exception.reason_of(error))
            self.hand_on()
        except exception.DatabaseUnavailable:
            raise
        except Exception as error:
            reason = exception.reason_of(error)
            LOG.warning('%s of instance %s was given up: %s',
                        self.operation.kind, self.instance.uuid, reason,
                        exc_info=not isinstance(
                            error, exception.NovaGSException))
            self.rollback(reason)

    def check(self):
        raise NotImplementedError

    def execute(self, plan):
        raise NotImplementedError

    def rollback(self, reason):
        self.operation.finish(fields.OperationState.FAILED, error=reason)

    def hand_on(self):
        """Let another conductor do the task from its start."""
        self.operation.offer(self.operation.step)
        self.means.publisher.publish(self.ctxt, self.operation)

    def candidates(self):
        return candidates(self.means, self.ctxt)
