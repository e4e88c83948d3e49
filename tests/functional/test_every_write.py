"""Somebody is killed between any two writes of an operation.

The store counts the writes of a live migration and kills, before or after
the n-th is committed: the conductor that writes, or the source's or the
destination's nova-compute that has asked for it.  Then the killed part is
started again, and nobody does anything else.  Wherever it was: the migration
ends soon, the guest has run on without a break, and both hosts, all records
and the hypervisors' journals agree where it is.

nova-api writes once for a request, and is killed before and after that.
"""

import collections
import dataclasses
import functools
import os
import typing

from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors
from nova_gs.devcloud import figures
from nova_gs.devcloud import waiting
from nova_gs.virt import driver
from tests.fixtures import faults
from tests.fixtures import faulty_api
from tests.fixtures import faulty_conductor
from tests.functional import base
from tests.functional import trouble
from tests.functional import two_hosts

CONDUCTOR, API = 'conductor', 'api'
SOURCE, DESTINATION = 'the source', 'the destination'
HOSTS = (two_hosts.SOURCE, two_hosts.DESTINATION)
VICTIMS = (CONDUCTOR, SOURCE, DESTINATION)

#: Seconds from the return of what was killed to the end of the operation.
ENDS_WITHIN = 15

#: Seconds for a write to come.
PATIENCE = 60

#: What a migration writes, in this order, when nothing happens to it.
WRITES = (
    'claim live_migrate_server', 'report live_migrate_server',
    'offer live_migrate_server', 'claim live_migration',
    'report live_migration', 'report live_migration',
    'report live_migration', 'offer live_migration',
    'claim post_live_migration_at_destination',
    'offer post_live_migration_at_destination',
    'claim post_live_migration_at_source',
    'finish post_live_migration_at_source',
)

#: The same when the hypervisor cannot move the guest.
WRITES_OF_FAILURE = WRITES[:7] + (
    'offer live_migration', 'claim rollback_live_migration_at_destination',
    'finish rollback_live_migration_at_destination')

#: How often a driver call may be begun, by (role, verb).  Clearing up may
#: be done again; what moves or makes something is done once.
ONCE = ((DESTINATION, 'accept_migration'), (SOURCE, 'start_migration'))


#: Where a request leaves its traces: in these tables, and by these calls.
TABLES = ('operations', 'instances', 'migrations', 'instance_actions')
DEEDS = ('spawn', 'reboot', 'start_migration', 'destroy')


@dataclasses.dataclass(frozen=True)
class Request:
    """Something that is asked of nova-api.

    :param ask: called with the API and a server's UUID
    :param adds: how many of what there are more afterwards
    """

    ask: typing.Callable
    adds: dict


def _request(ask, **adds):
    return Request(ask, dict(adds, operations=1, instance_actions=1))


REQUESTS = {
    'create': _request(lambda api, uuid: api.create_server('new'),
                       instances=1, spawn=1),
    'reboot': _request(
        lambda api, uuid: api.action(uuid, 'reboot', {'type': 'HARD'}),
        reboot=1),
    'migrate': _request(
        lambda api, uuid: api.live_migrate(uuid, two_hosts.DESTINATION),
        migrations=1, start_migration=1),
    'delete': _request(lambda api, uuid: api.delete_server(uuid), destroy=1),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """Whom it hits, and when.

    :param number: of the write
    :param moment: faults.BEFORE or faults.AFTER its commit
    :param victim: one of VICTIMS
    """

    number: int
    moment: str
    victim: str

    def words(self, writes):
        """Return what it is, for people."""
        return '%s is killed %s write %d (%s)' % (
            self.victim, self.moment, self.number, writes[self.number - 1])


def every_case(writes):
    """Return a case for each write, moment and victim."""
    return [Case(number, moment, victim)
            for number in range(1, len(writes) + 1)
            for moment in faults.MOMENTS for victim in VICTIMS]


#: What "make test" runs: each victim where most depends on it.
SOME = (
    Case(3, faults.AFTER, CONDUCTOR),    # offered, and not sent
    Case(8, faults.BEFORE, CONDUCTOR),   # arrived, and nobody has heard
    Case(4, faults.AFTER, SOURCE),       # claimed, and not begun
    Case(8, faults.BEFORE, SOURCE),      # arrived, and not on record
    Case(7, faults.AFTER, DESTINATION),  # the guest is under way to it
    Case(9, faults.AFTER, DESTINATION),  # claimed, and not taken over
)
SOME_OF_FAILURE = (
    Case(8, faults.BEFORE, SOURCE),      # to be rolled back
    Case(9, faults.AFTER, DESTINATION),  # rolling back
)


class EveryWriteTestCase(two_hosts.TwoHostsTestCase):
    """See ``two_hosts.TwoHostsTestCase``; the store has a fault switch."""

    OPTIONS = {
        'driver': 'fake', 'hosts': 2,
        'programs': {CONDUCTOR: os.path.abspath(faulty_conductor.__file__),
                     API: os.path.abspath(faulty_api.__file__)},
        'settings': ['operations.sweep_interval=1',
                     # A call to somebody who was killed meanwhile.
                     'DEFAULT.rpc_response_timeout=5',
                     # One look at a migration while it runs.
                     'fake.durations=start_migration:0.4']}

    def setUp(self):
        super().setUp()
        self.addCleanup(self._mend)
        self.switch = faults.Switch(self.cloud.layout.state_path(CONDUCTOR))
        self.took = collections.defaultdict(list)

    def _mend(self):
        self.switch.disarm()
        for host in HOSTS:
            self.hypervisor(host).reset()
        self.ensure_all()
        self.delete_all()

    def ensure_all(self):
        """Start whatever does not run."""
        for name in (CONDUCTOR, API):
            if not self.cloud.part(name).process.pid():
                self.cloud.start(name)
        self.start_both()

    def kill_at(self, name, switch, number, moment, ask):
        """Ask for something, and have a part killed at a write of it.

        :param name: of the part, which is started again
        :param switch: faults.Switch of the part that writes
        :param ask: called once everything is set
        :returns: what ``ask`` returned
        """
        pid = self.cloud.part(name).process.pid()
        switch.arm(number, moment, [pid])
        answer = ask()
        self.await_that('write %d' % number, switch.has_fired, PATIENCE)
        self.assertIsNotNone(self.cloud.part(name).process.wait(PATIENCE))
        self.cloud.start(name)
        return answer

    def await_end(self, what, uuid):
        """Wait until nothing is left to do for a guest.

        :param what: for whom the seconds it took are kept in ``self.took``
        """
        began = self.clock.now()
        ended = waiting.until(
            lambda: not self._left_to_do(uuid), ENDS_WITHIN, every=0.05)
        self.assertTrue(ended, 'not within %d s after %s: %s' % (
            ENDS_WITHIN, what, self._left_to_do(uuid)))
        self.took[what].append(self.clock.now() - began)

    def _left_to_do(self, uuid):
        """Return what there is to be done, or to be tidied up."""
        left = [(row['step'], row['state'], row['host'], row['owner'])
                for row in self.records.open()] + self.traces()
        task = self.api.server(uuid)['OS-EXT-STS:task_state']
        return left + [task] if task else left

    def traces(self):
        """Return what hypervisors and hosts keep of moves: (host, what)."""
        found = [(host, table) for host in HOSTS for table in two_hosts.TRACES
                 if self.hypervisor(host).world()[table]]
        return found + [(host, 'outbox') for host in HOSTS
                        if trouble.unrecorded(self.cloud, host)]

    def check_guest(self, uuid, place):
        """It runs there and nowhere else, and always did."""
        rows = {host: world['guests'][uuid] for host, world in (
            (host, self.hypervisor(host).world()) for host in HOSTS)
            if uuid in world['guests']}
        self.assertEqual([place], list(rows))
        self.assertEqual((driver.PowerState.RUNNING, 1), (
            rows[place]['power_state'], len(rows[place]['boots'])))
        self.check_used({uuid: place})
        self.check_queues()


class TestEveryWrite(base.Spared, EveryWriteTestCase):
    """One guest is moved to and fro, once for each case."""

    SOME = ('test_arriving',)

    def test_arriving(self):
        """Of a migration that nothing else hinders."""
        self._go_through('arriving', WRITES, SOME)

    def test_failing(self):
        """Of one that the hypervisor refuses half way."""
        self._go_through('failing', WRITES_OF_FAILURE, SOME_OF_FAILURE)

    def _go_through(self, course, writes, some):
        self.uuid = self.boot(two_hosts.SOURCE)
        self.fails = course == 'failing'
        self.ends = collections.Counter()
        self.assertEqual(list(writes), self._undisturbed())
        failed = []
        for case in self.times(some, every_case(writes)):
            try:
                self._play(case)
            except (AssertionError, errors.DevcloudError) as error:
                # The others tell, too.
                failed.append('%s: %s' % (case.words(writes), error))
                self._begin_anew()
        for victim, took in sorted(self.took.items()):
            self.figure(
                '3 killed at every write (%s), %s' % (course, victim),
                kills=len(took), completed=self.ends[victim, 'completed'],
                back_at_the_source=self.ends[victim, 'error'],
                ready_to_end_median_s=round(
                    figures.percentile(took, 50), 3),
                ready_to_end_max_s=round(max(took), 3))
        self.assertEqual([], failed)

    def _begin_anew(self):
        self._mend()
        self.uuid = self.boot(two_hosts.SOURCE)

    def _undisturbed(self):
        """Have a migration to which nothing happens; return its writes."""
        self.switch.arm(0)
        self._check(self._ask(), *self._roles().values())
        return self.switch.writes()

    def _roles(self):
        """Return {SOURCE: host, DESTINATION: host} of the next migration."""
        home = self.api.server(self.uuid)['OS-EXT-SRV-ATTR:host']
        return {SOURCE: home, DESTINATION: next(
            host for host in HOSTS if host != home)}

    def _ask(self):
        roles = self._roles()
        if self.fails:
            self.hypervisor(roles[SOURCE]).fail('start_migration', self.uuid)
        return self.api.live_migrate(
            self.uuid, roles[DESTINATION]).request_id

    def _play(self, case):
        # A busy machine may be late with heartbeats.
        self.ensure_up(*HOSTS)
        roles = self._roles()
        before = self._begun()
        request_id = self.kill_at(
            roles.get(case.victim, case.victim), self.switch, case.number,
            case.moment, self._ask)
        self.await_end(case.victim, self.uuid)
        status = self._check(request_id, *roles.values())
        self.ends[case.victim, status] += 1
        for role, verb in ONCE:
            entry = roles[role], verb
            times = self._begun()[entry] - before[entry]
            self.assertIn(times, (0, 1), entry)
            if status == 'completed':
                self.assertEqual(1, times, entry)
        for host in HOSTS:
            self.hypervisor(host).reset()

    def _check(self, request_id, source, destination):
        """It has ended in one way, everywhere; returns its status."""
        self.await_that('the end', lambda: not self.records.open())
        status = self.status(self.uuid)
        self.assertIn(status, ('error',) if self.fails else (
            'completed', 'error'))
        place = destination if status == 'completed' else source
        self.check_final(self.uuid, request_id, status, place,
                         None if status == 'completed' else '.')
        self.check_guest(self.uuid, place)
        return status

    def _begun(self):
        return trouble.begun(self, self.uuid, HOSTS,
                             [verb for _, verb in ONCE])

    # -- nova-api, which writes once for each request

    def test_accepting(self):
        """What was never answered is on record wholly, or not at all."""
        switch = faults.Switch(self.cloud.layout.state_path(API))
        self.addCleanup(switch.disarm)
        for moment, name in self.times(
                ((faults.BEFORE, 'migrate'), (faults.AFTER, 'reboot')),
                [(moment, name) for moment in faults.MOMENTS
                 for name in REQUESTS]):
            uuid = self.boot(two_hosts.SOURCE)
            before = self._counts()
            self.kill_at(API, switch, 1, moment, functools.partial(
                self.assertRaises, api_client.ApiUnreachable,
                REQUESTS[name].ask, self.api, uuid))
            self.assertEqual(1, len(switch.writes()))
            began = self.clock.now()
            self.await_that('the end', lambda: not self.records.open(),
                            ENDS_WITHIN)
            self.took[API].append(self.clock.now() - began)
            added = self._counts()
            added.subtract(before)
            self.assertEqual(
                {} if moment == faults.BEFORE else REQUESTS[name].adds,
                {what: count for what, count in added.items() if count})
            self._check_request(uuid, moment)
            self.delete_all()
        self.figure('3 nova-api killed before and after it has accepted',
                    kills=len(self.took[API]),
                    ready_to_end_max_s=round(max(self.took[API]), 3))

    def _counts(self):
        """Count rows, and what hypervisors were asked to do, by name."""
        return collections.Counter(
            {table: self.records.count(table) for table in TABLES}
        ) + collections.Counter(
            entry['verb'] for host in HOSTS
            for entry in self.hypervisor(host).journal(event='begun')
            if entry['verb'] in DEEDS)

    def _check_request(self, uuid, moment):
        if moment == faults.AFTER:
            self.assertEqual('succeeded',
                             self.records.operations()[-1]['state'])
        else:
            self.assertIsNone(
                self.api.server(uuid)['OS-EXT-STS:task_state'])
