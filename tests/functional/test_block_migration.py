"""Block migrations of a guest that writes to its two disks all the time.

It reads back whatever it has written, and says on its console what was not as
it should be.  From outside, both ends' disks are compared; nothing of it may
be left at the end that it is not at.
"""

import os
import uuid

from nova_gs.devcloud import console
from nova_gs.devcloud import scribe
from tests.fixtures import disk_images
from tests.functional import base
from tests.functional import test_kill_libvirt as kills

SLOW_HOST, FAST_HOST = kills.HOSTS

PATIENCE = kills.PATIENCE

#: Bytes that the second disk has besides what the guest writes.
FILL = 5 << 20

DISKS = ('disk', 'disk.swap')
FILES = ['console.log', *DISKS, 'storage-id']


class TestBlockMigration(base.Spared, kills.KillTestCase):
    """From SLOW_HOST disks take some seconds."""

    SOME = ('test_ping_pong', 'test_source_killed_while_disks_are_copied')

    OPTIONS = {
        'driver': 'libvirt', 'hosts': 2, 'own_storage': True,
        'settings': [SLOW_HOST + ':libvirt.live_migration_bandwidth=2',
                     'operations.sweep_interval=1']}

    IMAGE = scribe.Scribe('scribe', every=4)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flavor = cls.cloud.api.create_flavor('two disks', swap=8)

    def begin(self):
        super().begin()
        if self.source != SLOW_HOST:
            self.ask()
            self.assertEqual('completed', self.await_settled())
            super().begin()

    def boot(self, host, image='ticker', name='guest'):
        uuid = self.api.create_server(
            name, image, host=host, flavor=self.flavor)
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
        # Where the guest never looks.
        swap = os.path.join(
            self.cloud.layout.instances_of(host), uuid, 'disk.swap')
        with open(swap, 'r+b') as disk:
            disk.seek(2 << 20)
            disk.write(os.urandom(FILL))
        return uuid

    # -- to and fro

    def test_ping_pong(self):
        nonces = set()
        for _number in range(self.times(2, 20)):
            kills.KillTestCase.begin(self)
            kept = disk_images.keep(
                self.directory(self.source), os.path.join(
                    self.cloud.layout.directory, 'own', uuid.uuid4().hex))
            self.ask()
            self.assertEqual('completed', self.await_settled())
            self.check_all('completed')
            self.check_disks(kept, self.directory(self.destination))
            nonces.update(self.nonces(kept))
        nonces.update(self.nonces(self.directory(self.destination)))
        self.assertEqual(1, len(nonces), 'boots')

    def check_disks(self, left, arrived):
        """What has arrived is what was left, and what was written since."""
        for name in DISKS:
            before, after = (os.path.join(directory, name)
                             for directory in (left, arrived))
            self.assertEqual(disk_images.checksum_beside(before),
                             disk_images.checksum_beside(after), name)
            for old, new in zip(disk_images.scribbled(before),
                                disk_images.scribbled(after)):
                self.assertGreaterEqual(new, old, name)

    def nonces(self, directory):
        """Return what the guest calls its boots in a console log."""
        with open(os.path.join(directory, 'console.log')) as log:
            return {line.split()[2] for line in log
                    if line.startswith('TICK') and line.endswith('\n')}

    # -- called off

    def test_called_off_while_queued(self):
        self.reach_queue()
        self.call_off()

    def test_called_off_while_room_is_made(self):
        self.reach_preparation()
        self.steer('abort', self.uuid)
        self.thaw(self.destination)
        self.settle('cancelled')

    def test_called_off_while_disks_are_copied(self):
        self.reach_copy()
        self.assertIn('incoming', os.listdir(self.directory(
            self.destination)))
        self.await_that('the API tells', lambda: any(
            one['disk_total_bytes'] > FILL
            and one['disk_total_bytes'] >= one['disk_processed_bytes'] > 0
            for one in self.api.live_migrations(self.uuid)), PATIENCE)
        self.call_off()

    def call_off(self):
        self.steer('abort', self.uuid)
        self.settle('cancelled')

    # -- killed

    def test_source_killed_while_disks_are_copied(self):
        self.kill_and_settle('source')

    def test_destination_killed_while_disks_are_copied(self):
        self.kill_and_settle('destination')

    def test_both_killed_while_disks_are_copied(self):
        self.kill_and_settle('source', 'destination')

    def test_libvirtd_of_destination_killed_while_disks_are_copied(self):
        self.reach_copy()
        name = 'libvirtd@' + self.destination
        self.cloud.kill(name)
        self.cloud.start(name)
        self.settle('error')

    def test_libvirtd_of_source_killed_while_disks_are_copied(self):
        self.reach_copy()
        name = 'libvirtd@' + self.source
        self.cloud.kill(name)
        self.cloud.start(name)
        self.settle('error')

    def test_both_killed_and_it_fails_meanwhile(self):
        """Whoever starts removes what was made for it."""
        self.reach_copy()
        self.cloud.kill(self.source)
        self.cloud.kill(self.destination)
        with self.guest_at(self.source) as domain:
            domain.abortJob()
        self.start_again([self.source, self.destination])
        self.settle('error')

    def kill_and_settle(self, *ends):
        self.reach_copy()
        hosts = [getattr(self, end) for end in ends]
        for host in hosts:
            self.cloud.kill(host)
        self.assertTrue(self.job_runs(), 'libvirt carries it on')
        self.start_again(hosts)
        self.check_soon()
        self.settle('completed')

    # -- stopped

    def test_source_stopped_while_disks_are_copied(self):
        self.stop_and_settle(self.source)

    def test_destination_stopped_while_disks_are_copied(self):
        self.stop_and_settle(self.destination)

    def test_both_stopped_while_disks_are_copied(self):
        self.stop_and_settle(self.source, self.destination)

    def stop_and_settle(self, *hosts):
        """They leave when it has arrived, and not before."""
        self.reach_copy()
        for host in hosts:
            self.terminate(host)
        self.await_drain(*hosts)
        self.assertEqual('completed', self.await_settled())
        for host in hosts:
            self.assertEqual(0, self.await_exit(host)[0], host)
        self.start_both()
        self.settle('completed')

    # -- means

    def reach_copy(self):
        """Begin a migration, until a part of the disks has been copied."""
        self.ask()
        self.await_that('disks are copied', self.is_copying, PATIENCE)

    def is_copying(self):
        with self.guest_at(self.source) as domain:
            stats = domain.jobStats()
        return bool(stats.get('disk_processed')
                    and stats.get('disk_remaining'))

    def directory(self, host):
        return os.path.join(
            self.cloud.layout.instances_of(host), self.uuid)

    def settle(self, status):
        self.assertEqual(status, self.await_settled())
        self.check_all(status)
        self.forget_guests(status)

    def check_all(self, status):
        super().check_all(status)
        place = self.destination if status == 'completed' else self.source
        self.assertEqual(
            {host: FILES if host == place else None for host in kills.HOSTS},
            {host: self.files(host) for host in kills.HOSTS})
        # From its first line on, wherever it wrote that.
        log = self.api.console(self.uuid)
        self.assertTrue(console.read(log).unbroken, console.read(log))
        self.assertRegex(log, r'TICK \S+ \w{8} 00000001 ')

    def files(self, host):
        """Return the names of the guest's files on a host, None: no such.

        Without that of what it wrote elsewhere, which it may have.
        """
        path = self.directory(host)
        if not os.path.exists(path):
            return None
        return sorted(set(os.listdir(path)) - {'console.before'})
