"""No conductor answers while hosts are being stopped.

A host that drains takes nothing new at once, whoever is away, and ends in
time.  What the hypervisor has done is not lost: it waits on the host's disk
for a start that finds a conductor.
"""

import dataclasses
import signal

from nova_gs.compute import records
from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import trouble

CONDUCTOR = 'conductor'

#: Seconds from SIGTERM until nobody reads the queue of new work.
CLOSED_WITHIN = 0.5

#: Seconds from SIGTERM to the exit of a host with nothing to do.
IDLE_WITHIN = 2.5

#: Hosts with much patience, and with little.
A, B, C = 'host-a', 'host-b', 'host-c'
D, E = 'host-d', 'host-e'

#: Seconds that the latter have: in all, and reserved.
SHORT, RESERVE = 7, 1


@dataclasses.dataclass(frozen=True)
class Away:
    """One way of being away.

    :param trouble: method that is a context
    :param arguments: of it
    """

    trouble: str
    arguments: tuple

    def __str__(self):
        return '%s %s' % (self.trouble, self.arguments)


KILLED = Away('stopped', (CONDUCTOR, signal.SIGKILL))
ENDED = Away('stopped', (CONDUCTOR,))
FROZEN = Away('frozen', (CONDUCTOR,))

#: It is there, but cannot do what it is asked.
HELPLESS = Away('unwritable', ())


class TestConductorAway(base.Spared, trouble.TroubleTestCase):

    HOSTS = (A, B, C, D, E)
    SOME = ('test_for_good_idle', 'test_back_again')
    SETTINGS = ('DEFAULT.graceful_shutdown_timeout=120',
                *trouble.patience(SHORT, RESERVE, D, E))

    def setUp(self):
        super().setUp()
        self.ensure_all_up()

    def away(self, how):
        """Return the context of a conductor that is away."""
        return getattr(self, how.trouble)(*how.arguments)

    # -- it is not back before the hosts have to go

    def test_for_good_idle(self):
        """Nothing is left to wait for, and nobody can say otherwise."""
        closed, took = [], []
        for how in self.times((FROZEN,), 5 * (KILLED, ENDED, FROZEN)):
            self.ensure_all_up()
            with self.away(how):
                sent = self.terminate(B)
                closed.append(self._await_closed(B, sent))
                code, ended = self.await_exit(B)
            self.assertEqual(0, code)
            took.append(ended - sent)
        self.figure('5 idle stop without a conductor', runs=len(took),
                    intake_closed_max_s=round(max(closed), 3),
                    median_s=round(figures.percentile(took, 50), 3),
                    max_s=round(max(took), 3))
        self.assertLess(
            figures.percentile(closed, 50), base.within(CLOSED_WITHIN))
        self.assertLess(max(closed), base.within(2 * CLOSED_WITHIN))
        self.assertLess(max(took), base.within(IDLE_WITHIN))

    def _await_closed(self, host, sent):
        """Wait until nobody reads a host's queue; return seconds."""
        self.await_that(
            'compute.%s is left' % host,
            lambda: self.cloud.broker.consumers('compute.' + host) == 0)
        return self.clock.utcnow().timestamp() - sent

    def test_for_good_with_work(self):
        """A host waits as long as it may; then the next start tells."""
        for how, before in self.times(
                ((KILLED, False),),
                [(how, before) for how in (KILLED, ENDED, FROZEN)
                 for before in (False, True)]):
            with self.subTest(how=str(how), before=before):
                self._leave_work(how, before)

    def _leave_work(self, how, before):
        """Have outcomes that nobody records.

        :param before: whether the conductor goes before SIGTERM comes
        """
        self.ensure_all_up()
        moving, staying = self.boot_all(D, D)
        move = trouble.Move(self, moving, D, E)
        reboot = trouble.Reboot(self, staying, D)
        sent = None if before else self.drain(D)[D]
        with self.away(how):
            sent = sent or self.terminate(D)
            for work in (move, reboot):
                work.let_go()
            code, ended = self.await_exit(D)
            self.assertLess(ended - sent, SHORT)
            self.assertEqual(3, code)
            self.assertEqual({'live_migration', 'reboot_instance'},
                             set(self.left(D)))
            self.assertEqual(2, self.unrecorded(D))
            move.check_place(E)
        self.ensure_all_up()
        for work in (move, reboot):
            work.check()
        self.assertEqual(0, self.unrecorded(D))
        self.assertEqual([], self.records.open())

    def test_killed(self):
        """What is not on record yet outlives the host's process, too."""
        works = [kind(self, uuid, *hosts) for kind, uuid, hosts in zip(
            (trouble.Move, trouble.Reboot), self.boot_all(A, A),
            ((A, B), (A,)))]
        with self.away(KILLED):
            for work in works:
                work.let_go()
            self.await_that('both are kept', lambda: (
                self.unrecorded(A) == 2))
            self.cloud.kill(A)
        self.ensure_all_up()
        for work in works:
            work.check()
        self.assertEqual(0, self.unrecorded(A))
        self.assertEqual([], self.records.open())

    def test_for_good_with_patience(self):
        """What is kept delays an exit for a while, not for long."""
        reboot = trouble.Reboot(self, self.boot(A), A)
        self.drain(A)
        with self.away(KILLED):
            last_work = reboot.let_go()
            code, ended = self.await_exit(A, trouble.PATIENCE)
        self.assertEqual(3, code)
        self.assertLess(ended - last_work,
                        records.STOPPING_PATIENCE + 10)
        self.ensure_all_up()
        reboot.check()

    # -- it is back while they still wait for it

    def test_back_again(self):
        """Everything ends well, on record before the hosts have left."""
        for how, seconds in self.times(
                ((KILLED, 3),),
                [(how, seconds) for how in (KILLED, ENDED, FROZEN, HELPLESS)
                 for seconds in (1, 3, 15)]):
            with self.subTest(how=str(how), seconds=seconds):
                self._restart(how, seconds)

    def _restart(self, how, seconds):
        self.ensure_all_up()
        guests = self.boot_all(A, B, A)
        works = (trouble.Move(self, guests[0], A, B),
                 trouble.Move(self, guests[1], B, C),
                 trouble.Reboot(self, guests[2], A))
        sent = self.drain(A, C, knows=[C])
        with self.away(how):
            for work in works:
                work.let_go()
            self.last(seconds)
        healed = self.clock.utcnow().timestamp()
        ends = [self.await_exit(host, trouble.PATIENCE) for host in sent]
        self.figure(
            '5 conductor away for %s s (%s)' % (seconds, how),
            exit_after_its_return_s=round(
                max(moment for _, moment in ends) - healed, 3))
        self.assertEqual([0, 0], [code for code, _ in ends])
        for work in works:
            work.check()
        self.assertEqual([], self.records.open())
        self.assertEqual({0}, {self.unrecorded(host) for host in sent})
