"""Choosing a host for a new guest.

A host that could not build it gives it back, and another one is chosen.
"""

from nova_gs.conductor import scheduler
from nova_gs.conductor.tasks import base
from nova_gs.conductor.tasks import placing
from nova_gs.objects import fields


class Build(placing.Placing):
    """Find room for a new guest and offer it to a host."""

    def check(self):
        return scheduler.choose(
            self.candidates(), self.instance,
            wanted=self.operation.params.get('host'),
            unwanted=self.operation.params.get(fields.FAILED_ON),
            zone=self.instance.availability_zone)

    def _offer(self, candidate):
        self.operation.offer(
            'build_instance', host=candidate.host, reserve_on=candidate.host,
            expires_in=self.means.conf.operations.expires_after,
            instance={'host': candidate.host, 'node': candidate.node,
                      'task_state': fields.TaskState.SPAWNING})

    def rollback(self, reason):
        self.operation.finish(
            fields.OperationState.FAILED, error=reason,
            instance=base.failed_build(self.means.clock, reason))
