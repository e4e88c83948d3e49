"""A live migration at its source: prepare, move, hand over."""

import collections
import threading

from oslo_log import log as logging

from nova_gs.compute.live_migration import completion
from nova_gs.compute.live_migration import deadline
from nova_gs.compute.live_migration import leftovers
from nova_gs.compute.live_migration import waiting
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import client as rpc_client
from nova_gs.shutdown import policy
from nova_gs.virt import live_migration

LOG = logging.getLogger(__name__)

_STATUS = fields.MigrationStatus

#: How often a running migration is looked at, in seconds.
LOOK_EVERY = 0.25

#: How often what is seen is recorded, in looks.
RECORD_EVERY = 2

#: How many looks at the progress are remembered.
SAMPLES = 240

#: Longest wait for the record to say that we leave, in seconds.
SAY_WITHIN = 2

#: Why a migration failed that was not there when it was to be taken up.
_NOT_THERE = ('nova-compute ended while it was under way, and the hypervisor '
              'does not move the guest any more')

#: How a migration ends that did not arrive.
_Ending = collections.namedtuple('_Ending', 'state status verb')


class _Leaving(Exception):
    """This process does not wait for the end of the migration."""


class Departure:
    """One live migration that leaves this host.

    :ivar is_forced: whether it has been made to end soon
    """

    def __init__(self, host, ctxt, operation, work):
        self.host = host
        self.ctxt = ctxt
        self.operation = operation
        self.work = work
        self.is_forced = False
        self._lock = threading.Lock()
        self._handle = None
        self._adopted = False
        self._off_because = None
        self._left_because = None
        self._stage = deadline.Stage.WAITING
        self._samples = ()
        #: Whether it was said that nobody sees how it is getting on.
        self._unseen = False
        #: Whether the destination has been asked to make room.
        self._announced = False

    @property
    def uuid(self):
        """The migration's UUID."""
        return self.operation.migration_uuid

    @property
    def stage(self):
        """How far it is: a ``deadline.Stage``."""
        return self._stage

    @property
    def has_begun(self):
        """Whether the hypervisor moves the guest, or has moved it."""
        return self._handle is not None

    @property
    def is_settled(self):
        """Whether it is called off or left: nothing is to be decided."""
        return bool(self._off_because or self._left_because)

    def estimate(self):
        """Return the seconds until its end; see ``deadline.estimate``."""
        return deadline.estimate(self._samples, self.host.clock.now())

    def call_off(self, reason):
        """Abort now, or before the next step if the driver has not begun."""
        with self._lock:
            # First, since the hypervisor may end it before it answers.
            before, self._off_because = self._off_because, reason
            try:
                if self._handle is not None:
                    self._abort()
            except exception.NovaGSException:
                self._off_because = before
                raise
        self.host.plugging.waits.nudge(self.operation.instance_uuid)

    def _abort(self):
        try:
            self._handle.abort()
        except exception.MigrationNotAbortable as error:
            # The driver knows the guest, not the migration's record.
            raise exception.MigrationNotAbortable(
                migration_id=self.operation.migration_uuid,
                instance_id=self.operation.instance_uuid,
                status=error.kwargs['status']) from error

    def force_complete(self):
        """Make it end soon; raises MigrationNotFound before it moves."""
        with self._lock:
            handle = self._handle
        if handle is None:
            raise exception.MigrationNotFound(
                migration_id=self.operation.migration_uuid,
                instance_id=self.operation.instance_uuid)
        handle.force_complete()
        self.is_forced = True

    def leave(self, reason):
        """Have it left to the hypervisor, at the next look.

        :param reason: what the record says until it is taken up again
        """
        self._left_because = reason

    def adopt(self, handle):
        """Go on from where an earlier process of this host was cut.

        :param handle: MigrationHandle, or None when nothing moves the guest
        """
        self._adopted = self._announced = True
        if handle is not None:
            self._hold(handle)

    def run(self):
        """Move the guest, and see to it that one host has it in the end."""
        try:
            outcome = (self._go_on() if self._adopted
                       else self._move(self._prepare()))
        except _Leaving as leaving:
            outcome, reason = None, str(leaving)
        except Exception as error:
            outcome = live_migration.Outcome(
                arrived=False, reason=exception.reason_of(error),
                aborted=isinstance(error, exception.MigrationAborted))
            if not isinstance(error, exception.NovaGSException):
                LOG.exception('Live migration of %s failed',
                              self.operation.instance_uuid)
        # Not in the clause above: oslo.log would add the error again.
        if outcome is None:
            self._part(reason)
            return
        self._stage = deadline.Stage.PAST
        if outcome.arrived:
            self._commit_arrival(outcome)
        else:
            self._roll_back(outcome)

    def _part(self, reason):
        """Leave the guest on its way; the next start finds out more.

        If that cannot be written down, the row still names this process,
        which is enough for the next one.
        """
        LOG.warning('Instance %s: %s', self.operation.instance_uuid, reason)
        self.work.mark(policy.Fate.LEFT)
        self.work.on_shutdown = policy.OnShutdown.RESUME
        self.work.say('left to the hypervisor')
        with rpc_client.at_most(SAY_WITHIN):
            self.operation.mark_interrupted(reason)

    def _data(self):
        return objects.MigrateData.obj_from_primitive(
            self.operation.params['migrate_data'])

    def _prepare(self):
        self._check_not_called_off()
        self._say(_STATUS.PREPARING)
        self._announced = True
        data = self.host.compute_rpcapi.pre_live_migration(
            self.ctxt, self.operation.peer_host, self.operation.uuid,
            self.operation.instance, self._data())
        waiting.await_ports(self, data, self._check_not_called_off)
        return data

    def _move(self, data):
        self._say(_STATUS.RUNNING)
        with self._lock:
            # Under the lock, so that whoever calls it off either finds the
            # handle or is seen here.
            self._check_not_called_off()
            self._hold(self._start(data))
        return self._watch()

    def _go_on(self):
        """Watch what an earlier process had begun."""
        if self._handle is None:
            return live_migration.Outcome(arrived=False, reason=_NOT_THERE)
        self._say(_STATUS.RUNNING)
        return self._watch()

    def _hold(self, handle):
        self._handle = handle
        self._stage = deadline.Stage.COPYING

    def _watch(self):
        """Look until it is over; returns the outcome."""
        looks = 0
        while True:
            looks += 1
            outcome = self._look(record=looks % RECORD_EVERY == 1)
            if outcome is not None:
                return outcome
            if self._left_because:
                raise _Leaving(self._left_because)

    def _start(self, data):
        """Begin; a hypervisor that went away meanwhile may have begun."""
        instance = self.operation.instance
        try:
            return self.host.driver.start_migration(instance, data)
        except exception.HypervisorUnavailable:
            handle = self._find(instance, data)
            if handle is None:
                raise
            return handle

    def _find(self, instance, data):
        while True:
            try:
                return self.host.driver.adopt_migration(instance, data)
            except exception.HypervisorUnavailable as error:
                self._pause(error)

    def _pause(self, error):
        """Wait a moment for the hypervisor, unless this process must go."""
        if self.host.recorder.pause():
            raise _Leaving(
                'Interrupted: nova-compute on host %s ended while the '
                'hypervisor did not say how the live migration is getting '
                'on (%s). It is taken up when it starts again.' % (
                    self.host.name, exception.reason_of(error))) from error

    def _look(self, record):
        """Return the outcome, or None while there is none.

        A hypervisor that does not answer has not said that the guest stayed;
        only itself can tell, when it is back.
        """
        try:
            outcome = self._handle.wait(LOOK_EVERY)
            if outcome is None and record:
                self._record(self._handle.progress())
        except exception.HypervisorUnavailable as error:
            if not self._unseen:
                LOG.warning(
                    'How the live migration of instance %s is getting on '
                    'cannot be seen: %s', self.operation.instance_uuid,
                    exception.reason_of(error))
            self._unseen = True
            self._pause(error)
            return None
        if self._unseen:
            LOG.info('How the live migration of instance %s is getting on '
                     'is seen again.', self.operation.instance_uuid)
            self._unseen = False
        return outcome

    def _check_not_called_off(self):
        if self._off_because is not None:
            raise exception.MigrationAborted(
                instance_id=self.operation.instance_uuid,
                reason=self._off_because)

    def _say(self, status):
        self.work.say(status)
        self.host.recorder.mention(
            self.operation.report, migration={'status': status})

    def _record(self, progress):
        remaining = progress.memory_remaining + progress.disk_remaining
        self._learn(progress, remaining)
        self.work.say('%s, %d MiB left' % (progress.phase, remaining >> 20),
                      progress.percent, remaining, self.estimate())
        self.host.recorder.mention(
            self.operation.report, progress=progress.percent,
            remaining=remaining, migration={
                'memory_total': progress.memory_total,
                'memory_processed': progress.memory_processed,
                'memory_remaining': progress.memory_remaining,
                'disk_total': progress.disk_total,
                'disk_processed': progress.disk_processed,
                'disk_remaining': progress.disk_remaining})
        completion.mind(self, progress)

    def _learn(self, progress, remaining):
        """Take in what a look says, for those who must decide."""
        if progress.phase != 'pre-copy':
            self._stage = deadline.Stage.PAST
        if progress.memory_total or progress.disk_total:
            # A new tuple, since others read the present one.
            self._samples = self._samples[-SAMPLES:] + (
                deadline.Sample(self.host.clock.now(), remaining),)

    def _commit_arrival(self, outcome):
        """Commit the new host, before the destination is told."""
        migration = self.operation.migration
        LOG.info('Instance %s has arrived at %s (downtime %s ms).',
                 self.operation.instance_uuid, self.operation.peer_host,
                 outcome.downtime_ms)
        self.work.say('arrived')
        self.host.pass_on(
            self.ctxt, self.operation, 'post_live_migration_at_destination',
            host=self.operation.peer_host, peer_host=self.host.name,
            instance={'host': migration.dest_compute,
                      'node': migration.dest_node},
            migration={'status': _STATUS.POST_MIGRATING,
                       'memory_remaining': 0, 'disk_remaining': 0},
            params={'downtime_ms': outcome.downtime_ms})

    def _roll_back(self, outcome):
        """The guest has not moved: nothing of it may stay over there."""
        ending = self._ending(outcome, self._look_after())
        LOG.warning('Instance %s: %s', self.operation.instance_uuid,
                    ending['reason'])
        self.work.say('rolling back')
        if self._announced and self.host.peer_is_up(
                self.ctxt, self.operation.peer_host):
            self.host.pass_on(
                self.ctxt, self.operation,
                'rollback_live_migration_at_destination',
                host=self.operation.peer_host, peer_host=None,
                params={'ending': ending})
            return
        # Nothing to clean there, or nobody to do it: a destination looks at
        # its start for what is not its own.
        self.host.recorder.insist(
            self.operation.finish, ending['state'], error=ending['reason'],
            migration={'status': ending['migration_status']})

    def _look_after(self):
        """Return, in words, what becomes of a guest that has not moved."""
        try:
            self.host.driver.finish_migration(
                self.operation.instance, live_migration.Side.SOURCE,
                arrived=False)
        except exception.GuestNotFound:
            # It was deleted on its way; its room must go as well.
            return 'is not on %s any more' % self.host.name
        except exception.HypervisorError as error:
            # It only looks; the other side must be cleared all the same.
            reason = exception.reason_of(error)
        else:
            reason = None
        if reason is not None:
            LOG.warning('Instance %s, which stays here, could not be looked '
                        'at: %s', self.operation.instance_uuid, reason)
        return 'stays on %s' % self.host.name

    def _ending(self, outcome, fate):
        """Return how operation and migration end, and what is said of it.

        :param fate: what becomes of the server, in words
        """
        what = _Ending(fields.OperationState.FAILED, _STATUS.ERROR, 'failed')
        why = outcome.reason
        if outcome.aborted:
            self.work.mark(policy.Fate.ABORTED)
            what = _Ending(fields.OperationState.ABORTED, _STATUS.CANCELLED,
                           'was called off')
            why = self._off_because or why
        return {'state': what.state, 'migration_status': what.status,
                'reason': 'The live migration to %s %s, the server %s: %s' % (
                    self.operation.peer_host, what.verb, fate, why)}


def clean_up(host, operation):
    """The guest runs elsewhere now: keep nothing of it; end the operation."""
    leftovers.remove_at_last(host, operation, live_migration.Side.SOURCE,
                             arrived=True)
    host.recorder.insist(
        operation.finish, fields.OperationState.SUCCEEDED,
        migration={'status': _STATUS.COMPLETED})
