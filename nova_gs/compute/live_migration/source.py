"""A live migration at its source: queue, prepare, move, hand over."""

import collections
import threading

from oslo_log import log as logging

from nova_gs.compute.live_migration import leftovers
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.virt import driver

LOG = logging.getLogger(__name__)

_STATUS = fields.MigrationStatus

#: How often a running migration is looked at, in seconds.
LOOK_EVERY = 0.25

#: How often what is seen is recorded, in looks.
RECORD_EVERY = 2

#: How a migration ends that did not arrive.
_Ending = collections.namedtuple('_Ending', 'state status verb')


class Departures:
    """The live migrations that leave this host, by migration UUID.

    :param host: compute.host.Host
    """

    def __init__(self, host):
        self._host = host
        self._lock = threading.Lock()
        self._departures = {}

    def begin(self, ctxt, operation, work):
        """Queue a claimed migration; its work ends with the migration."""
        departure = Departure(self._host, ctxt, operation, work)
        work.hand_over()
        work.say('queued')
        with self._lock:
            self._departures[operation.migration_uuid] = departure
        future = self._host.executors.migrations.submit(
            operation.migration_uuid, self._run, departure)
        if future is None:
            departure.call_off('this host is being stopped')
            self._run(departure)

    def abort(self, migration_uuid, reason='asked for by a user'):
        """Call a migration off; one that waits ends at once.

        :raises: MigrationNotFound, MigrationNotAbortable
        """
        departure = self._get(migration_uuid)
        departure.call_off(reason)
        if self._host.executors.migrations.cancel(migration_uuid):
            self._run(departure)

    def force_complete(self, migration_uuid):
        """Make a running migration end soon.

        :raises: MigrationNotFound when it is not running
        """
        self._get(migration_uuid).force_complete()

    def abort_all(self, reason):
        """Call off whatever can be called off, each at its safe point."""
        with self._lock:
            waiting = list(self._departures)
        for migration_uuid in waiting:
            try:
                self.abort(migration_uuid, reason)
            except exception.NovaGSException as error:
                LOG.info('Migration %s goes on: %s', migration_uuid,
                         exception.reason_of(error))

    def _get(self, migration_uuid):
        with self._lock:
            departure = self._departures.get(migration_uuid)
        if departure is None:
            raise exception.MigrationNotFound(
                migration_id=migration_uuid, instance_id='on this host')
        return departure

    def _run(self, departure):
        try:
            departure.run()
        except Exception:
            LOG.exception('Live migration %s ended without an outcome',
                          departure.operation.migration_uuid)
        finally:
            with self._lock:
                self._departures.pop(departure.operation.migration_uuid,
                                     None)
            departure.work.release()


class _Leaving(Exception):
    """This process goes before it could learn where the guest is."""


class Departure:
    """One live migration that leaves this host."""

    def __init__(self, host, ctxt, operation, work):
        self.host = host
        self.ctxt = ctxt
        self.operation = operation
        self.work = work
        self._lock = threading.Lock()
        self._handle = None
        self._off_because = None
        #: Whether the destination has been asked to make room.
        self._announced = False

    def call_off(self, reason):
        """Abort now, or before the next step if the driver has not begun."""
        with self._lock:
            if self._handle is not None:
                self._abort()
            self._off_because = reason

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
        with self._lock:
            handle = self._handle
        if handle is None:
            raise exception.MigrationNotFound(
                migration_id=self.operation.migration_uuid,
                instance_id=self.operation.instance_uuid)
        handle.force_complete()

    def run(self):
        """Move the guest, and see to it that one host has it in the end."""
        try:
            outcome = self._move(self._prepare())
        except _Leaving:
            # The row still names this process; the next start settles it.
            return
        except Exception as error:
            outcome = driver.Outcome(
                arrived=False, reason=exception.reason_of(error),
                aborted=isinstance(error, exception.MigrationAborted))
            if not isinstance(error, exception.NovaGSException):
                LOG.exception('Live migration of %s failed',
                              self.operation.instance_uuid)
        if outcome.arrived:
            self._commit_arrival(outcome)
        else:
            self._roll_back(outcome)

    def _prepare(self):
        self._check_not_called_off()
        self._say(_STATUS.PREPARING)
        data = objects.MigrateData.obj_from_primitive(
            self.operation.params['migrate_data'])
        self._announced = True
        return self.host.compute_rpcapi.pre_live_migration(
            self.ctxt, self.operation.peer_host, self.operation.uuid,
            self.operation.instance, data)

    def _move(self, data):
        self._say(_STATUS.RUNNING)
        with self._lock:
            # Under the lock, so that whoever calls it off either finds the
            # handle or is seen here.
            self._check_not_called_off()
            self._handle = self._start(data)
        looks = 0
        while True:
            looks += 1
            outcome = self._look(record=looks % RECORD_EVERY == 1)
            if outcome is not None:
                return outcome

    def _start(self, data):
        """Begin; a hypervisor that went away meanwhile may have begun."""
        instance = self.operation.instance
        try:
            return self.host.driver.start_migration(instance, data)
        except exception.HypervisorUnavailable:
            handle = self._adopt(instance)
            if handle is None:
                raise
            return handle

    def _adopt(self, instance):
        while True:
            try:
                return self.host.driver.adopt_migration(instance)
            except exception.HypervisorUnavailable as error:
                if self.host.recorder.pause():
                    raise _Leaving() from error

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
            LOG.warning('How the live migration of instance %s is getting on '
                        'cannot be seen: %s', self.operation.instance_uuid,
                        exception.reason_of(error))
            if self.host.recorder.pause():
                raise _Leaving() from error
            return None
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
        self.work.say('%s, %d %%, %d MiB left' % (
            progress.phase, progress.percent, remaining >> 20))
        self.host.recorder.mention(
            self.operation.report, progress=progress.percent,
            remaining=remaining, migration={
                'memory_total': progress.memory_total,
                'memory_processed': progress.memory_processed,
                'memory_remaining': progress.memory_remaining,
                'disk_total': progress.disk_total,
                'disk_processed': progress.disk_processed,
                'disk_remaining': progress.disk_remaining})

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
        """The guest is still here: nothing of it may stay over there."""
        try:
            self.host.driver.finish_migration(
                self.operation.instance, driver.Side.SOURCE, arrived=False)
        except exception.HypervisorError as error:
            # It only looks; the other side must be cleared all the same.
            LOG.warning('Instance %s, which stays here, could not be looked '
                        'at: %s', self.operation.instance_uuid,
                        exception.reason_of(error))
        ending = self._ending(outcome)
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

    def _ending(self, outcome):
        """Return how operation and migration end, and what is said of it."""
        what = _Ending(fields.OperationState.FAILED, _STATUS.ERROR, 'failed')
        why = outcome.reason
        if outcome.aborted:
            what = _Ending(fields.OperationState.ABORTED, _STATUS.CANCELLED,
                           'was called off')
            why = self._off_because or why
        return {'state': what.state, 'migration_status': what.status,
                'reason': 'The live migration to %s %s, the server stays on '
                          '%s: %s' % (self.operation.peer_host, what.verb,
                                      self.host.name, why)}


def clean_up(host, operation):
    """The guest runs elsewhere now: keep nothing of it; end the operation."""
    leftovers.remove(host, operation.instance, driver.Side.SOURCE,
                     arrived=True)
    host.recorder.insist(
        operation.finish, fields.OperationState.SUCCEEDED,
        migration={'status': _STATUS.COMPLETED})
