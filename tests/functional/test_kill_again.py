"""``kill -9`` of a host that is just being stopped, or just coming back.

A stop that is cut is a crash like any other, and so is a recovery that is
cut: the next start settles all the same.
"""

import random
import signal
import threading

from tests.functional import base
from tests.functional import killed
from tests.functional import signalled
from tests.functional import travellers
from tests.functional import two_hosts

SOURCE, DESTINATION = killed.SOURCE, killed.DESTINATION

#: Longest time in which a start is killed, in seconds.
START_TAKES = 1.5

#: How often a start is killed before it may come to its end.
STARTS = 3

#: What is under way when a stop or a start is cut.
UNDER_WAY = [phase for phase in travellers.PHASES if phase.name != 'checks']

_ADOPTED = [phase for phase in travellers.PHASES
            if phase.name in ('pre-copy', 'post-copy')]


class AgainTestCase(killed.KilledTestCase):

    def kill_and_check(self, guests, *hosts):
        """Kill what still lives, start it, let go and look.

        :param hosts: which are killed
        """
        for host in hosts:
            if self.lives(host):
                self.cloud.kill(host)
        began = self.start(*hosts)
        self.let_go()
        self.await_settled('killed', began)
        self.check_settled(guests, 'source')
        self.delete_all()
        self.start_both()


class TestKillAgain(base.Spared, AgainTestCase):

    SOME = ('test_any_moment',)

    def setUp(self):
        super().setUp()
        self.random = random.Random(5)

    # -- in a stop

    def test_draining(self):
        for _ in range(self.times(1, 10)):
            guests = travellers.bring(self, UNDER_WAY)
            self.terminate(SOURCE)
            self.await_drain(SOURCE)
            self.kill_and_check(guests, SOURCE)
        self.record('3 kill -9 while draining')

    def test_both_draining(self):
        for _ in range(10):
            guests = travellers.bring(self, UNDER_WAY)
            self.terminate_both()
            self.await_drain()
            self.kill_and_check(guests, SOURCE, DESTINATION)
        self.record('3 kill -9 of both while draining')

    # -- in a recovery

    def test_any_moment(self):
        """A start is killed at any moment, again and again."""
        for number in range(self.times(1, 20)):
            guests = travellers.bring(self, UNDER_WAY)
            hosts = (SOURCE, DESTINATION)[:number % 2 + 1]
            for host in hosts:
                self.cloud.kill(host)
            for _ in range(STARTS):
                for host in hosts:
                    self.cloud.start(host, wait=False)
                # Nothing announces the moment: it is to be any.
                threading.Event().wait(self.random.uniform(0, START_TAKES))
                for host in hosts:
                    self.cloud.kill(host)
            self.kill_and_check(guests, *hosts)
        self.record('3 kill -9 in a recovery, any moment')

    def test_while_it_asks_the_hypervisor(self):
        hypervisor = self.hypervisor(SOURCE)
        for _ in range(5):
            guests = travellers.bring(self, _ADOPTED)
            self.cloud.kill(SOURCE)
            before = len(hypervisor.journal('adopt_migration', 'begun'))
            hypervisor.hold('adopt_migration')
            self.cloud.start(SOURCE, wait=False)
            hypervisor.wait_for('adopt_migration', count=before + 1,
                                timeout=two_hosts.PATIENCE)
            self.cloud.kill(SOURCE)
            hypervisor.release('adopt_migration')
            self.kill_and_check(guests, SOURCE)
        self.record('3 kill -9 in a recovery, while it asks')


class TestKillAtTheEnd(base.Spared, AgainTestCase):
    """A host with little time, which leaves migrations to its hypervisor."""

    OPTIONS = {'driver': 'fake', 'hosts': 2, 'settings': [
        travellers.SETTING,
        SOURCE + ':DEFAULT.graceful_shutdown_timeout=9',
        SOURCE + ':shutdown.abort_reserve=3',
        SOURCE + ':shutdown.release_reserve=5',
        SOURCE + ':shutdown.live_migration_at_deadline=resume']}

    def test_aborting(self):
        for _ in range(10):
            guests, life = self._stop()
            self._await_line(life, 'aborting, because')
            self.kill_and_check(guests, SOURCE)
        self.record('3 kill -9 while aborting')

    def test_releasing(self):
        """The conductor stands still, so that the goodbyes take a moment."""
        conductor = self.cloud.part('conductor').process
        self.addCleanup(conductor.send_signal, signal.SIGCONT)
        for _ in range(10):
            guests, life = self._stop()
            self._await_line(life, 'aborting, because')
            with self.records.unwritten():
                conductor.send_signal(signal.SIGSTOP)
            self._await_line(life, 'releasing, because')
            alive = self.lives(SOURCE)
            self.cloud.part(SOURCE).process.send_signal(signal.SIGKILL)
            conductor.send_signal(signal.SIGCONT)
            self.assertTrue(alive, 'it was gone already')
            self.kill_and_check(guests, SOURCE)
        self.record('3 kill -9 while leaving')

    def _stop(self):
        guests = travellers.bring(self, _ADOPTED)
        life = signalled.Life(self, self.cloud.part(SOURCE).process)
        self.terminate(SOURCE)
        return guests, life

    def _await_line(self, life, mark):
        self.await_that('it says "%s"' % mark, lambda: life.lines(mark),
                        two_hosts.PATIENCE, every=0.005)
