"""Asking both hosts whether a guest can move, and setting it going."""

import dataclasses

from oslo_log import log as logging

from nova_gs.conductor import scheduler
from nova_gs.conductor.tasks import base
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import answers

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Plan:
    """Both hosts have agreed: where to, and what the source must know."""

    destination: str
    node: str
    migrate_data: objects.base.NovaObject


class LiveMigration(base.Task):
    """Check a live migration with both hosts and offer it to the source."""

    def check(self):
        wanted = self.operation.params.get('dest_host')
        self._require_up(self.instance.host, letting_go=True)
        refused = {}
        for candidate in scheduler.choose(
                self.candidates(), self.instance, wanted=wanted,
                unwanted={self.instance.host: 'it has the guest'},
                zone=self.instance.availability_zone):
            data = self._ask_source(candidate)
            try:
                return self._ask_destination(candidate, data)
            except exception.DatabaseUnavailable:
                # It says nothing about this host.
                raise
            except (exception.MigrationPreCheckError, exception.Conflict,
                    exception.PeerUnavailable) as error:
                refused[candidate.host] = exception.reason_of(error)
                LOG.info('Instance %s cannot move to %s: %s',
                         self.instance.uuid, candidate.host,
                         refused[candidate.host])
        raise exception.NoValidHost(reason=scheduler.tell(refused))

    def execute(self, plan):
        self.operation.offer(
            'live_migration', host=self.instance.host,
            peer_host=plan.destination, reserve_on=plan.destination,
            expires_in=(
                self.means.conf.operations.live_migration_expires_after),
            migration={'status': fields.MigrationStatus.QUEUED,
                       'dest_node': plan.node,
                       'dest_host': plan.migrate_data.target_addr},
            params={'migrate_data': plan.migrate_data.obj_to_primitive()})
        self.means.publisher.publish(self.ctxt, self.operation)

    def rollback(self, reason):
        self.operation.finish(
            fields.OperationState.FAILED, error=reason,
            migration={'status': fields.MigrationStatus.ERROR})

    def _require_up(self, host, letting_go=False):
        self.means.servicegroup.require_up(
            objects.Service.get_by_host_and_binary(
                self.ctxt, host, fields.Binary.COMPUTE), letting_go)

    def _answer(self, host, check, *arguments):
        """Return a host's answer.

        A conductor that has to go leaves the question to another one.

        :raises: HostDraining, HostUnavailable, CalledOff, or what the host
            says
        """
        with answers.unless(lambda: self._require_wanted(host)):
            return check(self.ctxt, host, *arguments)

    def _require_wanted(self, host):
        if self.means.called_off.is_set():
            raise exception.CalledOff(
                task='Live migration of instance %s' % self.instance.uuid,
                reason='its conductor has to end before host %s has '
                       'answered' % host)

    def _ask_source(self, candidate):
        """Name both hosts, then ask the source; returns its MigrateData.

        From here on a host that begins to drain sees this operation; then
        its record is read once more, so one that has begun to drain is seen
        here, and so is one that begins to while it is asked.  There is no
        gap between.  What keeps the guest here keeps it from going anywhere.
        """
        source = self.instance.host
        self.operation.report(host=source, peer_host=candidate.host,
                              migration={'dest_compute': candidate.host})
        self._require_up(source, letting_go=True)
        data = self._answer(
            source, self.means.compute_rpcapi.check_can_live_migrate_source,
            self.instance)
        data.source_host, data.dest_host = source, candidate.host
        if data.knows_blocks:
            data.block_migration = self._wanted_mode
        return data

    @property
    def _wanted_mode(self):
        """Whether disks are to be copied; None: if need be."""
        return self.operation.params.get('block_migration')

    def _ask_destination(self, candidate, data):
        """Ask a destination, given the source's answer; returns the Plan."""
        self._require_up(candidate.host)
        rpcapi = self.means.compute_rpcapi
        data = self._answer(
            candidate.host, rpcapi.check_can_live_migrate_destination,
            self.instance, data)
        if self._wanted_mode and not data.block_migration:
            raise exception.MigrationPreCheckError(
                reason='host %s or host %s is too old for block migrations; '
                       'upgrade it, or ask for "auto"' % (
                           self.instance.host, candidate.host))
        return Plan(candidate.host, candidate.node, data)
