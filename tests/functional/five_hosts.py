"""What scenarios share in which work does not end in time.

Three hosts have each another answer to "what becomes of a live migration at
the deadline"; the fourth has all the time in the world, the fifth little.
"""


from tests.fixtures import records
from tests.functional import base

ABORT, RESUME, FORCE = 'host-a', 'host-b', 'host-c'
ENDLESS, SHORT = 'host-d', 'host-e'

#: Seconds that a stop may take, and that are kept for its two last parts.
BUDGET, ABORT_RESERVE, RELEASE_RESERVE = 14, 10, 3

#: Seconds from SIGTERM until there is no more waiting, and until what is
#: left is cut.
ABORT_DUE = BUDGET - ABORT_RESERVE - RELEASE_RESERVE
RELEASE_DUE = BUDGET - RELEASE_RESERVE

#: Seconds that a migration lasts that ends in time.
ENDS_AFTER = ABORT_DUE + 2.5

#: The same for the host on which something hangs.
SHORT_BUDGET, SHORT_RELEASE_DUE = 14, 4

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 60


class FiveHostsTestCase(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 5, 'settings': [
        'DEFAULT.graceful_shutdown_timeout=%d' % BUDGET,
        'DEFAULT.max_concurrent_live_migrations=2',
        'shutdown.abort_reserve=%d' % ABORT_RESERVE,
        'shutdown.release_reserve=%d' % RELEASE_RESERVE,
        RESUME + ':shutdown.live_migration_at_deadline=resume',
        FORCE + ':shutdown.live_migration_at_deadline=force_complete',
        ENDLESS + ':DEFAULT.graceful_shutdown_timeout=0',
        '%s:DEFAULT.graceful_shutdown_timeout=%d' % (SHORT, SHORT_BUDGET),
        SHORT + ':shutdown.abort_reserve=3',
        SHORT + ':shutdown.release_reserve=10']}

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)
        for host in self.cloud.hosts:
            self.hypervisor(host).reset()
        self.start_all()
        self.addCleanup(self._clean_up)

    def start_all(self):
        """Start whichever compute does not run."""
        for host in self.cloud.hosts:
            if not self.cloud.part(host).process.pid():
                self.cloud.start(host, wait=False)
        for host in self.cloud.hosts:
            self.cloud.part(host).await_ready()
        self.ensure_up()

    def _clean_up(self):
        """However a test has ended."""
        for host in self.cloud.hosts:
            self.hypervisor(host).reset()
        for host in self.cloud.hosts:
            if self.cloud.part(host).process.pid() and not self._serves(host):
                self.await_exit(host)
        self.start_all()
        self.delete_all()

    def delete_all(self):
        servers = [one['id'] for one in self.api.get('servers')['servers']]
        for uuid in servers:
            self.api.await_server(uuid, task_state=None)
            self.api.delete_server(uuid)
        for uuid in servers:
            self.api.await_gone(uuid)

    def _serves(self, host):
        return self.api.service(host)['status'] == 'enabled'

    # -- migrations that do not end

    def migrate(self, uuid, source, destination, endless=True):
        """Set a migration going.

        :param endless: whether it never ends by itself
        """
        hypervisor = self.hypervisor(source)
        if endless:
            hypervisor.hold('start_migration', uuid)
        self.api.live_migrate(uuid, destination)
        hypervisor.wait_for('start_migration', guest=uuid)
        self.await_status(uuid, 'running')

    def arrive(self, source, uuid):
        """Let an endless migration end."""
        hypervisor = self.hypervisor(source)
        hypervisor.release('start_migration', uuid)
        hypervisor.wait_for('start_migration', 'ended', uuid)

    def await_status(self, uuid, status):
        self.await_that('migration is ' + status, lambda: self.api.migrations(
            uuid)[0]['status'] == status, PATIENCE)

    def stop(self, *hosts):
        """Stop hosts together; return {host: (exit code, seconds)}."""
        sent = {host: self.terminate(host) for host in hosts}
        ends = {}
        for host in hosts:
            code, ended = self.await_exit(host)
            ends[host] = code, ended - sent[host]
        return ends

    # -- what is looked at

    def fates(self, host):
        """Return {(work, instance): fate} of a host's last stop."""
        return {(work['name'], work['instance_uuid']): work['fate']
                for work in self.report(host)['works']}

    def count(self, host, verb, uuid, event='begun'):
        """Return how often a host's hypervisor was asked for something."""
        return len(self.hypervisor(host).journal(verb, event, uuid))

    def check_moved_once(self, source, uuid):
        self.assertEqual(1, self.count(source, 'start_migration', uuid))

    def places(self, uuid):
        """Return the hosts on which a guest is."""
        return [host for host in self.cloud.hosts
                if uuid in self.hypervisor(host).world()['guests']]

    def check_settled(self, uuid, host, status, reason=None):
        """A migration is over in every record, and its guest in one place.

        :param reason: regular expression of what the user reads
        """
        self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                              task_state=None, host=host)
        self.assertEqual(status, self.api.migrations(uuid)[0]['status'])
        operation = self.records.last_operation(uuid)
        self.assertEqual(
            {'completed': 'succeeded', 'cancelled': 'aborted',
             'error': 'failed'}[status], operation['state'])
        if reason is None:
            self.assertIsNone(operation['error'])
        else:
            self.assertRegex(operation['error'], reason)
        self.assertEqual([host], self.places(uuid))
        guest = self.hypervisor(host).world()['guests'][uuid]
        self.assertEqual(1, len(guest['boots']), 'it was restarted')
        for other in self.cloud.hosts:
            world = self.hypervisor(other).world()
            self.assertEqual([], [
                table for table in ('rooms', 'leftovers')
                if other != host and uuid in world[table]], other)

    def check_next(self, places):
        """Another migration of the same guests works.

        :param places: {guest: host that it is to go to}
        """
        for host in self.cloud.hosts:
            self.hypervisor(host).reset()
        for uuid, host in places.items():
            self.api.live_migrate(uuid, host)
        for uuid, host in places.items():
            self.check_settled(uuid, host, 'completed')
