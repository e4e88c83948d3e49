"""Choosing a host for a new guest."""

from nova_gs.conductor import scheduler
from nova_gs.conductor.tasks import base
from nova_gs import exception
from nova_gs.objects import fields


class Build(base.Task):
    """Find room for a new guest and offer it to a host."""

    def check(self):
        return scheduler.choose(self.candidates(), self.instance,
                                wanted=self.operation.params.get('host'))

    def execute(self, plan):
        for number, candidate in enumerate(plan, start=1):
            try:
                self.operation.offer(
                    'build_instance', host=candidate.host,
                    reserve_on=candidate.host,
                    expires_in=self.means.conf.operations.expires_after,
                    instance={'host': candidate.host, 'node': candidate.node,
                              'task_state': fields.TaskState.SPAWNING})
            except exception.NoValidHost:
                # Somebody else was given the room in the meantime.
                if number == len(plan):
                    raise
            else:
                self.means.publisher.publish(self.ctxt, self.operation)
                return

    def rollback(self, reason):
        self.operation.finish(
            fields.OperationState.FAILED, error=reason,
            instance=base.failed_build(self.means.clock, reason))
