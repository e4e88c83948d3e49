"""SIGTERM to both ends of a live migration at once, in each of its phases.

Each row of the table brings a guest into one phase and holds it there while
both hosts are told to stop.  Then it is let go.  Both end what they have
begun and leave, neither waits for the other's ghost, and everything that
tells of the guest agrees.
"""

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import travellers
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION
BOTH = travellers.BOTH


class TestBothEnds(base.Spared, two_hosts.TwoHostsTestCase):

    SOME = ('test_all_phases_at_once',)

    OPTIONS = {'driver': 'fake', 'hosts': 2,
               'settings': [travellers.SETTING]}

    def setUp(self):
        super().setUp()
        self.addCleanup(self._mend)
        self.after, self.idle = [], []

    def test_all_phases_at_once(self):
        """A guest in each phase, and both hosts told to stop."""
        for number in range(self.times(1, 10)):
            self.check(travellers.PHASES, (DESTINATION, SOURCE)[number % 2])
        self._record('all phases at once')

    def test_each_phase(self):
        """The same phase by phase, so that nothing else keeps a host."""
        for first in (SOURCE, DESTINATION):
            for phase in travellers.PHASES:
                self.check([phase], first)
        self._record('each phase')

    def check(self, phases, first):
        """Play one round and look at everything.

        :param first: which host is told first
        """
        self.start_both()
        guests = travellers.bring(self, phases)
        sent = self.terminate_both(first)
        self.await_drain()
        phases = [guest.phase for guest in guests]
        ends = {host: self.await_exit(host, two_hosts.PATIENCE)
                for host in BOTH.intersection(
                    *(phase.frees for phase in phases))}
        for host in BOTH.intersection(
                set().union(*(phase.keeps for phase in phases))):
            self.assertTrue(self.lives(host), '%s left too early' % host)
        for guest in guests:
            guest.let_go()
        for host in BOTH.difference(ends):
            ends[host] = self.await_exit(host, two_hosts.PATIENCE)
        self._check_ends(sent, ends, guests)
        self._check_settled(guests)
        self.start_both()
        self._check_next(guests)
        self.idle.append(self.check_idle_stop())

    # -- what is looked at

    def _check_ends(self, sent, ends, guests):
        """Both have left in time, with nothing left to do."""
        actions = [self.api.instance_action(one.uuid, one.request_id)
                   for one in guests]
        for host, (code, ended) in ends.items():
            self.assertEqual(0, code, host)
            began = max(sent[host], self.last_work(host, actions),
                        self._last_call(host, guests))
            self.after.append(ended - began)

    def _last_call(self, host, guests):
        """Return when the last driver call for a guest ended, wall clock s."""
        known = [one.uuid for one in guests]
        return max(entry['t'] for entry in self.hypervisor(host).journal()
                   if entry['guest'] in known and entry['event'] != 'begun')

    def _check_settled(self, guests):
        for one in guests:
            self.check_final(one.uuid, one.request_id, one.phase.status,
                             one.phase.place, one.phase.reason)
        self.check_places({one.uuid: one.phase.place for one in guests})
        for host in BOTH:
            self.assertEqual([], self.records.naming(host))
        self.check_queues()

    def _check_next(self, guests):
        """Each can be moved again, the other way or once more."""
        places = {
            one.uuid: SOURCE if one.phase.place == DESTINATION
            else DESTINATION for one in guests}
        for uuid, goal in places.items():
            self.api.live_migrate(uuid, goal)
        for uuid, goal in places.items():
            self.await_arrival(uuid, goal)
        self.check_places(places)
        self.delete_all()

    def _record(self, what):
        self.figure(
            '2 both ends drained, %s' % what, stops=len(self.after),
            last_work_to_exit_median_s=round(
                figures.percentile(self.after, 50), 3),
            last_work_to_exit_p95_s=round(
                figures.percentile(self.after, 95), 3),
            last_work_to_exit_max_s=round(max(self.after), 3),
            next_idle_stop_max_s=round(max(self.idle), 3))
        self.assert_prompt(self.after, two_hosts.PROMISE)

    def _mend(self):
        for host in BOTH:
            self.hypervisor(host).reset()
        self.delete_all()
