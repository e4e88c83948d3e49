"""Live migrations that fail on real guests: rollback, and a guest unharmed."""

import libvirt

from tests.functional import base
from tests.functional import real_guests

SOURCE, DESTINATION = 'host-a', 'host-b'

PATIENCE = real_guests.PATIENCE


class TestFailuresOnLibvirt(
        base.Spared, real_guests.RealGuests, base.CloudTestCase):

    OPTIONS = {
        'driver': 'libvirt', 'hosts': 2,
        # A little more than the guest writes: time to break things.
        'settings': ['libvirt.live_migration_bandwidth=12']}

    # In "make test" test_kill_libvirt kills a libvirtd.
    SOME = ()

    def setUp(self):
        super().setUp()
        self.addCleanup(self._mend)
        self.uuid = self.boot(SOURCE, image='ticker-busy')
        self.addCleanup(self._delete)
        self.await_life(self.uuid, lambda seen: seen.rounds >= 2)
        self.room = self._memory_used()

    def test_aborted_while_memory_moves(self):
        request_id = self._ask_until_memory_moves()
        migration = self.api.live_migrations(self.uuid)[0]
        self.assertEqual('running', migration['status'])
        self.api.request('DELETE', 'servers/%s/migrations/%s' % (
            self.uuid, migration['id']))
        self._check_rolled_back('cancelled', request_id,
                                'asked for by a user')

    def test_libvirtd_of_the_destination_is_killed(self):
        request_id = self._ask_until_memory_moves()
        self.cloud.kill('libvirtd@' + DESTINATION)
        self.assertNotIn(self._status(), ('completed', 'post-migrating'))
        self._start_again_when_noticed(SOURCE, DESTINATION)
        self._check_rolled_back('error', request_id, r'\w \w')

    def test_libvirtd_of_the_source_is_killed(self):
        request_id = self._ask_until_memory_moves()
        self.cloud.kill('libvirtd@' + SOURCE)
        self.assertNotIn(self._status(), ('completed', 'post-migrating'))
        self.cloud.start('libvirtd@' + SOURCE)
        self._check_rolled_back('error', request_id, r'\w \w')

    def _ask_until_memory_moves(self):
        request_id = self.api.live_migrate(self.uuid, DESTINATION).request_id
        self.await_that('memory moves', lambda: any(
            migration['status'] == 'running'
            and migration['memory_processed_bytes']
            for migration in self.api.live_migrations(self.uuid)), PATIENCE)
        return request_id

    def _start_again_when_noticed(self, source, killed):
        """Start a libvirtd when the other one has given the guest up."""
        domain = self.domains(source)[self.uuid]
        self.await_that('migration is given up', lambda: (
            domain.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_NONE), PATIENCE)
        self.cloud.start('libvirtd@' + killed)

    def _check_rolled_back(self, status, request_id, reason):
        self.await_that('migration is ' + status,
                        lambda: self._status() == status, PATIENCE)
        action = self.api.instance_action(self.uuid, request_id)
        self.assertRegex(action['message'], reason)
        self._check_settled(SOURCE)
        self.assertEqual(self.room, self._memory_used())
        self.api.live_migrate(self.uuid, DESTINATION)
        self.await_that('next migration has ended', lambda: (
            self._status() in ('completed', 'error', 'cancelled')), PATIENCE)
        self.assertEqual('completed', self._status())
        self._check_settled(DESTINATION)

    def _check_settled(self, place):
        """It lives unbroken at one place, and the other knows it not."""
        self.api.await_server(self.uuid, status='ACTIVE', task_state=None,
                              host=place)
        self.check_place(self.uuid, place)
        self.await_rounds(self.uuid)

    def _status(self):
        return self.api.migrations(self.uuid)[0]['status']

    def _memory_used(self):
        return {one['hypervisor_hostname']: one['memory_mb_used'] for one in
                self.api.get('os-hypervisors/detail')['hypervisors']}

    def _delete(self):
        self._mend()
        self.api.await_server(self.uuid, PATIENCE, task_state=None)
        self.api.delete_server(self.uuid)
        self.api.await_gone(self.uuid)

    def _mend(self):
        for host in self.cloud.hosts:
            if not self.cloud.part('libvirtd@' + host).process.pid():
                self.cloud.start('libvirtd@' + host)
        self.ensure_up()
