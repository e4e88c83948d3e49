"""Stops in a fleet that is half upgraded, or pinned.

Hosts a and b are of today; c is as computes were before the second server
(``tests/fixtures/old_compute.py``).  What c has to say to a host that is
being stopped it can only send to "compute", the queue of new work.
"""

import dataclasses
import os
import uuid as uuids

from nova_gs.devcloud import api_client
from nova_gs.devcloud import figures
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt import driver
from tests.fixtures import old_compute
from tests.fixtures import requester
from tests.functional import base

US, NEW, OLD = 'host-a', 'host-b', 'host-c'

#: What a host may keep of a migration that has not ended.
TRACES = ('rooms', 'leftovers')

#: Seconds after SIGTERM in which new work is refused, and after the last
#: operation that needs it in which "compute" is left.
WITHIN = 1

#: No message is sent twice: what does not arrive at once never does.
NO_SWEEP = ['operations.sweep_interval=3600']

#: Seconds for whatever is waited for, on a machine that does much else.
PATIENCE = 60


class OldPeersTestCase(base.CloudTestCase):
    """Moves guests between US and others, and stops US meanwhile."""
    def setUp(self):
        super().setUp()
        self.requester = self.useFixture(requester.Requester(self.cloud))
        self.leaving = []
        self.addCleanup(self._mend)
        self.begin()

    def begin(self):
        """Begin a run: all hosts are there, and nobody moves."""
        self.ensure_up()
        self.moves = {}
        #: {host: guests on it that have no part in this run yet}
        self.idle = {host: [] for host in self.cloud.hosts}
        for server in self.api.get('servers/detail')['servers']:
            self.idle[server['OS-EXT-SRV-ATTR:host']].append(server['id'])

    def guest(self, host):
        """Return the UUID of a guest on a host; a new one if need be."""
        return self.idle[host].pop() if self.idle[host] else self.boot(host)

    def terminate(self, host):
        self.leaving.append(host)
        return super().terminate(host)

    def await_exit(self, host, timeout=PATIENCE):
        ended = super().await_exit(host, timeout)
        self.leaving.remove(host)
        return ended

    def _mend(self):
        for host in self.cloud.hosts:
            self.hypervisor(host).reset()
        while self.leaving:
            self.await_exit(self.leaving[0])

    # -- moves, each held open somewhere

    def migrate(self, uuid, destination):
        """Ask for a migration."""
        self.moves[uuid] = destination
        self.api.live_migrate(uuid, destination)

    def ask_and_hold(self, source, destination, verb, at):
        """Ask for a migration that is held in a call of a hypervisor.

        :returns: function that lets it go
        """
        uuid = self.guest(source)
        hypervisor = self.hypervisor(at)
        count = len(hypervisor.journal(verb, 'begun', uuid)) + 1
        hypervisor.hold(verb, uuid)
        self.migrate(uuid, destination)
        hypervisor.wait_for(verb, 'begun', uuid, count, PATIENCE)
        return lambda: hypervisor.release(verb, uuid)

    def copying(self, source, destination):
        """Ask for a migration that copies until it is let go."""
        return self.ask_and_hold(
            source, destination, 'start_migration', source)

    def arriving(self, source, destination):
        """Ask for one that is held in its destination's post step."""
        return self.ask_and_hold(
            source, destination, 'finish_migration', destination)

    def queued(self, source, destination):
        """Ask for one that waits for another to leave the source."""
        uuid = self.guest(source)
        self.migrate(uuid, destination)
        self.await_that('migration is queued', lambda: (
            self.api.migrations(uuid)[0]['status'] == 'queued'))

    # -- the stop of US, and what is looked at

    def consumers(self):
        """Return those of "compute" and "compute-alt" of US."""
        return tuple(self.cloud.broker.consumers('%s.%s' % (topic, US))
                     for topic in ('compute', 'compute-alt'))

    def await_needed(self):
        """Wait until "compute" of US is attached, as somebody needs it.

        When the conductor's answer is late, it is left for a moment.
        """
        self.await_that('"compute" is attached',
                        lambda: self.consumers() == (1, 1))

    def await_draining(self, host):
        """Wait until the host's record says that it drains."""
        self.await_that('%s drains' % host, lambda: 'draining' in (
            self.api.service(host)['disabled_reason'] or ''))

    def check_done(self):
        """Every guest is where it was to go, and nowhere else."""
        for uuid, host in self.moves.items():
            self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                                  task_state=None, host=host)
            self.assertEqual('completed',
                             self.api.migrations(uuid)[0]['status'])
        self.assertEqual([], self.requester.store.operations.get_by_filters(
            {'open': True}))
        worlds = {host: self.hypervisor(host).world()
                  for host in self.cloud.hosts}
        for uuid, goal in self.moves.items():
            self.assertEqual({goal: driver.PowerState.RUNNING}, {
                host: world['guests'][uuid]['power_state']
                for host, world in worlds.items()
                if uuid in world['guests']})
            self.assertEqual([], [
                (host, table) for host, world in worlds.items()
                for table in TRACES for key, row in world[table].items()
                if uuid in (key, row.get('guest'))])
        for queue in ('compute.', 'compute-alt.'):
            self.assertFalse(self.cloud.broker.messages(queue + US))


@dataclasses.dataclass(frozen=True)
class Moment:
    """When US is told to stop: what a migration has come to by then.

    :param leaves: whether its guest leaves US; else it comes from OLD
    :param at: 'queued' (no room is made yet), 'copying' or 'arriving'
    :param both: whether OLD is told to stop as well
    """

    leaves: bool
    at: str
    both: bool


MOMENTS = [Moment(leaves, at, both) for both in (False, True)
           for leaves in (True, False)
           for at in ('queued', 'copying', 'arriving')]


class TestHalfUpgraded(base.Spared, OldPeersTestCase):

    SOME = ('test_old_host_is_old', 'test_everything_under_way',
            'test_everything_under_way_and_both_are_stopped')
    OPTIONS = {'driver': 'fake', 'hosts': 3, 'settings': NO_SWEEP,
               'programs': {OLD: os.path.abspath(old_compute.__file__)}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The new ones may have been there first, and would learn of the old
        # one by and by.
        for host in (US, NEW):
            cls.cloud.stop(host, wait=False)
        for host in (US, NEW):
            cls.cloud.part(host).process.wait(PATIENCE)
            cls.cloud.start(host, wait=False)

    def test_old_host_is_old(self):
        """Else all that follows would prove nothing."""
        record = self.requester.store.services.get_by_host_and_binary(
            OLD, 'nova-compute')
        self.assertEqual(2, record['version'])
        self.assertIsNone(self.cloud.broker.consumers('compute-alt.' + OLD))

    def test_everything_under_way(self):
        """Several migrations with the old host, and one without it."""
        for _ in range(self.times(1, 10)):
            self._stop_amid_everything(both=False)

    def test_everything_under_way_and_both_are_stopped(self):
        """The old host is told to stop, too, and started again."""
        for _ in range(self.times(1, 10)):
            self._stop_amid_everything(both=True)

    def _stop_amid_everything(self, both):
        self.begin()
        kept = self.guest(US)
        let_go = [self.arriving(OLD, US), self.copying(OLD, US),
                  self.copying(US, OLD)]
        self.queued(OLD, US)
        self.queued(US, OLD)
        with_old = set(self.moves)
        let_last_go = self.copying(NEW, US)
        sent = self.clock.now()
        self.terminate(US)
        if both:
            self.terminate(OLD)
        self.await_draining(US)
        self._check_refused(kept)
        closed = self.clock.now() - sent
        self.assertLess(closed, base.within(WITHIN))
        self._check_admission(with_old)
        for release in let_go:
            release()
        if both:
            self.assertEqual(0, self.await_exit(OLD)[0])
            self.cloud.start(OLD)
        left = self._await_left(with_old)
        # Between new hosts: not one message of it needs "compute".
        let_last_go()
        code, _ = self.await_exit(US)
        self.assertEqual(0, code)
        self.check_done()
        self.figure('half upgraded fleet, SIGTERM to %s' % (
            'both ends' if both else 'the new host'),
            refused_after_s=round(closed, 3), compute_left_after_s=round(
                left, 3), migrations=len(self.moves))

    def _check_refused(self, uuid):
        error = self.assertRaises(
            api_client.ApiError, self.api.action, uuid, 'reboot',
            {'type': 'HARD'})
        self.assertEqual(409, error.status)
        self.assertIn('is draining', str(error))

    def _check_admission(self, with_old):
        """Only steps of those operations come in by "compute"."""
        self.await_needed()
        self.requester.conf.set_override('compute', '6.4', 'upgrade_levels')
        operations = self.requester.store.operations.get_by_filters(
            {'open': True})
        others = [one['uuid'] for one in operations
                  if one['instance_uuid'] not in with_old]
        self.assertEqual(1, len(others))
        for operation in others + [str(uuids.uuid4())]:
            asked = self.clock.now()
            self.assertRaises(
                exception.HostDraining, self.pre_live_migration, operation)
            self.assertLess(self.clock.now() - asked, base.within(WITHIN))
        arriving = next(
            one['uuid'] for one in operations if one['instance_uuid'] in
            with_old and one['step'] == 'post_live_migration_at_destination')
        # It is let in, and only then told that it comes too late.
        error = self.assertRaises(
            exception.Conflict, self.pre_live_migration, arriving)
        self.assertIn('No room is made', str(error))
        self.requester.conf.clear_override('compute', 'upgrade_levels')

    def pre_live_migration(self, operation_uuid):
        """Send it by "compute", as a pinned source does."""
        self.requester.compute.pre_live_migration(
            self.requester.context, US, operation_uuid,
            objects.Instance(uuid=operation_uuid), objects.MigrateData())

    def _await_left(self, with_old):
        """Return how long "compute" was attached without need (s)."""
        self.await_that('the old host\'s migrations have ended', lambda: not (
            with_old & {one['instance_uuid'] for one in
                        self.requester.store.operations.get_by_filters(
                            {'open': True})}), PATIENCE)
        ended = self.clock.now()
        self.await_that('"compute" is left',
                        lambda: self.consumers() == (0, 1))
        took = self.clock.now() - ended
        self.assertLess(took, base.within(WITHIN))
        return took

    def test_new_hosts_benefit_already(self):
        """Between new hosts "compute" is left at once, though OLD is there."""
        for ends in ((US, NEW), (NEW, US)):
            self.begin()
            release = self.copying(*ends)
            sent = self.clock.now()
            self.terminate(US)
            self.await_that('"compute" is left',
                            lambda: self.consumers() == (0, 1))
            self.assertLess(self.clock.now() - sent, base.within(WITHIN))
            release()
            self.assertEqual(0, self.await_exit(US)[0])
            self.check_done()

    def test_nobody_can_say_who_needs_it(self):
        """Without a conductor "compute" is left at once, too."""
        for _ in range(5):
            self.begin()
            release = self.copying(US, NEW)
            self.cloud.kill('conductor')
            self.addCleanup(self._start_conductor)
            sent = self.clock.now()
            self.terminate(US)
            self.await_that('"compute" is left',
                            lambda: self.consumers() == (0, 1))
            self.assertLess(self.clock.now() - sent, base.within(WITHIN))
            self._start_conductor()
            release()
            self.assertEqual(0, self.await_exit(US)[0])
            # It may have left before the last step came back to it.
            self.ensure_up()
            self.check_done()

    def _start_conductor(self):
        if not self.cloud.part('conductor').process.pid():
            self.cloud.start('conductor')

    def stop_at(self, moment):
        """Tell US to stop at one moment of one migration."""
        self.begin()
        ends = (US, OLD) if moment.leaves else (OLD, US)
        if moment.at == 'queued':
            release = self.copying(ends[0], NEW)
            self.queued(*ends)
        else:
            release = getattr(self, moment.at)(*ends)
        self.terminate(US)
        if moment.both:
            self.terminate(OLD)
        self.await_draining(US)
        self.await_needed()
        release()
        if moment.both:
            self.assertEqual(0, self.await_exit(OLD)[0], moment)
            self.cloud.start(OLD)
        self.assertEqual(0, self.await_exit(US)[0], moment)
        # What comes too late for US waits for its start.
        self.ensure_up()
        self.check_done()


def _add_tests():
    """Make a test of each moment; the others have all of them at once."""
    for moment in MOMENTS:
        def test(self, moment=moment):
            for _ in range(3):
                self.stop_at(moment)

        test.__doc__ = 'When it is %s.' % moment.at
        setattr(TestHalfUpgraded, 'test_%s_%s_and_%s' % (
            'to_the_old' if moment.leaves else 'from_the_old', moment.at,
            'both_are_stopped' if moment.both else 'one_is_stopped'), test)


if figures.is_full():
    _add_tests()


class TestPinned(base.Spared, OldPeersTestCase):
    """Hosts of today, kept to the messages of yesterday."""

    OPTIONS = {'driver': 'fake', 'hosts': 2,
               'settings': ['upgrade_levels.compute=6.4'] + NO_SWEEP}

    def test_both_ends(self):
        """Every step goes by "compute", and arrives while they drain."""
        for _ in range(self.times(1, 10)):
            self.begin()
            let_go = [self.arriving(NEW, US), self.copying(US, NEW),
                      self.copying(NEW, US)]
            self.queued(US, NEW)
            for host in (US, NEW):
                self.terminate(host)
            for host in (US, NEW):
                self.await_draining(host)
            self.await_needed()
            for release in let_go:
                release()
            for host in (US, NEW):
                self.assertEqual(0, self.await_exit(host)[0])
            self.check_done()

    def test_idle_host_leaves_at_once(self):
        """Nothing is open, so nothing keeps "compute"."""
        sent = self.terminate(US)
        code, ended = self.await_exit(US)
        self.assertEqual(0, code)
        self.assertLess(ended - sent, base.within(WITHIN))
