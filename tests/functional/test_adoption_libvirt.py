"""A migration ends, or is in doubt, while its source's daemon is dead.

What the next start finds is settled by what the two libvirts say.  As long as
they do not, nobody starts the guest.
"""

import os

import libvirt

from nova_gs.virt.libvirt import arrival
from tests.functional import base
from tests.functional import test_kill_libvirt as kills

#: What a compute says of a guest whose place nobody knows.
IN_DOUBT = b'is not to be started anywhere'


class TestAdoption(base.Spared, kills.KillTestCase):

    SOME = ()

    def setUp(self):
        super().setUp()
        self.source_libvirtd = 'libvirtd@' + self.source
        self.destination_libvirtd = 'libvirtd@' + self.destination
        self.reach_pre_copy()

    # -- it ends while the daemon is dead

    def test_completed_meanwhile(self):
        self.cloud.kill(self.source)
        self.hurry(self.uuid)
        self.await_that('guest has left', lambda: self.state(
            self.uuid, self.source) is None, kills.PATIENCE)
        self.return_to('completed')

    def test_aborted_meanwhile(self):
        """As by "virsh domjobabort"."""
        self.cloud.kill(self.source)
        with self.guest_at(self.source) as domain:
            domain.abortJob()
        self.await_job_is_over()
        self.return_to('error')

    def test_failed_meanwhile(self):
        self.cloud.kill(self.source)
        self.cloud.kill(self.destination_libvirtd)
        self.await_job_is_over()
        self.cloud.start(self.destination_libvirtd)
        self.return_to('error')

    def test_libvirtd_restarted_meanwhile(self):
        self.cloud.kill(self.source)
        self.cloud.kill(self.source_libvirtd)
        self.cloud.start(self.source_libvirtd)
        self.return_to('error')

    def test_libvirtd_comes_later(self):
        """The daemon waits for it, and finds out afterwards."""
        self.cloud.kill(self.source)
        self.cloud.kill(self.source_libvirtd)
        self.cloud.start(self.source, wait=False)
        self.cloud.start(self.source_libvirtd)
        self.cloud.part(self.source).await_ready()
        self.settle('error')

    def test_arrives_where_nobody_is(self):
        """The destination's daemon is dead; its last step waits for it."""
        self.cloud.kill(self.destination)
        self.hurry(self.uuid)
        self.await_step('post_live_migration_at_destination')
        self.assertEqual(
            self.destination,
            self.api.server(self.uuid)['OS-EXT-SRV-ATTR:host'])
        self.assertEqual('post-migrating', self.status(self.uuid))
        self.start_again([self.destination])
        self.settle('completed')

    def test_fails_where_nobody_is(self):
        self.cloud.kill(self.destination)
        self.cloud.kill(self.destination_libvirtd)
        self.await_job_is_over()
        self.cloud.start(self.destination_libvirtd)
        self.start_again([self.destination])
        self.settle('error')

    # -- the question remains open

    def test_cut_between_the_hosts(self):
        """Its libvirtd never hears that the guest runs at the destination."""
        self.cloud.kill(self.source)
        self.cut_between_the_hosts()
        self.cloud.start(self.source_libvirtd)
        self.await_stopped_at_source()
        self.return_to('completed')

    def test_cut_while_the_daemon_lives(self):
        self.cut_between_the_hosts()
        self.cloud.start(self.source_libvirtd)
        self.settle('completed')

    def test_in_doubt(self):
        """Meanwhile nobody can ask the destination."""
        self.cloud.kill(self.source)
        self.cut_between_the_hosts()
        self.freeze(self.destination_libvirtd)
        self.cloud.start(self.source_libvirtd)
        self.await_stopped_at_source()
        log = self.cloud.part(self.source).process.log
        began = self.clock.now()
        self.start_again([self.source])
        self.await_that('the doubt is said', lambda: (
            IN_DOUBT in kills.read(log, 0)), kills.PATIENCE)
        doubted = self.clock.now()
        self.assertEqual(
            ('migrating', 'running'),
            (self.api.server(self.uuid)['OS-EXT-STS:task_state'],
             self.operation()['state']))
        self.assertEqual(libvirt.VIR_DOMAIN_PAUSED,
                         self.state(self.uuid, self.source))
        self.thaw(self.destination_libvirtd)
        told = self.clock.now()
        self.settle('completed')
        self.figure('1 guest in doubt, libvirt',
                    start_to_doubt_s=round(doubted - began, 2),
                    answer_to_settled_s=round(self.clock.now() - told, 2))

    def test_in_doubt_and_the_destination_is_lost(self):
        """Its libvirtd was killed before the guest was let go on there."""
        self.cloud.kill(self.source)
        self.let_memory_go()
        self.cloud.kill(self.source_libvirtd)
        self.cloud.kill(self.destination_libvirtd)
        self.frozen.clear()
        self.cloud.start(self.source_libvirtd)
        self.await_stopped_at_source()
        self.start_again([self.source])
        self.check_soon()
        self.assertEqual(libvirt.VIR_DOMAIN_PAUSED,
                         self.state(self.uuid, self.source))
        self.cloud.start(self.destination_libvirtd)
        self.settle('error')

    # -- means

    def cut_between_the_hosts(self):
        """Kill the source's libvirtd when the guest has just gone on there."""
        self.let_memory_go()
        self.freeze(self.source_libvirtd)
        self.thaw(self.destination_libvirtd)
        self.await_that('guest runs at the destination', lambda: self.state(
            self.uuid, self.destination) == libvirt.VIR_DOMAIN_RUNNING,
            kills.PATIENCE)
        self.cloud.kill(self.source_libvirtd)
        self.frozen.discard(self.source_libvirtd)

    def let_memory_go(self):
        """Bring it to where only the destination's libvirtd is missing."""
        self.freeze(self.destination_libvirtd)
        self.hurry(self.uuid)
        self.await_that('memory is there', self.is_handed_on, kills.PATIENCE)
        # Until it has answered this it has asked the destination as well.
        self.await_stopped_at_source()

    def is_handed_on(self):
        """Whether all that is left is that the destination lets it go on.

        libvirt tells no client; it is what a restart of it would read.
        """
        status = os.path.join(
            self.cloud.part(self.source_libvirtd).directory, 'run',
            'libvirt', 'qemu', 'run', 'instance-%s.xml' % self.uuid)
        return b"phase='perform3_done'" in kills.read(status, 0)

    def await_stopped_at_source(self):
        def look():
            with self.guest_at(self.source) as domain:
                return tuple(domain.state()) == arrival.INCOMING

        self.await_that('guest stands still', look, kills.PATIENCE)

    def await_job_is_over(self):
        self.await_that('job is over', lambda: not self.job_runs(),
                        kills.PATIENCE)

    def return_to(self, status):
        """Start the source; it settles the migration as it has ended."""
        self.start_again([self.source])
        self.check_soon()
        self.settle(status)

    def settle(self, status):
        self.assertEqual(status, self.await_settled())
        self.check_all(status)
        self.forget_guests(status)
