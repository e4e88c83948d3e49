"""The database is away for a while, at rest, in a migration, in a drain.

It is stopped, killed or frozen.  Meanwhile requests are refused with the
reason, hosts go on with what they do, and the daemons wait; when it is back
everything ends by itself, each step done once.
"""

import itertools

from tests.fixtures import database_servers
from tests.functional import base
from tests.functional import database_trouble
from tests.functional import travellers
from tests.functional import trouble
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION
BOTH = (SOURCE, DESTINATION)

AWAY = 'does not answer'

#: Seconds for the first refusal: the ping of an old connection and the
#: making of a new one, of which each has ``bounds.ANSWERED_WITHIN``.
FIRST_WITHIN = 25

#: Seconds for the further ones.
NEXT_WITHIN = 1

#: Seconds in which an idle host leaves that nobody can write a record of.
IDLE_WITHIN = 5


class DatabaseAway:
    """Scenarios for any class with a server."""

    def ways(self):
        """Return the (context, seconds) that full counts are made of."""
        server = self.server
        return [(way, seconds) for seconds in (0, 3, 30) for way in (
            server.stopped, server.killed, server.frozen)]

    def test_in_mid_migration(self):
        """A guest in each phase of a migration, all at once."""
        for way, seconds in self.times(
                [(self.server.killed, 1)], self.ways()):
            with self.subTest(way=way.__name__, seconds=seconds):
                self.ride_out(way, seconds, travellers.UNDISTURBED)

    def test_each_phase(self):
        """The same, phase by phase."""
        for phase in travellers.UNDISTURBED:
            for way in (self.server.killed, self.server.frozen):
                with self.subTest(phase=phase.name, way=way.__name__):
                    self.ride_out(way, 2, [phase])

    def test_minutes(self):
        """It is away for longer than anybody waits for an answer."""
        for way in (self.server.frozen, self.server.stopped):
            with self.subTest(way=way.__name__):
                self.ride_out(way, 130, travellers.BEGUN)

    def test_at_rest(self):
        """Nothing is under way."""
        for way, seconds in [*self.ways(), (self.server.frozen, 130)]:
            with self.subTest(way=way.__name__, seconds=seconds):
                self.ride_out(way, seconds, ())

    def ride_out(self, way, seconds, phases):
        """Play one round and look at everything."""
        resting = self.boot(SOURCE)
        guests = travellers.bring(self, phases)
        heard = self.listen()
        with way():
            for guest in guests:
                guest.let_go(wait=False)
            refused = self._check_refused(way, seconds, resting, heard)
            trouble.last(seconds)
        back = self.clock.now()
        self.await_all_ended()
        took = self.clock.now() - back
        for guest in guests:
            travellers.check(self, guest)
        self.check_used({resting: SOURCE, **{
            guest.uuid: guest.phase.place for guest in guests}})
        self.assertEqual(0, self.reboots(resting))
        self.check_works(resting)
        self.check_daemons(
            heard, AWAY, ('api', 'conductor') if refused else ())
        self.check_queues()
        self.figure('database %s for %s s, %s' % (
            way.__name__, seconds, '%d migrations' % len(guests) if guests
            else 'at rest'), all_final_after_s=round(took, 2))
        self.delete_all()

    def _check_refused(self, way, seconds, uuid, heard):
        """Requests are refused; returns whether that was tried."""
        if way == self.server.frozen and seconds < 5:
            # Nobody would notice before it is over.
            return False
        self.assertLess(self.refused(AWAY, uuid), FIRST_WITHIN)
        for _ in range(5):
            self.assertLess(self.refused(AWAY, uuid),
                            base.within(NEXT_WITHIN))
        self.await_that('the conductor has noticed', lambda: (
            'The database ' + AWAY in heard.said('conductor')), 40)
        return True

    def check_works(self, uuid):
        """A request is taken and done."""
        before = self.reboots(uuid)
        self.api.action(uuid, 'reboot', {'type': 'HARD'})
        self.api.await_server(uuid, two_hosts.PATIENCE, status='ACTIVE',
                              task_state=None)
        self.assertEqual(before + 1, self.reboots(uuid))

    # -- drains

    def test_in_a_drain(self):
        """Hosts with work are stopped, and it goes and comes back."""
        turns = itertools.cycle(((SOURCE,), BOTH, (DESTINATION,), BOTH))
        for (way, seconds), hosts in zip(self.ways(), turns):
            with self.subTest(way=way.__name__, seconds=seconds,
                              hosts=hosts):
                self.drain_through(way, seconds, hosts)

    def drain_through(self, way, seconds, hosts):
        """Stop hosts with a guest in each phase that keeps them."""
        guests = travellers.bring(
            self, travellers.UNDISTURBED[1:-1])
        for host in hosts:
            self.terminate(host)
        self.await_drain(*hosts)
        with way():
            for guest in guests:
                guest.let_go(wait=False)
            trouble.last(seconds)
        back = self.clock.utcnow().timestamp()
        ends = [self.await_exit(host, two_hosts.PATIENCE) for host in hosts]
        self.assertEqual({0}, {code for code, _ in ends})
        self.await_all_ended()
        for guest in guests:
            travellers.check(self, guest)
        self.figure('drain of %s, database %s for %s s' % (
            ' and '.join(hosts), way.__name__, seconds),
            exit_after_its_return_s=round(
                max(moment for _, moment in ends) - back, 2))
        self.delete_all()

    def test_idle_stop(self):
        """A host that has nothing to do does not wait for it."""
        took = []
        for way in 3 * (self.server.killed, self.server.frozen):
            self.start_both()
            with way():
                sent = self.terminate(DESTINATION)
                code, ended = self.await_exit(DESTINATION)
            self.assertEqual(0, code)
            took.append(ended - sent)
        self.figure('idle stop without the database', runs=len(took),
                    max_s=round(max(took), 2))
        self.assertLess(max(took), base.within(IDLE_WITHIN))

    # -- starts

    def test_started_without_it(self):
        """Daemons that are started meanwhile wait, and say so."""
        for way in (self.server.stopped, self.server.frozen):
            with self.subTest(way=way.__name__):
                self._start_without(way)

    def _start_without(self, way):
        names = ('conductor', 'api', SOURCE)
        for name in names:
            self.cloud.stop(name)
        heard = self.listen()
        with way():
            for name in names:
                self.cloud.start(name, wait=False)
            for name, what in zip(names, (
                    'the database', 'the database', 'the conductor')):
                self.await_that('%s waits' % name, lambda name=name, what=what:
                                'Waiting for ' + what in heard.said(name), 40)
        for name in names:
            self.cloud.part(name).await_ready()
        self.ensure_up(*BOTH)
        self.check_works(self.boot(SOURCE))
        self.delete_all()


class TestMariaDBAway(base.Spared, DatabaseAway,
                      database_trouble.DatabaseTroubleTestCase):

    SOME = ('test_in_mid_migration',)


class TestPostgreSQLAway(base.Spared, DatabaseAway,
                         database_trouble.DatabaseTroubleTestCase):

    SERVER = database_servers.PostgreSQL
