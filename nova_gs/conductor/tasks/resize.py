"""Choosing a host for a guest that is moved switched off, or gets a new size.

A host that cannot take it gives it back, and another one is chosen.
"""

from nova_gs.conductor import scheduler
from nova_gs.conductor.tasks import placing
from nova_gs import objects
from nova_gs.objects import fields


class Resize(placing.Placing):
    """Find room for a guest in its new size and offer it to a host."""

    def check(self):
        source = self.instance.host
        self.means.servicegroup.require_up(
            objects.Service.get_by_host_and_binary(
                self.ctxt, source, fields.Binary.COMPUTE), letting_go=True)
        return scheduler.choose(
            self.candidates(), self.operation.migration.new_flavor,
            wanted=self.operation.params.get('dest_host'),
            unwanted=self._unwanted(source), last=(source,),
            zone=self.instance.availability_zone)

    def _unwanted(self, source):
        unwanted = dict(self.operation.params.get(fields.FAILED_ON, {}))
        if self.operation.kind == fields.OperationKind.MIGRATE:
            unwanted[source] = 'it has the guest'
        elif not self.means.conf.allow_resize_to_same_host:
            unwanted[source] = ('it has the guest, and '
                                'allow_resize_to_same_host is not set')
        return unwanted

    def _offer(self, candidate):
        within = self.means.conf.operations.live_migration_expires_after
        self.operation.offer(
            'prep_resize', host=candidate.host,
            peer_host=self.instance.host, reserve_on=candidate.host,
            expires_in=within, params={'begin_within': within},
            migration={'status': fields.MigrationStatus.PRE_MIGRATING,
                       'dest_node': candidate.node})

    def rollback(self, reason):
        self.operation.finish(
            fields.OperationState.FAILED, error=reason,
            migration={'status': fields.MigrationStatus.ERROR})
