"""What scenarios with ``kill -9`` share: whatever is killed, all is settled.

Each migration has ended, its guest runs in one place and never stopped, and
nothing of it is left on the other host.
"""

import itertools

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import travellers
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Who is killed, by name.
VICTIMS = {
    'source': (SOURCE,),
    'destination': (DESTINATION,),
    'both': (SOURCE, DESTINATION),
    'conductor': ('conductor',),
    'hypervisor of the source': ('hypervisor@' + SOURCE,),
    'hypervisor of the destination': ('hypervisor@' + DESTINATION,),
}

#: What carries the guests; our own daemons only watch.
HYPERVISORS = frozenset(name for name in VICTIMS if 'hypervisor' in name)

#: From here on a migration completes, whichever of our daemons is killed.
CARRIED_ON = frozenset((
    'pre-copy', 'post-copy', 'post step at the destination',
    'post step at the source'))

#: Seconds from READY until nothing is in doubt; what the service promises.
SETTLED_WITHIN = 10


def endings(phase, victim):
    """Return the statuses that a migration may end with.

    :param phase: travellers.Phase in which it is
    :param victim: key of VICTIMS
    """
    if victim not in HYPERVISORS and phase.name in CARRIED_ON:
        return ('completed',)
    if phase.steered == 'abort':
        return ('cancelled', 'error')
    return ('completed', 'error')


class KilledTestCase(two_hosts.TwoHostsTestCase):
    """Guests that move, on the fake driver, and somebody who is killed."""

    OPTIONS = {'driver': 'fake', 'hosts': 2,
               'settings': [travellers.SETTING]}

    def setUp(self):
        super().setUp()
        self.addCleanup(self.mend)
        self.took, self.adopted = [], 0

    def let_go(self):
        """Let everything go that is held in a hypervisor that runs."""
        for host in (SOURCE, DESTINATION):
            if self.cloud.part('hypervisor@' + host).process.pid():
                self.hypervisor(host).reset()

    def start(self, *parts):
        """Start what was killed; returns the moment when it was ready."""
        for part in parts:
            self.cloud.start(part, wait=False)
        for part in parts:
            self.cloud.part(part).await_ready()
        return self.clock.now()

    def await_settled(self, what, began):
        """Wait until no operation is open.

        :param began: moment from which on that is to be quick
        """
        self.await_that('%s: all is settled' % what,
                        lambda: not self.records.open(), two_hosts.PATIENCE)
        self.took.append(self.clock.now() - began)

    def check_settled(self, guests, victim):
        """Nothing is in doubt; see the module.

        :param guests: list of travellers.Traveller, every guest there is
        :param victim: key of VICTIMS
        """
        places = {}
        for one in guests:
            status = self.status(one.uuid)
            self.assertIn(status, endings(one.phase, victim), one.phase.name)
            places[one.uuid] = (DESTINATION if status == 'completed'
                                else SOURCE)
            self.check_final(one.uuid, one.request_id, status,
                             places[one.uuid],
                             None if status == 'completed' else r'\w \w')
            self._check_action(one)
            for host in (SOURCE, DESTINATION):
                self.assertLessEqual(len(self.hypervisor(host).journal(
                    'start_migration', 'begun', one.uuid)), 1)
        self.check_places(places)
        self.check_queues()

    def _check_action(self, guest):
        """Whoever reads the events finds what a start has made of it."""
        action = self.api.get(
            'servers/%s/os-instance-actions/%s' % (
                guest.uuid, guest.request_id),
            microversion='2.84')['instanceAction']
        told = [event['details'] for event in action['events']
                if event['event'] == 'recovery']
        self.assertNotIn(None, told)
        self.adopted += any(text.startswith('Adopt:') for text in told)

    def record(self, what):
        """Leave the figures of all rounds, and compare them with the promise.

        :param what: for people
        """
        self.figure(
            what, kills=len(self.took), adopted=self.adopted,
            ready_to_settled_median_s=round(
                figures.percentile(self.took, 50), 2),
            ready_to_settled_max_s=round(max(self.took), 2))
        self.assertTrue(self.adopted)
        self.assertLessEqual(
            max(self.took), base.within(SETTLED_WITHIN))

    def mend(self):
        """However a test has ended."""
        for part in itertools.chain.from_iterable(VICTIMS.values()):
            if not self.cloud.part(part).process.pid():
                self.cloud.start(part)
        self.let_go()
        self.delete_all()
