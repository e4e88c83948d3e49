"""The live migrations that leave this host: queue them, find them again."""

import threading

from oslo_log import log as logging

from nova_gs.compute.live_migration import source
from nova_gs import exception

LOG = logging.getLogger(__name__)

ASKED_BY_USER = 'asked for by a user'

#: Why a guest is fenced whose migration an earlier process has begun.
_ON_ITS_WAY = 'it is on its way to another host, or has got there'


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
        departure = source.Departure(self._host, ctxt, operation, work)
        work.say('queued')
        self._queue(departure)

    def adopt(self, ctxt, operation, work, handle):
        """Take up again what an earlier process of this host has begun.

        It can be called off and forced as soon as this returns.  It does not
        wait for its turn: if the hypervisor moves the guest, it does so
        whether or not somebody looks, and otherwise all that is left to do
        is to say so.  But those that wait leave it its place among those
        that move.

        :param operation: taken over, at step live_migration
        :param handle: of ``driver.adopt_migration``; None when the guest is
            here and nothing moves it: then the migration is rolled back
        """
        departure = source.Departure(self._host, ctxt, operation, work)
        departure.adopt(handle)
        if handle is not None:
            self._host.fence.put(operation.instance_uuid, _ON_ITS_WAY)
        work.say('taken up again')
        self._take(departure)
        over = threading.Event()
        threading.Thread(target=self._see_through, args=(departure, over),
                         name='adopted', daemon=True).start()
        if departure.has_begun:
            self._host.executors.migrations.submit(
                'place of ' + departure.uuid, over.wait)

    def abort(self, migration_uuid, reason=ASKED_BY_USER):
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

    def leave(self, migration_uuid, reason):
        """Leave a running migration to the hypervisor.

        :raises: MigrationNotFound
        """
        self._get(migration_uuid).leave(reason)

    def under_way(self):
        """Return the ``Departure`` of each, the oldest first."""
        with self._lock:
            return list(self._departures.values())

    def _take(self, departure):
        departure.work.hand_over()
        with self._lock:
            self._departures[departure.uuid] = departure

    def _see_through(self, departure, over):
        try:
            self._run(departure)
        finally:
            over.set()

    def _queue(self, departure):
        self._take(departure)
        future = self._host.executors.migrations.submit(
            departure.uuid, self._run, departure)
        if future is None:
            departure.call_off('this host is being stopped')
            self._run(departure)

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
        except (exception.ClaimRefused, exception.PeerUnavailable) as error:
            # The record is not ours any more, or cannot be written before
            # this process goes: the next start looks where the guest is.
            LOG.warning('The end of live migration %s is not recorded: %s',
                        departure.uuid, exception.reason_of(error))
        except Exception:
            LOG.exception('Live migration %s ended without an outcome',
                          departure.uuid)
            # The next start looks; nobody must wait for it until then.
            self._host.recorder.mention(
                departure.operation.mark_interrupted,
                'Internal error on host %s, whose log says more. It is '
                'settled when nova-compute starts again.' % self._host.name)
        finally:
            with self._lock:
                self._departures.pop(departure.uuid, None)
            self._host.fence.lift(departure.operation.instance_uuid)
            departure.work.release()
