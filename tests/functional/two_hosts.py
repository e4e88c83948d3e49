"""What scenarios on two hosts share: both stopped, both looked at."""

import datetime

from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors
from nova_gs.virt import driver
from tests.fixtures import records
from tests.functional import base

SOURCE, DESTINATION = 'host-a', 'host-b'

#: Seconds from a host's last work to its exit; what the service promises.
PROMISE = 0.5

#: Seconds within which both hosts are to be told to stop.
TOGETHER = 0.1

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 60

#: What a hypervisor may keep of a guest that is not on it.
TRACES = ('rooms', 'leftovers')

_BOTH = (SOURCE, DESTINATION)

#: Which ends of a move cannot leave while a step of it is under way.
_KEEPS = {
    'live_migrate_server': ('source', 'destination'),
    'live_migration': ('source', 'destination'),
    'post_live_migration_at_destination': ('source', 'destination'),
    'post_live_migration_at_source': ('source',),
    'rollback_live_migration_at_destination': ('destination',),
}


class TwoHostsTestCase(base.CloudTestCase):
    """Guests move from SOURCE to DESTINATION; see ``base.CloudTestCase``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.empty = _used(cls.cloud.api)

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)
        self.start_both()

    # -- both hosts

    def start_both(self):
        """Start whichever of the computes does not run."""
        for host in _BOTH:
            if not self.cloud.part(host).process.pid():
                self.cloud.start(host, wait=False)
        for host in _BOTH:
            self.cloud.part(host).await_ready()
        self.ensure_up(*_BOTH)

    def terminate_both(self, first=SOURCE):
        """Send SIGTERM to both; returns {host: moment, wall clock s}."""
        order = sorted(_BOTH, key=lambda host: host != first)
        sent = {host: self.terminate(host) for host in order}
        gap = self.clock.utcnow().timestamp() - sent[first]
        self.assertLess(gap, base.within(TOGETHER),
                        'they were not told together')
        return sent

    def await_drain(self, *hosts):
        """Wait until os-services shows that hosts drain, or have left."""
        for host in hosts or _BOTH:
            self.await_that('%s drains' % host, lambda host=host: (
                self.api.service(host)['status'] == 'disabled'
                or self.api.service(host)['state'] == 'down'))

    def lives(self, host):
        """Whether a compute runs."""
        return bool(self.cloud.part(host).process.pid())

    def check_idle_stop(self, *hosts):
        """Stop hosts that have nothing to do: they leave at once.

        :returns: the longest that it took, in seconds
        """
        took = []
        for host in hosts or _BOTH:
            sent = self.terminate(host)
            code, ended = self.await_exit(host)
            self.assertEqual(0, code, host)
            took.append(ended - sent)
            self.assert_prompt(took[-1:], PROMISE)
        return max(took)

    # -- what they have

    def check_used(self, places):
        """What is given out is what runs, once.

        :param places: {guest: host}, every guest there is
        """
        expected = {}
        for host, (memory, guests) in self.empty.items():
            here = [self.api.server(uuid) for uuid, place in places.items()
                    if place == host]
            expected[host] = (
                memory + sum(one['flavor']['ram'] for one in here),
                guests + len(here))
        self.assertEqual(expected, _used(self.api))

    def check_places(self, places):
        """Each runs where its record says, nowhere else, and always did.

        For fake hypervisors.

        :param places: {guest: host}, every guest there is
        """
        worlds = {host: self.hypervisor(host).world() for host in _BOTH}
        for uuid, place in places.items():
            rows = {host: world['guests'][uuid]
                    for host, world in worlds.items()
                    if uuid in world['guests']}
            self.assertEqual([place], list(rows))
            self.assertEqual((driver.PowerState.RUNNING, 1), (
                rows[place]['power_state'], len(rows[place]['boots'])))
            self.assertEqual([], [
                (host, table) for host, world in worlds.items()
                for table in TRACES if uuid in world[table]])
        self.check_used(places)

    def check_final(self, uuid, request_id, status, host, reason=None):
        """A migration has ended in every record that tells of it.

        :param reason: regular expression of what the user reads, None when
            there is nothing to tell
        """
        self.assertIn(self.records.last_operation(uuid)['state'],
                      ('succeeded', 'failed', 'aborted'))
        self.assertEqual(status, self.api.migrations(uuid)[0]['status'])
        self.api.await_server(uuid, status='ACTIVE', task_state=None,
                              host=host)
        action = self.api.instance_action(uuid, request_id)
        if reason is None:
            self.assertIsNone(action['message'])
        else:
            self.assertRegex(action['message'], reason)
        self.assertTrue(action['events'])
        self.assertNotIn(None, [
            event['finish_time'] for event in action['events']])

    def check_queues(self, *topics):
        """Nothing waits for either host at the broker."""
        names = ['%s.%s' % (topic, host) for host in _BOTH
                 for topic in topics or ('compute', 'compute-alt')]
        self.assertEqual({}, {
            name: count for name in names
            if (count := self.cloud.broker.messages(name))})

    def last_work(self, host, actions, leaves=SOURCE):
        """Return when a host had nothing more to wait for, wall clock s.

        :param actions: instance actions of all moves
        :param leaves: the host that they lead away from
        """
        end = 'source' if host == leaves else 'destination'
        return max((moment(event['finish_time'])
                    for action in actions for event in action['events']
                    if end in _KEEPS.get(event['event'], ())), default=0)

    # -- asking

    def status(self, uuid):
        """Return the status of a server's newest migration."""
        return self.api.migrations(uuid)[0]['status']

    def await_status(self, uuid, *statuses):
        """Wait until the newest migration has one of these statuses."""
        self.await_that('migration is %s' % ' or '.join(statuses),
                        lambda: self.status(uuid) in statuses, PATIENCE)

    def steer(self, method, uuid):
        """Abort a migration, or make it complete.

        :param method: 'abort' or 'force_complete'
        :returns: seconds until the answer
        """
        migration = self.api.live_migrations(uuid)[0]['id']
        path = 'servers/%s/migrations/%s' % (uuid, migration)
        request = (('DELETE', path) if method == 'abort' else
                   ('POST', path + '/action', {method: None}))
        began = self.clock.now()
        self.await_that('it can be told', lambda: self._is_told(request))
        return self.clock.now() - began

    def _is_told(self, request):
        try:
            return self.api.request(*request)
        except api_client.ApiError as error:
            # It is on its way from one hand to the next.
            if 'Try again' not in str(error):
                raise
            return None

    def await_arrival(self, uuid, host):
        """Wait until a migration has brought a guest to a host."""
        self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                              task_state=None, host=host)
        self.assertEqual('completed', self.status(uuid))

    def delete_all(self):
        """Delete every server, however a test has ended."""
        servers = self._servers()
        if servers:
            self.start_both()
        for uuid in servers:
            try:
                self.api.await_server(uuid, PATIENCE, task_state=None)
            except errors.DevcloudError:
                # One that is in ERROR can be deleted as well.
                pass
            self.api.delete_server(uuid)
        for uuid in servers:
            self.api.await_gone(uuid)

    def _servers(self):
        return [one['id'] for one in self.api.get('servers')['servers']]


def _used(api):
    """Return {host: (MiB given out, number of guests)} on record."""
    return {
        one['service']['host']: (one['memory_mb_used'], one['running_vms'])
        for one in api.get('os-hypervisors/detail')['hypervisors']}


def moment(text):
    """Return an API's time as wall clock seconds."""
    read = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    return read.replace(
        tzinfo=read.tzinfo or datetime.timezone.utc).timestamp()
