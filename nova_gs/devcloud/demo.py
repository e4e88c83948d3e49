"""The demo: SIGTERM to nova-compute while a guest's memory is being copied.

A guest that writes 8 MiB/s to its memory runs on host-a.  It is asked to move
to host-b; while it moves, nova-compute on host-a gets SIGTERM.  Then the
guest's own console, the records and the clock tell what came of it.
"""

import dataclasses
import datetime
import signal

from nova_gs import clock as clock_module
from nova_gs.devcloud import console
from nova_gs.devcloud import errors
from nova_gs.devcloud import waiting
from nova_gs.objects import fields

SOURCE, DESTINATION = 'host-a', 'host-b'
#: MiB/s; twice what the guest writes, so that it takes some seconds.
SETTINGS = ('libvirt.live_migration_bandwidth=16',)
#: Seconds that a daemon may take after its last piece of work.
PROMISE = 0.5
_PATIENCE = 120


@dataclasses.dataclass
class Result:
    """What came of it; times in seconds unless the name says otherwise."""

    ok: bool = False
    guest_uuid: str | None = None
    boots_seen: int = 0
    ticks_lost: int = 0
    memory_errors: int = 0
    downtime_ms: int | None = None
    migration_status: str | None = None
    host_after: str | None = None
    sigterm_to_exit_s: float | None = None
    last_work_to_exit_s: float | None = None
    exit_code: int | None = None
    idle_sigterm_to_exit_s: float | None = None

    def judge(self):
        """Return [(label, value, good)] and set ``ok``."""
        rows = [
            ('migration', self.migration_status,
             self.migration_status == fields.MigrationStatus.COMPLETED),
            ('guest is on', self.host_after,
             self.host_after == DESTINATION),
            ('boots seen', self.boots_seen, self.boots_seen == 1),
            ('ticks lost', self.ticks_lost, self.ticks_lost == 0),
            ('bad memory pages', self.memory_errors,
             self.memory_errors == 0),
            ('downtime', '%s ms' % self.downtime_ms,
             None if self.downtime_ms is None else True),
            ('exit code', self.exit_code, self.exit_code == 0),
            ('SIGTERM to exit', _seconds(self.sigterm_to_exit_s), None),
            ('last work to exit', _seconds(self.last_work_to_exit_s),
             _in_time(self.last_work_to_exit_s)),
            ('idle SIGTERM to exit', _seconds(self.idle_sigterm_to_exit_s),
             _in_time(self.idle_sigterm_to_exit_s)),
        ]
        self.ok = all(good is not False for _label, _value, good in rows)
        return rows


class Demo:
    """See the module.

    :param cloud: ``cloud.Cloud`` with two hosts, up
    :param terminal: ``terminal.Terminal``
    """

    def __init__(self, cloud, terminal, clock=None):
        self.cloud = cloud
        self.terminal = terminal
        self.clock = clock or clock_module.Clock()
        self.result = Result()

    def run(self):
        """Play it and return the Result; raises DevcloudError."""
        self._boot()
        request_id = self._migrate_until_memory_moves()
        sent = self._terminate_source()
        record = self._watch_drain()
        self._check_exit(record, sent, request_id)
        self._check_guest()
        self._stop_idle_destination()
        return self.result

    def _boot(self):
        api, started = self.cloud.api, self.clock.now()
        uuid = api.create_server('guest', 'ticker-busy', host=SOURCE)
        self.result.guest_uuid = uuid
        api.await_server(uuid, status='ACTIVE', timeout=_PATIENCE)
        self.terminal.step('guest %s is ACTIVE on %s' % (uuid[:8], SOURCE),
                           self.clock.now() - started)
        self._await_console(lambda seen: seen.rounds >= 2)
        self.terminal.step('it ticks, and writes 8 MiB/s to its memory',
                           self.clock.now() - started)

    def _migrate_until_memory_moves(self):
        api, uuid = self.cloud.api, self.result.guest_uuid
        request_id = api.live_migrate(uuid, DESTINATION).request_id
        self.terminal.step('live migration to %s asked for: 202'
                           % DESTINATION)
        if not waiting.until(self._memory_moves, _PATIENCE):
            raise errors.DevcloudError(
                'No memory of guest %s was copied in %d s; see %s.' % (
                    uuid, _PATIENCE, self.cloud.layout.log(SOURCE)))
        return request_id

    def _memory_moves(self):
        for migration in self.cloud.api.live_migrations(
                self.result.guest_uuid):
            self._show(migration)
            if (migration['status'] == fields.MigrationStatus.RUNNING
                    and migration.get('memory_processed_bytes')):
                return True
        self._refuse_failed_migration()
        return False

    def _refuse_failed_migration(self):
        for migration in self.cloud.api.migrations(self.result.guest_uuid):
            if migration['status'] in (fields.MigrationStatus.ERROR,
                                       fields.MigrationStatus.CANCELLED):
                raise errors.DevcloudError(
                    'The migration is %s; see %s.' % (
                        migration['status'], self.cloud.layout.log(SOURCE)))

    def _terminate_source(self):
        sent = self._wall()
        self.cloud.stop(SOURCE, signal.SIGTERM, wait=False)
        self.terminal.step('SIGTERM to nova-compute on %s' % SOURCE)
        return sent

    def _watch_drain(self):
        """Show the drain until the source's daemon is gone."""
        process = self.cloud.part(SOURCE).process
        said = set()

        def gone():
            if not process.pid():
                return True
            self._say_phase(said)
            for migration in self.cloud.api.live_migrations(
                    self.result.guest_uuid):
                self._show(migration)
            return False

        if not waiting.until(gone, _PATIENCE, every=0.1):
            raise errors.DevcloudError(
                'nova-compute on %s has not ended after %d s; see %s.' % (
                    SOURCE, _PATIENCE, process.log))
        self.terminal.step('nova-compute on %s is gone' % SOURCE)
        return process.wait(10)

    def _say_phase(self, said):
        service = self.cloud.api.service(SOURCE) or {}
        reason = service.get('disabled_reason')
        if reason and reason not in said:
            said.add(reason)
            self.terminal.note('os-services says: %s' % reason)

    def _show(self, migration):
        total = migration.get('memory_total_bytes') or 0
        if not total:
            return
        remaining = migration.get('memory_remaining_bytes') or 0
        self.terminal.bar(
            migration['status'], (total - remaining) / total,
            '%d of %d MiB left, %d copied' % (
                remaining >> 20, total >> 20,
                (migration.get('memory_processed_bytes') or 0) >> 20))

    def _check_exit(self, record, sent, request_id):
        result, api = self.result, self.cloud.api
        result.exit_code = record['exit_code']
        result.sigterm_to_exit_s = round(record['ended_at'] - sent, 3)
        server = api.await_server(
            result.guest_uuid, task_state=None, timeout=_PATIENCE)
        result.host_after = server['OS-EXT-SRV-ATTR:host']
        result.migration_status = api.migrations(
            result.guest_uuid)[0]['status']
        ended = _last_work(api.instance_action(
            result.guest_uuid, request_id))
        if ended is not None:
            result.last_work_to_exit_s = round(record['ended_at'] - ended, 3)

    def _check_guest(self):
        """Let it go once through its memory on its new host, then look."""
        started = self.clock.now()
        rounds = self._continuity().rounds
        seen = self._await_console(lambda now: now.rounds >= rounds + 2)
        result = self.result
        result.boots_seen = seen.boots_seen
        result.ticks_lost = seen.ticks_lost + seen.ticks_repeated
        result.memory_errors = seen.memory_errors
        result.downtime_ms = self._downtime()
        self.terminal.step(
            'the guest went through all its memory on %s, %d ticks seen' % (
                result.host_after, seen.ticks_seen),
            self.clock.now() - started)

    def _stop_idle_destination(self):
        sent = self._wall()
        record = self.cloud.stop(DESTINATION, timeout=_PATIENCE)
        self.result.idle_sigterm_to_exit_s = round(
            record['ended_at'] - sent, 3)
        self.terminal.step('SIGTERM to the idle nova-compute on %s' % (
            DESTINATION), self.result.idle_sigterm_to_exit_s)

    def _await_console(self, condition):
        """Wait until the console shows something and return it."""
        def look():
            seen = self._continuity()
            return seen if condition(seen) else None

        seen = waiting.until(look, _PATIENCE, every=0.2)
        if seen is None:
            raise errors.DevcloudError(
                'The console of guest %s stands still: %s' % (
                    self.result.guest_uuid, self._continuity()))
        return seen

    def _continuity(self):
        return console.read(self.cloud.api.console(self.result.guest_uuid))

    def _downtime(self):
        """Return what the destination's hypervisor measured, in ms."""
        import libvirt
        hypervisor = self.cloud.part('libvirtd@' + DESTINATION)
        try:
            connection = libvirt.open(hypervisor.uri)
            domain = connection.lookupByUUIDString(self.result.guest_uuid)
            # Kept, so that others may ask as well.
            return domain.jobStats(
                libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED
                | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
            ).get('downtime')
        except libvirt.libvirtError:
            return None

    def _wall(self):
        return self.clock.utcnow().timestamp()


def _last_work(action):
    """Return when the last event of an action ended, as wall time."""
    ends = [event['finish_time'] for event in action.get('events', [])]
    times = [_parse(text) for text in ends + [action.get('updated_at')]
             if text]
    return max(times, default=None)


def _parse(text):
    moment = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()


def _seconds(value):
    return 'unknown' if value is None else '%.3f s' % value


def _in_time(value):
    return value is not None and value <= PROMISE
