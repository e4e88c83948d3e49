"""Builds that wait until their ports are plugged in, and what is told of it.

The stand-in for Neutron binds ports and tells nothing by itself for an hour;
the tests tell it when they want to.
"""

import threading

from nova_gs.devcloud import api_client
from nova_gs.devcloud import figures
from nova_gs.virt import driver
from tests.fixtures import records
from tests.functional import base

HOST = 'host-a'

#: Seconds from the event to the exit; what the service promises.
PROMISE = 0.5

#: Seconds that a stop has waited for the event when it comes.
LATER = 5

PLUGGED = 'network-vif-plugged'


class WaitingTestCase(base.CloudTestCase):
    """One host, whose ports are Neutron's."""

    OPTIONS = {'driver': 'fake', 'hosts': 1, 'neutron': 3600}

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)
        self.ensure_up()
        self.addCleanup(self._delete_all)

    def _delete_all(self):
        self.ensure_up()
        for server in self.api.get('servers')['servers']:
            self.api.delete_server(server['id'])
            self.api.await_gone(server['id'])
        self.await_that('all is settled', lambda: not self.records.open())

    def begin(self, host=HOST, waits=True):
        """Return the UUID of a new server that waits for its port."""
        uuid = self.api.create_server('guest', host=host, networks='auto')
        if waits:
            self.await_wait(uuid)
        return uuid

    def await_wait(self, uuid):
        """Wait until operators see what a build waits for."""
        self.await_that('it waits for its port', lambda: any(
            phase.startswith('waits for %s of port' % PLUGGED)
            for phase in self.phases(uuid)))

    def phases(self, uuid):
        """Return what operators see of what is done for an instance."""
        service = self.api.service(HOST)
        drain = self.api.get('os-services/%s/drain' % service['id'])['drain']
        return [one['phase'] for one in drain['operations']
                if one['server_id'] == uuid]

    def event(self, uuid, **more):
        """Return the event that a server's port is plugged in."""
        port, = self.api.interfaces(uuid)
        return {'server_uuid': uuid, 'name': PLUGGED, 'tag': port['port_id'],
                'status': 'completed', **more}

    def check_runs(self, uuid):
        """It was made once and runs."""
        server = self.api.await_server(uuid, status='ACTIVE', task_state=None)
        self.assertEqual(driver.PowerState.RUNNING, self.hypervisor(
            server['OS-EXT-SRV-ATTR:host']).world()['guests'][uuid][
                'power_state'])
        self.assertEqual([], self.records.open())
        return server


class TestWaiting(WaitingTestCase):

    def test_event_during_a_stop(self):
        """SIGTERM; the event comes later, by compute-alt; exit at once."""
        took = []
        for _ in range(self.times(1, 10)):
            uuid = self.begin()
            event = self.event(uuid)
            self.terminate(HOST)
            self.await_that('it drains', lambda: self.api.service(
                HOST)['status'] == 'disabled')
            # That nothing happens in it is what is looked at.
            threading.Event().wait(LATER)
            self.assertEqual('BUILD', self.api.server(uuid)['status'])
            self.assertTrue(self.cloud.part(HOST).process.pid())
            self.assertEqual(200, self.api.tell(event).status)
            told = self.clock.utcnow().timestamp()
            code, ended = self.await_exit(HOST)
            took.append(ended - told)
            self.assertEqual(0, code)
            self.assertEqual('ACTIVE', self.api.server(uuid)['status'])
            self.ensure_up()
            self.check_runs(uuid)
            self._delete_all()
        self.figure('build waits for its port, SIGTERM, event later',
                    runs=len(took),
                    event_to_exit_median_s=round(
                        figures.percentile(took, 50), 3),
                    event_to_exit_max_s=round(max(took), 3))
        self.assert_prompt(took, PROMISE)

    def test_event_while_the_host_is_away(self):
        """kill -9 in the wait: what is told meanwhile is not lost."""
        for told_while_away in (True, False):
            uuid = self.begin()
            event = self.event(uuid)
            self.cloud.kill(HOST)
            if told_while_away:
                self.assertEqual(200, self.api.tell(event).status)
            self.cloud.start(HOST)
            if not told_while_away:
                self.await_wait(uuid)
                self.api.tell(event)
            server = self.check_runs(uuid)
            address, = server['addresses']['private']
            self.assertRegex(address['addr'], r'^10\.20\.')
            self.assertEqual(1, len(self.hypervisor(HOST).journal(
                'spawn', 'begun', uuid)))

    def test_event_that_has_failed(self):
        uuid = self.begin()
        self.api.tell(self.event(uuid, status='failed'))
        server = self.api.await_server(uuid, status='ERROR')
        self.assertIn(PLUGGED, server['fault']['message'])
        self.assertEqual({}, self.hypervisor(HOST).world()['guests'])

    def test_second_sigterm(self):
        """The wait is called off: no guest is left, and it is said why."""
        uuid = self.begin()
        self.terminate(HOST)
        self.await_that('it drains', lambda: self.api.service(
            HOST)['status'] == 'disabled')
        self.terminate(HOST)
        self.assertEqual(0, self.await_exit(HOST)[0])
        server = self.api.await_server(uuid, status='ERROR')
        self.assertIn('had to be stopped', server['fault']['message'])
        self.assertEqual({}, self.hypervisor(HOST).world()['guests'])
        self.assertEqual([], self.records.open())

    def test_delete_of_what_waits(self):
        uuid = self.begin()
        self.api.delete_server(uuid)
        self.api.await_gone(uuid)
        self.await_that('all is settled', lambda: not self.records.open())
        self.assertEqual({}, self.hypervisor(HOST).world()['guests'])
        self.assertEqual(0, self.records.count('external_events'))

    def test_each_event_has_its_code(self):
        """207: one is accepted, one is of a server that nobody knows."""
        uuid = self.begin()
        event = self.event(uuid)
        answer = self.api.tell(event, dict(
            event, server_uuid='00000000-0000-4000-8000-000000000000'))
        self.assertEqual((207, [200, 404]), (answer.status, [
            one['code'] for one in answer.body['events']]))
        self.check_runs(uuid)

    def test_nonsense(self):
        error = self.assertRaises(api_client.ApiError, self.api.tell, {
            'server_uuid': 'x', 'name': PLUGGED})
        self.assertEqual(400, error.status)
