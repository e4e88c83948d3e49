"""Builds that were offered to a host which does not begin them.

They go to another host, whether theirs was killed, stands still, is being
stopped or is quiesced; each is spawned once, wherever that is.  A host that
comes back late with its old messages is refused.  What is bound to a host, or
has nowhere to go, waits for it.
"""

import re
import signal

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import two_hosts

HOST, OTHER = two_hosts.SOURCE, two_hosts.DESTINATION

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 90

#: Seconds from the announcement of a stop until builds go elsewhere.
AT_ONCE = 3

#: Seconds without a heartbeat after which a host is down.  It stands still
#: while it is chosen for all of the builds, so it must not be by then.
DOWN_AFTER = 30 if figures.is_full() else 10

#: How many guests a host builds at a time here.
AT_A_TIME = 2


#: What its log says of a message that comes too late.
REFUSED = 'Step build_instance of .* cannot be claimed: moved'


class ReroutingTestCase(two_hosts.TwoHostsTestCase):
    """Builds are offered to HOST."""

    OPTIONS = {
        'driver': 'fake', 'hosts': 2,
        'settings': [
            'operations.sweep_interval=1',
            'DEFAULT.service_down_time=%d' % DOWN_AFTER,
            'compute.max_concurrent_operations=%d' % AT_A_TIME,
            'compute.cpu_allocation_ratio=1000',
            'compute.ram_allocation_ratio=1000']}

    def setUp(self):
        super().setUp()
        self.count = self.times(8, 60)
        self.guests = []
        self.addCleanup(self._mend)
        self._mend()

    def _mend(self):
        self.cloud.part(HOST).process.send_signal(signal.SIGCONT)
        for host in (HOST, OTHER):
            self.hypervisor(host).reset()
            self.enable(host)
        self.start_both()
        self.delete_all()

    # -- to ask, and to be asked

    def enable(self, host, enabled=True):
        """Let a host be chosen, or not."""
        service = self.api.service(host)
        if (service['status'] == 'enabled') != enabled:
            self.api.request('PUT', 'os-services/' + service['id'], {
                'status': 'enabled' if enabled else 'disabled'})

    def offer(self, count, host=None, held=0):
        """Ask for servers that are all offered to HOST, and stay so.

        :param host: that the user wants
        :param held: how many of these and earlier ones it has begun
        """
        self.enable(OTHER, False)
        known = set(self.servers())
        # In one request, before a host that stands still counts as down.
        self.api.request('POST', 'servers', {'server': dict(
            {'host': host} if host else {}, name='guest', flavorRef='1',
            imageRef=self.api.image_id('ticker'), networks='none',
            min_count=count, max_count=count)})
        self.guests += [uuid for uuid in self.servers() if uuid not in known]
        self.await_that('all are offered', lambda: (
            len(self.offered()) == len(self.guests) - held), PATIENCE)
        self.enable(OTHER)

    def servers(self):
        """Return the UUIDs of all servers."""
        return [one['id'] for one in self.api.get('servers')['servers']]

    def offered(self, host=HOST):
        """Return the operations that wait for a host to begin them."""
        return [row for row in self.records.operations(
            step='build_instance', host=host)
            if row['owner'] is None and row['state'] in ('accepted',
                                                         'running')]

    def freeze(self):
        """Let the nova-compute of HOST stand still."""
        with self.records.unwritten():
            self.cloud.part(HOST).process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.cloud.part(HOST).process.send_signal(signal.SIGCONT)

    # -- what came of it

    def check(self, places):
        """Each is where it is to be, was spawned once, and takes room once.

        :param places: {guest: host}
        """
        for uuid, place in places.items():
            self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                                  task_state=None, host=place)
        spawned = [(entry['guest'], host) for host in (HOST, OTHER)
                   for entry in self.hypervisor(host).journal(
                       'spawn', 'begun') if entry['guest'] in places]
        self.assertEqual(sorted(places.items()), sorted(spawned))
        self.assertEqual({}, {
            uuid: host for uuid, host in places.items()
            if uuid not in self.hypervisor(host).world()['guests']})
        self.assertEqual([], self.records.open())
        self.check_used(places)

    def events(self, uuid):
        """Return [(event, result, details)] of a build that went well."""
        request_id = self.records.last_operation(uuid)['request_id']
        action = self.api.get('servers/%s/os-instance-actions/%s' % (
            uuid, request_id), microversion='2.84')['instanceAction']
        self.assertIsNone(action['message'])
        return [(event['event'], event['result'], event['details'])
                for event in action['events']]

    def check_events(self, uuid, why):
        """The action tells that HOST did not do it, and why.

        :param why: regular expression
        """
        events = self.events(uuid)
        self.assertEqual(
            [('build_server', 'Success'), ('build_instance', 'Error'),
             ('build_instance', 'Success')], [one[:2] for one in events])
        self.assertRegex(events[1][2], 'host %s: .*%s.* Host %s' % (
            HOST, why, OTHER))


class TestRerouting(base.Spared, ReroutingTestCase):

    SOME = ('test_drain', 'test_host_that_cannot_build')

    def test_host_that_cannot_build(self):
        """Another one does, unless the user wants that host and no other."""
        self.hypervisor(HOST).fail('spawn', times=3)
        for host, expected in ((None, 'ACTIVE'), (None, 'ACTIVE'),
                               (HOST, 'ERROR')):
            self.enable(OTHER, False)
            self.hypervisor(HOST).hold('spawn')
            uuid = self.api.create_server('guest', host=host)
            self.await_that('it has begun', lambda uuid=uuid: (
                self.hypervisor(HOST).journal('spawn', 'begun', uuid)))
            self.enable(OTHER)
            self.hypervisor(HOST).release('spawn')
            self.await_that('it has ended', lambda: not self.records.open())
            server = self.api.server(uuid)
            self.assertEqual(
                (expected, None), (server['status'],
                                   server['OS-EXT-STS:task_state']))
            self.assertEqual(
                {'ACTIVE': OTHER, 'ERROR': None}[expected],
                server['OS-EXT-SRV-ATTR:host'])
            if expected == 'ACTIVE':
                self.assertEqual(
                    [('build_server', 'Success'), ('build_instance', 'Error'),
                     ('build_server', 'Success'),
                     ('build_instance', 'Success')],
                    [event[:2] for event in self.events(uuid)])
                self.assertIn('spawn', self.events(uuid)[1][2])
        self.assertEqual({}, self.hypervisor(HOST).world()['guests'])

    def _elsewhere(self):
        return dict.fromkeys(self.guests, OTHER)

    def test_killed(self):
        """The messages died with it."""
        self.freeze()
        self.offer(self.count)
        self.cloud.kill(HOST)
        began = self.clock.now()
        self.check(self._elsewhere())
        took = self.clock.now() - began
        self.check_events(self.guests[0], 'not reported for')
        self.start_both()
        self.check(self._elsewhere())
        self.check_queues()
        self.figure('5 builds of a host that was killed go elsewhere',
                    builds=self.count, until_all_active_s=round(took, 3))

    def test_frozen(self):
        """It goes on while others have them, and finds its messages."""
        self.hypervisor(OTHER).hold('spawn')
        self.freeze()
        self.offer(self.count)
        self.await_that('all have gone elsewhere', lambda: (
            not self.offered()), PATIENCE)
        log = self.cloud.part(HOST).process.log
        refused = _count(log, REFUSED)
        self.thaw()
        self.await_that('it says what it was sent', lambda: (
            _count(log, REFUSED) - refused >= self.count - AT_A_TIME),
            PATIENCE)
        self.assertEqual(self.count - AT_A_TIME, len(self.offered(OTHER)))
        self.hypervisor(OTHER).release('spawn')
        self.check(self._elsewhere())
        self.check_events(self.guests[0], 'not reported for')

    def test_goes_on_meanwhile(self):
        """Who claims first has it, again and again."""
        for _ in range(self.times(1, 5)):
            self.freeze()
            self.offer(self.count)
            self.await_that('some are elsewhere', lambda: (
                len(self.offered()) < len(self.guests)), PATIENCE)
            self.thaw()
            self.check({uuid: self.api.await_server(
                uuid, PATIENCE, status='ACTIVE')['OS-EXT-SRV-ATTR:host']
                for uuid in self.guests})
            self.ensure_up(HOST)
            self._mend()
            self.guests = []

    def test_drain(self):
        """What it has begun it ends; the rest is elsewhere at once."""
        first, took = [], []
        for leave, come_back in ((self._terminate, self.start_both),
                                 (self._quiesce, self._resume)):
            self.hypervisor(HOST).hold('spawn')
            self.offer(self.count + AT_A_TIME, held=AT_A_TIME)
            mine = {row['instance_uuid'] for row in self.records.operations(
                step='build_instance', host=HOST, state='running')
                if row['owner']}
            self.assertEqual(AT_A_TIME, len(mine))
            leave()
            began = self.clock.now()
            self.await_that('one is elsewhere', lambda: (
                len(self.offered()) < self.count), PATIENCE)
            first.append(self.clock.now() - began)
            self.await_that('all are elsewhere', lambda: (
                not self.offered()), PATIENCE)
            took.append(self.clock.now() - began)
            self.hypervisor(HOST).release('spawn')
            self.check({uuid: HOST if uuid in mine else OTHER
                        for uuid in self.guests})
            self.check_events(next(
                uuid for uuid in self.guests if uuid not in mine),
                'being stopped|quiesced')
            come_back()
            self.guests = []
            self.delete_all()
        self.figure('5 builds of a host that drains go elsewhere',
                    builds=self.count, drains=len(took),
                    first_max_s=round(max(first), 3),
                    all_max_s=round(max(took), 3))
        self.assertLess(min(first), base.within(AT_ONCE))

    def _terminate(self):
        self.terminate(HOST)
        self.await_that('it drains', lambda: (
            self.records.phase(HOST) == 'draining'))

    def _quiesce(self):
        self.api.request('PUT', 'os-services/%s/drain' % HOST, {})

    def _resume(self):
        self.api.request('DELETE', 'os-services/%s/drain' % HOST)

    def test_bound(self):
        """What the user wants there waits, whatever else goes."""
        self.freeze()
        self.offer(2, host=HOST)
        self.offer(1)
        self.cloud.kill(HOST)
        bound, free = self.guests[:2], self.guests[2]
        self.api.await_server(free, PATIENCE, status='ACTIVE', host=OTHER)
        self.assertEqual(2, len(self.offered()))
        self.cloud.start(HOST)
        self.check({**dict.fromkeys(bound, HOST), free: OTHER})

    def test_nowhere_to_go(self):
        """A host that is started again has its builds still."""
        self.freeze()
        self.offer(self.count)
        self.enable(OTHER, False)
        self.cloud.kill(HOST)
        self.await_that('it is down', lambda: (
            self.api.service(HOST)['state'] == 'down'), PATIENCE)
        self.assertEqual(self.count, len(self.offered()))
        self.cloud.start(HOST)
        self.check(dict.fromkeys(self.guests, HOST))


def _count(path, expression):
    """Return how many lines of a file match."""
    with open(path, encoding='utf-8') as lines:
        return sum(bool(re.search(expression, line)) for line in lines)
