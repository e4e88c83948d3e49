"""The source of a live migration is lost, and what its destination does.

The source's nova-compute is killed and does not return, or only after its
operation was marked "interrupted".  Its hypervisor goes on.
"""

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import trouble
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

PATIENCE = two_hosts.PATIENCE

#: How many reports of a host show that it leaves something alone.
REPORTS = 3


class TestLostSource(base.Spared, two_hosts.TwoHostsTestCase):

    SOME = ()
    OPTIONS = {'driver': 'fake', 'hosts': 2, 'settings': [
        'operations.host_lost_after=3', 'operations.sweep_interval=1']}

    def setUp(self):
        super().setUp()
        self.addCleanup(self.delete_all)
        for host in (SOURCE, DESTINATION):
            self.addCleanup(self.hypervisor(host).reset)
        self.uuid, = self.boot_all(SOURCE)

    def test_before_it_moves(self):
        """The room is given back; the guest stays, and may go later."""
        self.hypervisor(DESTINATION).hold(
            'accept_migration', self.uuid, at='answer')
        request_id = self.api.live_migrate(self.uuid, DESTINATION).request_id
        self.await_room()
        lost_at = self.lose_source()
        self.hypervisor(DESTINATION).release('accept_migration', self.uuid)
        self.await_that('room is given back', lambda: not self.room(),
                        PATIENCE)
        self.await_that('and on record', lambda: (
            self.status(self.uuid) == 'error'))
        self.figure('lost source, before it moves',
                    interrupted_to_given_back_s=round(
                        self.clock.now() - lost_at, 2))
        self.check_used({self.uuid: SOURCE})
        # The guest may be started by nobody before its host has returned.
        self.assertEqual('interrupted', self.operation()['state'])
        self.assertEqual('migrating', self.task_state())
        self.start_both()
        self.api.await_server(self.uuid, PATIENCE, task_state=None)
        self.check_final(self.uuid, request_id, 'error', SOURCE,
                         'does not move the guest any more')
        self.api.live_migrate(self.uuid, DESTINATION)
        self.await_arrival(self.uuid, DESTINATION)

    def test_while_it_moves(self):
        """It is left alone, and taken over when it has arrived."""
        move = trouble.Move(self, self.uuid, SOURCE, DESTINATION)
        self.lose_source()
        self.await_reports()
        self.assertTrue(self.room())
        self.assertEqual('running', self.status(self.uuid))
        move.let_go()
        move.await_arrival()
        arrived_at = self.clock.now()
        # The source is not there, and is not needed.
        self.await_arrival(self.uuid, DESTINATION)
        self.figure('lost source, while it moves',
                    arrived_to_completed_s=round(
                        self.clock.now() - arrived_at, 2))
        self.check_final(self.uuid, move.request_id, 'completed',
                         DESTINATION)
        self.check_used({self.uuid: DESTINATION})
        self.start_both()
        move.check()
        self.assertEqual({}, self.traces(SOURCE))

    def test_returns_at_the_same_moment(self):
        """The destination takes over while the source takes up."""
        settled = []
        for _ in range(self.times(1, 10)):
            move = trouble.Move(self, self.uuid, SOURCE, DESTINATION)
            self.lose_source()
            self.cloud.start(SOURCE, wait=False)
            move.let_go()
            move.await_arrival()
            began = self.clock.now()
            self.await_arrival(self.uuid, DESTINATION)
            settled.append(self.clock.now() - began)
            self.start_both()
            move.check_place(DESTINATION)
            self.check_used({self.uuid: DESTINATION})
            self.assertEqual([], self.records.open())
            self.api.live_migrate(self.uuid, SOURCE)
            self.await_arrival(self.uuid, SOURCE)
        self.figure('lost source, which returns at the same moment',
                    runs=len(settled), arrived_to_completed_max_s=round(
                        figures.percentile(settled, 100), 2))

    def test_destination_has_restarted(self):
        """What an earlier process has made is not forgotten."""
        move = trouble.Move(self, self.uuid, SOURCE, DESTINATION)
        self.cloud.kill(DESTINATION)
        self.lose_source()
        move.let_go()
        move.await_arrival()
        self.cloud.start(DESTINATION)
        self.await_arrival(self.uuid, DESTINATION)
        self.check_used({self.uuid: DESTINATION})

    # -- means

    def operation(self):
        return self.records.last_operation(self.uuid)

    def task_state(self):
        return self.api.server(self.uuid)['OS-EXT-STS:task_state']

    def room(self):
        """Return what the destination's hypervisor keeps for the guest."""
        return self.hypervisor(DESTINATION).world()['rooms'].get(self.uuid)

    def traces(self, host):
        """Return what a hypervisor keeps of the guest besides itself."""
        world = self.hypervisor(host).world()
        return {trace: world[trace][self.uuid] for trace in two_hosts.TRACES
                if self.uuid in world[trace]}

    def await_room(self):
        self.await_that('room is made', self.room, PATIENCE)

    def lose_source(self):
        """Kill the source and wait until everybody knows it; returns when."""
        self.cloud.kill(SOURCE)
        self.await_that('it is interrupted', lambda: (
            self.operation()['state'] == 'interrupted'), PATIENCE)
        return self.clock.now()

    def await_reports(self):
        """Wait until the destination has reported a few times."""
        seen = set()

        def are_enough():
            seen.add(self.api.service(DESTINATION)['updated_at'])
            return len(seen) > REPORTS

        self.await_that('destination reports', are_enough, PATIENCE)
