"""Nothing keeps a host that need not stay, and nothing is lost that comes.

What fails, is called off, refused or too late is over in every record; and
work whose other end has died is nobody's to wait for.  So the next stop of
each host that lives takes no longer than any idle one.  ``gate`` has what
comes while hosts drain.
"""

from nova_gs.devcloud import figures
from tests.fixtures import requester
from tests.functional import base
from tests.functional import gate
from tests.functional import travellers
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Seconds until a host that died counts as down, and a call to it as lost.
DOWN_AFTER = 4

#: (host, driver call) that fails once, and what the migration ends as.
FAILURES = (
    (SOURCE, 'describe_for_migration', 'error'),
    (DESTINATION, 'check_migration', 'error'),
    # Its rollback finds nothing to clean.
    (DESTINATION, 'accept_migration', 'error'),
    (DESTINATION, 'open_arrival', 'error'),
    (SOURCE, 'start_migration', 'error'),
    (DESTINATION, 'commit_arrival', 'error'),
    (SOURCE, 'finish_migration', 'completed'),
    (DESTINATION, 'finish_migration', 'completed'),
)

#: Who died: phases whose guests can be used again before it is back, and
#: what becomes of their migrations.
FREED = {
    DESTINATION: {'checks': 'error', 'making room': 'error',
                  'queued': 'error', 'rollback at the source': 'cancelled'},
    SOURCE: {'checks': 'error', 'post step at the destination': 'completed'},
}

#: A step that is sent although its operation is over.
AGAIN = ('reboot_instance', 'live_migration',
         'post_live_migration_at_destination',
         'rollback_live_migration_at_destination')


class TestPhantoms(base.Spared, gate.Gate, two_hosts.TwoHostsTestCase):

    SOME = ('test_destination_died', 'test_steered_while_draining')

    OPTIONS = {'driver': 'fake', 'hosts': 2, 'settings': [
        travellers.SETTING, 'DEFAULT.service_down_time=%d' % DOWN_AFTER,
        'DEFAULT.rpc_response_timeout=8', 'operations.sweep_interval=1',
        'compute.max_concurrent_operations=1']}

    def setUp(self):
        super().setUp()
        self.addCleanup(self._mend)
        self.idle = []

    def test_what_failed(self):
        for _ in range(self.times(1, 10)):
            self.start_both()
            self._let_fail()
            self._call_off_queued()
            self._fail_a_build()
            self._refuse_claims()
            self._let_expire()
            self._check_over()
            self.idle.append(self.check_idle_stop())
            self.delete_all()
        self._record('what failed')

    def test_destination_died(self):
        """Killed while a guest is in each phase of its way there."""
        for _ in range(self.times(1, 5)):
            self._check_death(DESTINATION, SOURCE)
        self._record('the destination died')

    def test_source_died(self):
        for _ in range(self.times(1, 5)):
            self._check_death(SOURCE, DESTINATION)
        self._record('the source died')

    # -- what goes wrong

    def _let_fail(self):
        guests = self.boot_all(*len(FAILURES) * [SOURCE])
        for uuid, (host, verb, _status) in zip(guests, FAILURES):
            self.hypervisor(host).fail(verb, uuid)
            self.api.live_migrate(uuid, DESTINATION)
        for uuid, (_host, _verb, status) in zip(guests, FAILURES):
            self.await_status(uuid, status)

    def _call_off_queued(self):
        guests = travellers.bring(self, [travellers.QUEUED])
        self.steer('abort', guests[-1].uuid)
        self.await_status(guests[-1].uuid, 'cancelled')
        for guest in guests:
            guest.let_go()
        for guest in guests[:-1]:
            self.await_status(guest.uuid, 'completed')

    def _fail_a_build(self):
        self.hypervisor(SOURCE).fail('spawn')
        uuid = self.api.create_server('broken', host=SOURCE)
        self.api.await_server(uuid, status='ERROR')

    def _refuse_claims(self):
        """Send steps once more whose operations are over."""
        over = self.records.operations()[0]
        with requester.Requester(self.cloud) as asking:
            for step in AGAIN:
                for host in (SOURCE, DESTINATION):
                    getattr(asking.compute, step)(
                        asking.context, host, over['uuid'])

    def _let_expire(self):
        """A reboot that waits behind another one until it is too late."""
        busy, late = self.boot_all(*2 * [DESTINATION])
        hypervisor = self.hypervisor(DESTINATION)
        hypervisor.hold('reboot', busy)
        for uuid in (busy, late):
            self.api.action(uuid, 'reboot', {'type': 'HARD'})
        hypervisor.wait_for('reboot', guest=busy)
        self.records.expire(late)
        self.await_that('it has failed', lambda: self.records.last_operation(
            late)['state'] == 'failed')
        hypervisor.release('reboot', busy)
        for uuid in (busy, late):
            self.api.await_server(uuid, status='ACTIVE', task_state=None)
        self.assertEqual([], hypervisor.journal('reboot', guest=late))

    def _check_death(self, victim, other):
        self.start_both()
        guests = travellers.bring(self, travellers.PHASES)
        self.cloud.kill(victim)
        for guest in guests:
            guest.let_go(wait=False)
        self.await_that('%s counts as down' % victim, lambda: (
            self.api.service(victim)['state'] == 'down'))
        self.await_that('%s has nothing in hand' % other, lambda: not any(
            row['host'] == other and row['state'] == 'running'
            for row in self.records.operations()), two_hosts.PATIENCE)
        for guest in guests:
            status = FREED[victim].get(guest.phase.name)
            if status:
                self.await_status(guest.uuid, status)
                self.api.await_server(
                    guest.uuid, status='ACTIVE', task_state=None,
                    host=DESTINATION if status == 'completed' else SOURCE)
        self.idle.append(self.check_idle_stop(other))
        # What names it waits for the host that is gone, and says so.
        for row in self.records.open():
            self.assertTrue(
                row['host'] == victim or row['state'] == 'interrupted', row)
        self.start_both()
        self.await_that('all is settled', lambda: not self.records.open(),
                        two_hosts.PATIENCE)
        self._check_one_place(guests)
        self.idle.append(self.check_idle_stop())
        self.delete_all()

    # -- what is looked at

    def _check_over(self):
        self.assertEqual([], self.records.open())
        self.assertEqual({None}, {
            server['OS-EXT-STS:task_state'] for server
            in self.api.get('servers/detail')['servers']})

    def _check_one_place(self, guests):
        """Each guest runs in one place, which its record names."""
        worlds = {host: self.hypervisor(host).world()
                  for host in travellers.BOTH}
        for guest in guests:
            server = self.api.await_server(
                guest.uuid, status='ACTIVE', task_state=None)
            self.assertEqual([server['OS-EXT-SRV-ATTR:host']], [
                host for host in worlds
                if guest.uuid in worlds[host]['guests']])
            self.assertEqual([], [
                (host, table) for host in worlds for table in two_hosts.TRACES
                if guest.uuid in worlds[host][table]], guest.phase.name)

    def _record(self, what):
        self.figure('2 idle stop after: %s' % what, stops=len(self.idle),
                    median_s=round(figures.percentile(self.idle, 50), 3),
                    max_s=round(max(self.idle), 3))

    def _mend(self):
        for host in travellers.BOTH:
            self.hypervisor(host).reset()
        self.delete_all()
