"""SIGTERM to either end of a live migration while memory is being copied.

One guest goes to and fro between two hosts.  Each time the daemon of one of
them is told to stop in the middle, and started again afterwards.  The guest
rewrites its memory all the time and checks it, and counts on its console.
"""

import datetime

from nova_gs.devcloud import figures
from nova_gs.virt.libvirt import arrival
from tests.functional import base
from tests.functional import real_guests

#: Seconds from the last work to the exit; what the service promises.
PROMISE = 0.5

PATIENCE = real_guests.PATIENCE


class TestStopWhileMigrating(real_guests.RealGuests, base.CloudTestCase):

    OPTIONS = {
        'driver': 'libvirt', 'hosts': 2,
        # The guest has 32 MiB to copy and writes 8 MiB/s meanwhile.
        'settings': ['libvirt.live_migration_bandwidth=16']}

    #: How often the guest goes through its memory before, and afterwards.
    ROUNDS = 2

    def test_source(self):
        """The host that the guest leaves is told to stop."""
        self.go_to_and_fro('source')

    def test_destination(self):
        """The host that the guest comes to is told to stop."""
        self.go_to_and_fro('destination')

    def go_to_and_fro(self, stopped):
        source, destination = self.cloud.hosts
        self.ensure_up()
        uuid = self.boot(source, image='ticker-busy')
        self.addCleanup(self._delete, uuid)
        self.await_life(uuid, lambda seen: seen.rounds >= self.ROUNDS)
        whole, after = [], []
        for number in range(self.times(1, 20)):
            victim = source if stopped == 'source' else destination
            in_all, after_work = self._one_run(
                uuid, source, destination, victim)
            whole.append(in_all)
            after.append(after_work)
            source, destination = destination, source
        self.await_rounds(uuid, self.ROUNDS)
        self._record(stopped, whole, after)
        self.assert_prompt(after, PROMISE)

    def _one_run(self, uuid, source, destination, victim):
        """Migrate, stop a host meanwhile, look at everything.

        :returns: seconds from SIGTERM, and from the last work, to the exit
        """
        request_id = self.api.live_migrate(uuid, destination).request_id
        self.await_that('memory moves', lambda: self._memory_moves(uuid),
                        PATIENCE)
        sent = self.terminate(victim)
        self.assertTrue(self._is_copying(uuid, source),
                        'SIGTERM came too late: nothing is left to copy')
        code, ended = self.await_exit(victim, PATIENCE)
        self.assertEqual(0, code)
        self.api.await_server(
            uuid, timeout=PATIENCE, status='ACTIVE', task_state=None,
            host=destination)
        self.assertEqual(
            'completed', self.api.migrations(uuid)[0]['status'])
        action = self.api.instance_action(uuid, request_id)
        self.assertIsNone(action['message'])
        self.assertLess(
            sent, _ended(action, 'live_migration', source),
            'SIGTERM came too late: the guest had arrived')
        self.check_place(uuid, destination)
        self.ensure_up(victim)
        self.await_ticks(uuid)
        return ended - sent, ended - _last_work(action, victim)

    def _record(self, stopped, whole, after):
        self.figure(
            '1 SIGTERM to the %s of a live migration' % stopped,
            runs=len(whole),
            sigterm_to_exit_median_s=round(figures.percentile(whole, 50), 3),
            sigterm_to_exit_max_s=round(max(whole), 3),
            last_work_to_exit_median_s=round(
                figures.percentile(after, 50), 3),
            last_work_to_exit_p95_s=round(figures.percentile(after, 95), 3),
            last_work_to_exit_max_s=round(max(after), 3))

    def _memory_moves(self, uuid):
        return any(migration['status'] == 'running'
                   and migration['memory_processed_bytes']
                   for migration in self.api.live_migrations(uuid))

    def _is_copying(self, uuid, source):
        """Ask the source's hypervisor whether memory is left to copy."""
        stats = self.domains(source)[uuid].jobStats()
        return arrival.is_outgoing(stats) and stats['memory_remaining'] > 0

    def _delete(self, uuid):
        self.ensure_up()
        self.api.delete_server(uuid)
        self.api.await_gone(uuid)


def _ended(action, event, host):
    """Return when an event of an action ended on a host, wall clock s."""
    return max(_moment(one['finish_time']) for one in action['events']
               if one['event'] == event and one['host'] == host)


def _last_work(action, host):
    """Return when a host's last event of an action ended, wall clock s."""
    return max(_moment(one['finish_time']) for one in action['events']
               if one['host'] == host)


def _moment(text):
    moment = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()
