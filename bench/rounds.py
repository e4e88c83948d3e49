"""Rounds of a storm, and whether everything holds after each.

A round plays its plan, lets all faults end, and waits until the cloud is at
rest: that is when all invariants hold.  Those that still do not after
SETTLE_WITHIN are the round's result.
"""

import collections
import dataclasses
import sqlite3

from bench import clients as clients_module
from bench import invariants
from bench import snapshot
from bench import storm
from bench import troubles
from nova_gs import clock as clock_module
from nova_gs.devcloud import errors
from nova_gs.devcloud import waiting

#: Seconds in which everything must have come to rest, on a machine that
#: does much else.
SETTLE_WITHIN = 90

#: Guests of each host at the beginning.
GUESTS = 2

#: Short times, that a round need not wait for long ones.
SETTINGS = (
    'DEFAULT.report_interval=0.5',
    'DEFAULT.service_down_time=3',
    'DEFAULT.rpc_response_timeout=8',
    'DEFAULT.graceful_shutdown_timeout=20',
    'DEFAULT.max_concurrent_live_migrations=4',
    'shutdown.abort_reserve=5',
    'shutdown.release_reserve=5',
    'operations.sweep_interval=1',
    'operations.host_lost_after=5',
    'oslo_messaging_rabbit.rabbit_transient_queues_ttl=60',
)
_SETTINGS = {
    'fake': ('fake.durations=spawn:0.2,reboot:0.3,power_on:0.2,'
             'power_off:0.2,destroy:0.2,accept_migration:0.1,'
             'finish_migration:0.1,start_migration:1.5,post_copy:0.3,'
             'leave_for_resize:0.3,arrive_from_resize:0.3,'
             'leave_for_revert:0.3,return_from_resize:0.3',),
    # A ticker does not hear that it is to shut down.
    'libvirt': ('libvirt.live_migration_bandwidth=24',
                'DEFAULT.shutdown_timeout=1'),
}


def options_of_cloud(hosts, driver):
    """Return the arguments of the ``devcloud.cloud.Cloud`` for rounds."""
    return {'hosts': hosts, 'driver': driver,
            'conductors': len(storm.CONDUCTORS),
            'settings': SETTINGS + _SETTINGS[driver]}


@dataclasses.dataclass(frozen=True)
class Result:
    """How a round has ended.

    :param number: of the round
    :param plan: storm.Plan that was played
    :param asked: clients.Asked of this round
    :param settled: seconds from the end of the last fault until rest
    :param broken: lines; empty when everything holds
    :param seen: the last snapshot.Snapshot, None without one
    """

    number: int
    plan: storm.Plan
    asked: list
    settled: float
    broken: list
    seen: snapshot.Snapshot | None

    def __str__(self):
        counts = collections.Counter(
            'accepted' if one.is_accepted else
            'refused' if one.is_refused else 'unanswered'
            for one in self.asked)
        return 'round %d: %s; %s; at rest after %.1f s%s' % (
            self.number,
            ', '.join('%d %s' % (counts[how], how) for how in (
                'accepted', 'refused', 'unanswered')),
            ', '.join('%s %s' % (fault.kind, fault.part)
                      for fault in self.plan.faults),
            self.settled, ': VIOLATED' if self.broken else '')


class Rounds:
    """Plays rounds on one cloud.

    :param cloud: devcloud.cloud.Cloud with ``options_of_cloud``
    :param seed: int
    """

    def __init__(self, cloud, seed):
        self._cloud = cloud
        self._seed = seed
        self._clock = clock_module.Clock()
        self._clients = clients_module.Clients(cloud)
        self._player = troubles.Player(cloud, self._clients)
        self._observer = snapshot.Observer(cloud, self._clients.asked)

    def begin(self):
        """Give each host its first guests; returns what does not hold."""
        for host in self._cloud.hosts:
            for count in range(GUESTS):
                self._clients.boot('guest-000-%s-%d' % (host, count), host)
        return self._settle()[0]

    def plan(self, number):
        """Return the storm.Plan of a round."""
        return storm.plan(self._seed, number, self._cloud.hosts,
                          self._cloud.options['driver'])

    def play(self, number, plan=None):
        """Play a round and return its Result.

        :param plan: what happens instead of the round's own storm.Plan
        """
        plan = plan or self.plan(number)
        asked_before = len(self._clients.asked)
        broken, seen, ended = [], None, self._clock.now()
        try:
            self._player.play(plan, number)
            ended = self._clock.now()
            for part in self._cloud.parts.all().values():
                part.await_ready()
        except errors.DevcloudError as error:
            broken = ['everybody serves: %s' % error]
        else:
            broken, seen = self._settle()
        return Result(number, plan, self._clients.asked[asked_before:],
                      self._clock.now() - ended, broken, seen)

    def _settle(self):
        """Wait until everything holds.

        :returns: ([what does not hold in the end], the last Snapshot)
        """
        last = [['nobody answers'], None]

        def holds():
            if self._is_busy() and self._clock.now() < end:
                return False
            try:
                last[1] = self._observer.take()
            except (errors.DevcloudError, OSError, sqlite3.Error) as error:
                last[0] = ['everybody serves: %s' % error]
            else:
                last[0] = invariants.broken(last[1])
            return not last[0]

        # Once more at the end, however busy it is.
        end = self._clock.now() + SETTLE_WITHIN
        waiting.until(holds, SETTLE_WITHIN + 1, every=0.2)
        return last

    def _is_busy(self):
        """Whether a look at the database says that it is too early."""
        rows = self._observer.rows('operations')['operations']
        return any(row['state'] not in invariants.FINAL for row in rows)
