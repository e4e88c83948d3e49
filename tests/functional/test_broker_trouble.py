"""The broker is in trouble while hosts are being stopped.

In each round a source and a destination of a live migration and a host with
a reboot in the driver are told to stop; then the broker, or the way to it,
fails for a while, during which the hypervisors bring everything to its end.
Nothing is lost, nothing is done twice, and no host stays for longer than it
was given.
"""

import os

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import trouble

#: Seconds from SIGTERM to the exit of an idle host that reaches nobody.
PROMPT = 3

#: Seconds from the end of the last trouble to the exit, with all recorded:
#: connections are made anew, and a lost message is sent again.
RECOVERED_WITHIN = 30

#: Guests of a host whose connections are cut all the time.
GUESTS = 10

#: Hosts with much patience, and with little.
A, B, C, D = 'host-a', 'host-b', 'host-c', 'host-d'
E, F = 'host-e', 'host-f'

#: Seconds that the latter have: in all, and reserved.
SHORT, RESERVE = 6, 1


class TestBrokerTrouble(base.Spared, trouble.TroubleTestCase):

    HOSTS = (A, B, C, D, E, F)
    SOME = ('test_back_again',)
    SETTINGS = ('DEFAULT.graceful_shutdown_timeout=120',
                *trouble.patience(SHORT, RESERVE, E, F))

    def setUp(self):
        super().setUp()
        self.ensure_all_up()

    # -- the broker comes back while the hosts wait for it

    def test_back_again(self):
        """After any trouble all is well, and the hosts have left."""
        some = ((self.frozen, 4), (self.stopped, 0))
        full = tuple(
            (kind, seconds) for kind in (
                self.refused, self.swallowed, self.frozen)
            for seconds in (1, 4, 8, 20)) + 4 * (
                (self.stopped, 0), (self.cut, 0), (self.stopped, 6))
        self.guests = dict(zip(('one', 'two', 'stays'), self.boot_all(
            A, C, A)))
        for kind, seconds in self.times(some, full):
            with self.subTest(kind=kind.__name__, seconds=seconds):
                self._one_round(kind, seconds)

    def _one_round(self, kind, seconds):
        self.ensure_all_up()
        out = trouble.Move(self, self.guests['one'], *self._way('one', A, B))
        in_ = trouble.Move(self, self.guests['two'], *self._way('two', C, D))
        reboot = trouble.Reboot(self, self.guests['stays'], A)
        victims = {out.source, in_.destination, reboot.host}
        sent = self.drain(*victims, knows=victims.intersection(
            move.destination for move in (out, in_)))
        with self.trouble(kind, *victims):
            for work in (out, in_, reboot):
                work.let_go()
            for move in (out, in_):
                move.await_arrival()
            self.last(seconds)
        self._check_exits(kind, seconds, sent)
        for work in (out, in_, reboot):
            work.check()
        self.assertEqual([], self.records.open())
        self.assertEqual({0}, {self.unrecorded(host) for host in victims})

    def _way(self, name, one, other):
        """Return where a guest is and where it goes from there."""
        here = self.api.server(self.guests[name])['OS-EXT-SRV-ATTR:host']
        return (one, other) if here == one else (other, one)

    def _check_exits(self, kind, seconds, sent):
        healed = self.clock.utcnow().timestamp()
        ends = {host: self.await_exit(host, trouble.PATIENCE)
                for host in sent}
        took = max(moment for _, moment in ends.values()) - healed
        self.figure('5 broker %s for %s s' % (kind.__name__, seconds),
                    exit_after_the_end_of_the_trouble_s=round(took, 3))
        self.assertEqual({host: 0 for host in sent},
                         {host: code for host, (code, _) in ends.items()})
        self.assertLess(took, RECOVERED_WITHIN)

    # -- it does not come back before they have to go

    def test_never_back_idle(self):
        """A host with nothing to do has nobody to wait for."""
        took = []
        for kind in self.times((self.swallowed,), 5 * (
                self.refused, self.swallowed, self.frozen, self.stopped)):
            self.ensure_all_up()
            with self.trouble(kind, C):
                sent = self.terminate(C)
                code, ended = self.await_exit(C)
            self.assertEqual(0, code)
            took.append(ended - sent)
        self.figure('5 idle stop without the broker', runs=len(took),
                    median_s=round(figures.percentile(took, 50), 3),
                    max_s=round(max(took), 3))
        self.assertLess(max(took), base.within(PROMPT))

    def test_never_back_with_work(self):
        """What is not on record in time is left, and told later."""
        for kind in self.times((self.frozen,), (
                self.refused, self.swallowed, self.frozen, self.stopped)):
            with self.subTest(kind=kind.__name__):
                self._leave_work(kind)

    def _leave_work(self, kind):
        self.ensure_all_up()
        guests = self.boot_all(E, E, C)
        out = trouble.Move(self, guests[0], E, F)
        reboot = trouble.Reboot(self, guests[1], E)
        in_ = trouble.Move(self, guests[2], C, F)
        sent = self.drain(E, F, knows=[F])
        with self.trouble(kind, *sent):
            for work in (out, reboot, in_):
                work.let_go()
            for host in sent:
                code, ended = self.await_exit(host)
                self.assertEqual(3, code, host)
                self.assertLess(ended - sent[host], SHORT, host)
            self.assertEqual({'live_migration', 'reboot_instance'},
                             set(self.left(E)))
            self.assertEqual(2, self.unrecorded(E))
            self.assertEqual(2, len(self.report(F)['left_elsewhere']))
        self.ensure_all_up()
        for work in (out, reboot, in_):
            work.check()
        self.assertEqual(0, self.unrecorded(E))
        self.assertEqual([], self.records.open())

    # -- it comes and goes

    def test_flapping(self):
        """Connections are cut all the time while a host works."""
        guests = self.boot_all(*GUESTS * [B])
        before = self._threads(B)
        for number in range(1, 6):
            for uuid in guests:
                self.api.action(uuid, 'reboot', {'type': 'HARD'})
                with self.cut(B):
                    self.last(0.3)
            for uuid in guests:
                self.api.await_server(uuid, trouble.PATIENCE,
                                      status='ACTIVE', task_state=None)
            self.assertEqual({number}, {
                len(self.hypervisor(B).journal('reboot', 'begun', uuid))
                for uuid in guests})
        self.assertEqual([], self.records.open())
        # Claims in doubt are settled along with a heartbeat.
        self.await_that('nothing is in doubt',
                        lambda: not self.unrecorded(B))
        # Idle workers of the library end after a while.
        self.await_that('threads have ended', lambda: self._threads(
            B) <= before + GUESTS, trouble.PATIENCE)

    def _threads(self, host):
        return len(os.listdir(
            '/proc/%d/task' % self.cloud.part(host).process.pid()))
