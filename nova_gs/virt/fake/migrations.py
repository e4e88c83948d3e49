"""The migrations away from a fake hypervisor, as its clients see them."""

from nova_gs import exception
from nova_gs.virt.fake import guests
from nova_gs.virt.fake import mover
from nova_gs.virt.fake import protocol

RESTARTED = 'the hypervisor of the source was restarted'


class Migrations:
    """The migrations away from one hypervisor, running and last ended.

    :param workers: mover.Mover
    :param world: world.World
    :param switches: switches.Switches
    :param clock: nova_gs.clock.Clock
    """

    def __init__(self, workers, world, switches, clock):
        self._workers = workers
        self._world = world
        self._switches = switches
        self._clock = clock
        self._jobs = {}

    def recover(self, journal):
        """Settle what an earlier life of this process left under way."""
        told = {entry['call'] for entry in journal.entries()
                if entry['verb'] == 'start_migration'
                and entry['event'] != 'begun'}
        for guest, row in self._world.rows('migrations').items():
            call = protocol.Call('start_migration', guest, id=row['id'])
            if row['phase'] == mover.HANDING_OVER:
                self._begin(call, row)
                continue
            if row['phase'] != mover.ENDED:
                row = dict(row, phase=mover.ENDED, elapsed=0.0,
                           outcome=mover.stayed(RESTARTED))
                self._world.change(('migrations', guest, row))
            # Killed between the world's line and the journal's.
            if row['id'] not in told:
                mover.record_end(journal, call, row['outcome'])

    def _begin(self, call, row):
        job = mover.Job(call, row, self._clock.now())
        self._jobs[call.guest] = job
        self._workers.start(job)

    def busy(self, guest):
        """Tell whether a guest is on its way."""
        job = self._jobs.get(guest)
        return job is not None and not job.done.is_set()

    def start(self, call):
        """Begin to move a guest; returns the migration's id."""
        guest = self._world.get('guests', call.guest)
        if guest is None:
            raise exception.GuestNotFound(instance_id=call.guest)
        if self.busy(call.guest) or guest['power_state'] != guests.RUNNING:
            raise exception.HypervisorError(
                reason='Guest %s cannot be migrated: %s.' % (
                    call.guest, 'a migration of it is under way'
                    if self.busy(call.guest) else 'it does not run'))
        try:
            protocol.path_of(call.args['target_uri'])
        except ValueError as error:
            raise exception.HypervisorError(reason=str(error)) from error
        row = {'id': call.id, 'phase': mover.PRE_COPY,
               'target_uri': call.args['target_uri'],
               'memory_mb': guest['memory_mb'], 'outcome': None}
        self._world.change(('migrations', call.guest, row))
        self._begin(call, row)
        return call.id

    def adopt(self, call):
        """Return the id of the migration that moves or took the guest away.

        :returns: None when there is none
        """
        if self.busy(call.guest):
            return self._jobs[call.guest].id
        if self._world.get('guests', call.guest):
            return None
        row = self._world.get('migrations', call.guest)
        return row and row['id']

    def _job(self, call):
        """Return the call's running job; None when it has ended."""
        job = self._jobs.get(call.guest)
        if (job is None or job.id != call.args['migration']
                or job.done.is_set()):
            return None
        return job

    def wait(self, call):
        """Return the outcome, or None when there is none in time."""
        job = self._job(call)
        if job is not None and not job.done.wait(call.args['timeout']):
            return None
        row = self._world.get('migrations', call.guest)
        if row is None or row['id'] != call.args['migration']:
            raise exception.HypervisorError(
                reason='Migration %s of guest %s is not known here any more.'
                % (call.args['migration'], call.guest))
        return row['outcome']

    def abort(self, call):
        """Call a migration off; nothing when it has ended."""
        job = self._job(call)
        if job is None:
            return
        with job.lock:
            if job.phase in (mover.POST_COPY, mover.HANDING_OVER):
                raise exception.MigrationNotAbortable(
                    migration_id=job.id, instance_id=job.guest,
                    status='in %s' % job.phase)
            job.abort_asked = True
        self._switches.poke()

    def force_complete(self, call):
        """Switch a migration to post-copy; nothing when it is past that."""
        job = self._job(call)
        if job is None:
            return
        with job.lock:
            if job.phase == mover.PRE_COPY and not job.abort_asked:
                job.switched = self._clock.now()
                job.phase = mover.POST_COPY
        self._switches.poke()

    def cut(self, guest):
        """End the migration of a guest that is to be destroyed."""
        job = self._jobs.get(guest)
        if job is None or job.done.is_set():
            return
        job.abort_asked = True
        self._switches.poke()
        if not job.done.wait(30):
            raise exception.HypervisorError(
                reason='Guest %s cannot be destroyed: its migration does '
                'not end, since the destination cannot be reached.' % guest)

    def finish(self, call):
        """Look at the guest, or remove what it left when it has gone.

        :returns: the guest's power state, or None when it is not to be here
        """
        row = self._world.get('guests', call.guest)
        if not call.args['arrived']:
            if row is None:
                raise exception.GuestNotFound(instance_id=call.guest)
            return row['power_state']
        if row:
            raise exception.HypervisorError(
                reason='What guest %s left cannot be removed: the guest is '
                'on this host.' % call.guest)
        if self._world.get('leftovers', call.guest):
            self._world.change(('leftovers', call.guest, None))
        return None

    def progress(self, call):
        """Return the fields of live_migration.Progress."""
        job = self._job(call)
        if job is not None and job.phase != mover.ENDED:
            return self._progress_of(job)
        row = self._world.get('migrations', call.guest)
        if row is None or row['id'] != call.args['migration']:
            return {'phase': mover.ENDED}
        total = row['memory_mb'] << 20
        return {'phase': mover.ENDED, 'elapsed': row['elapsed'],
                'memory_total': total,
                'memory_processed': total * row['outcome']['arrived']}

    def _progress_of(self, job):
        now = self._clock.now()
        total = job.row['memory_mb'] << 20
        left = self._left(job, now)
        return {'phase': mover.POST_COPY if job.switched else mover.PRE_COPY,
                'elapsed': now - job.began, 'memory_total': total,
                'memory_processed': total - left, 'memory_remaining': left}

    def _left(self, job, now):
        """Return how many bytes are to be copied; 1 % stays to the end."""
        total = job.row['memory_mb'] << 20
        if job.phase == mover.HANDING_OVER:
            return 0
        left = self._share_left(job.call, job.began, job.switched or now)
        if job.switched:
            left *= self._share_left(job.post_copy_call(), job.switched, now)
        return max(int(total * left), total // 100)

    def _share_left(self, call, began, now):
        lasts = self._switches.duration(call.verb, call.duration)
        return max(0.0, 1 - (now - began) / lasts) if lasts > 0 else 0.0
