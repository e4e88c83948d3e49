"""Live migrations that wait until their guest's ports are plugged in there.

The stand-in for Neutron tells nothing by itself for an hour; the tests tell
it when they want to.
"""

import json
import threading
import urllib.request

from nova_gs.devcloud import figures
from nova_gs.devcloud import neutron_server
from tests.functional import base
from tests.functional import test_external_events as waiting

HOST, OTHER, THIRD = waiting.HOST, 'host-b', 'host-c'

#: Seconds from the end of the move to the exit.
PROMISE = waiting.PROMISE


class AheadTestCase(waiting.WaitingTestCase):
    """Two hosts, whose ports are Neutron's; one guest to be moved."""

    OPTIONS = {'driver': 'fake', 'hosts': 2, 'neutron': 3600}

    def setUp(self):
        super().setUp()
        self.addCleanup(self.set_network, bridges={}, extensions=[
            neutron_server.EXTENSION])

    def boot_plugged(self):
        """Return the UUID of a running server on HOST."""
        uuid = self.begin()
        self.api.tell(self.event(uuid))
        self.check_runs(uuid)
        return uuid

    def move(self, uuid, waits=True):
        """Begin to move a server to OTHER."""
        self.api.live_migrate(uuid, OTHER)
        if waits:
            self.await_that('it waits for its port there', lambda: any(
                phase.startswith('waits for %s of port' % waiting.PLUGGED)
                and phase.endswith('at ' + OTHER)
                for phase in self.phases(uuid)))

    def check_moved(self, uuid):
        """It is at OTHER, and so is its one binding."""
        self.api.await_server(uuid, base.PATIENCE, status='ACTIVE',
                              host=OTHER, task_state=None)
        self.assertEqual({OTHER: 'ACTIVE'}, self.bindings(uuid))
        self.check_world(uuid, OTHER)

    def check_stayed(self, uuid):
        """It is at HOST, and nothing of it at OTHER."""
        self.api.await_server(uuid, base.PATIENCE, status='ACTIVE',
                              host=HOST, task_state=None)
        self.await_that('all is settled', lambda: not self.records.open())
        self.assertEqual({HOST: 'ACTIVE'}, self.bindings(uuid))
        self.check_world(uuid, HOST)

    def check_world(self, uuid, host):
        """Its guest is at a host, and no host has made room for it."""
        for name in (HOST, OTHER):
            world = self.hypervisor(name).world()
            self.assertEqual(name == host, uuid in world['guests'], name)
            self.assertEqual({}, world['rooms'], name)

    def bindings(self, uuid):
        """Return {host: status} of a server's port."""
        port, = self.api.interfaces(uuid)
        return {one['host']: one['status'] for one in self.ask(
            '/v2.0/ports/%s/bindings' % port['port_id'])['bindings']}

    def set_network(self, **values):
        """Change how the stand-in for Neutron is."""
        self.ask('/stand-in', values, 'PUT')

    def ask(self, path, body=None, method='GET'):
        """Ask the stand-in for Neutron."""
        with urllib.request.urlopen(urllib.request.Request(
                self.cloud.neutron.url + path,
                None if body is None else json.dumps(body).encode(),
                method=method)) as answer:
            return json.loads(answer.read() or b'null')

    def started(self, uuid):
        """Return how often the hypervisor has begun to move a guest."""
        return len(self.hypervisor(HOST).journal(
            'start_migration', 'begun', uuid))

    def await_drain(self, host):
        self.await_that('it drains', lambda: self.api.service(
            host)['status'] == 'disabled')


class TestPluggingAhead(base.Spared, AheadTestCase):

    SOME = ('test_event_during_a_stop',)

    def test_event_during_a_stop(self):
        """SIGTERM to either end; the event comes later; all is moved."""
        for host in (HOST, OTHER):
            took = [self._stop_and_tell(host)
                    for _ in range(self.times(1, 10))]
            self.figure('live migration waits for its port, SIGTERM to the '
                        '%s, event later' % (
                            'source' if host == HOST else 'destination'),
                        runs=len(took),
                        event_to_exit_median_s=round(
                            figures.percentile(took, 50), 3),
                        event_to_exit_max_s=round(max(took), 3))

    def _stop_and_tell(self, host):
        uuid = self.boot_plugged()
        event = self.event(uuid)
        self.move(uuid)
        self.assertEqual({HOST: 'ACTIVE', OTHER: 'INACTIVE'},
                         self.bindings(uuid))
        self.terminate(host)
        self.await_drain(host)
        # That nothing happens in it is what is looked at.
        threading.Event().wait(self.times(1, waiting.LATER))
        self.assertTrue(self.cloud.part(host).process.pid())
        self.assertEqual(0, self.started(uuid))
        self.assertEqual(200, self.api.tell(event).status)
        told = self.clock.utcnow().timestamp()
        code, ended = self.await_exit(host)
        self.assertEqual(0, code)
        self.ensure_up()
        self.check_moved(uuid)
        self._delete_all()
        return ended - told

    def test_second_sigterm(self):
        """The wait is called off, at either end: the guest stays."""
        for host in (HOST, OTHER):
            uuid = self.boot_plugged()
            self.move(uuid)
            self.terminate(host)
            self.await_drain(host)
            self.terminate(host)
            self.assertEqual(0, self.await_exit(host)[0])
            self.ensure_up()
            self.check_stayed(uuid)
            self.assertEqual(0, self.started(uuid))
            self._delete_all()

    def test_kill(self):
        """The source: it is rolled back.  The destination: it goes on."""
        uuid = self.boot_plugged()
        self.move(uuid)
        self.cloud.kill(HOST)
        self.cloud.start(HOST)
        self.ensure_up()
        self.check_stayed(uuid)
        event = self.event(uuid)
        self.move(uuid)
        self.cloud.kill(OTHER)
        self.api.tell(event)
        self.await_that('it is moved', lambda: self.started(uuid))
        self.cloud.start(OTHER)
        self.check_moved(uuid)

    def test_called_off(self):
        """By its user, at once, and by an event that has failed."""
        uuid = self.boot_plugged()
        self.move(uuid)
        migration, = self.api.migrations(uuid)
        self.api.request('DELETE', 'servers/%s/migrations/%s' % (
            uuid, migration['id']))
        self.check_stayed(uuid)
        self.move(uuid)
        self.api.tell(self.event(uuid, status='failed'))
        self.check_stayed(uuid)
        self.assertEqual(0, self.started(uuid))

    def test_neutron_without_bindings_ahead(self):
        """The port follows its guest, which does not wait."""
        self.set_network(extensions=[])
        uuid = self.boot_plugged()
        self.move(uuid, waits=False)
        self.api.await_server(uuid, base.PATIENCE, status='ACTIVE',
                              host=OTHER, task_state=None)
        port, = self.ask('/v2.0/ports')['ports']
        self.assertEqual(OTHER, port['binding:host_id'])


class TestNobodyTells(base.Spared, AheadTestCase):
    """The destination says how long it is waited for, and what then."""

    OPTIONS = dict(AheadTestCase.OPTIONS, hosts=3, settings=[
        '%s:DEFAULT.vif_plugging_timeout=1' % OTHER,
        '%s:DEFAULT.vif_plugging_timeout=1' % THIRD,
        '%s:DEFAULT.vif_plugging_is_fatal=false' % THIRD])

    def test_time_is_over(self):
        uuid = self.boot_plugged()
        self.move(uuid)
        self.check_stayed(uuid)
        self.assertEqual(0, self.started(uuid))
        migration, = self.api.migrations(uuid)
        self.assertEqual('error', migration['status'])
        self.api.live_migrate(uuid, THIRD)
        self.api.await_server(uuid, base.PATIENCE, status='ACTIVE',
                              host=THIRD, task_state=None)
        self.assertEqual({THIRD: 'ACTIVE'}, self.bindings(uuid))
