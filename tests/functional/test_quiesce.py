"""A host that is quiesced, lets go what it has, and is taken back."""

import collections
import json
import os

from nova_gs.devcloud import api_client
from nova_gs.devcloud import figures
from nova_gs import objects
from tests.fixtures import agreement
from tests.fixtures import records
from tests.fixtures import requester
from tests.functional import base
from tests.functional import test_reboots
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Seconds that the list of what is open may take.
LISTED_WITHIN = 1

#: Seconds until a host that is taken back takes work.
OPEN_WITHIN = 2

REASON = 'new kernel'

#: Servers that one request makes.
BATCH = 25


class Drain:
    """The drain of one host, as the API has it.

    :param test: a CloudTestCase
    :param host: name of the host
    """

    def __init__(self, test, host):
        self._api = test.api
        self._path = 'os-services/%s/drain' % host

    def begin(self, **body):
        """Ask for it; returns the view."""
        return self._api.request('PUT', self._path, body).body['drain']

    def view(self):
        """Return what the API says of it."""
        return self._api.get(self._path)['drain']

    def end(self):
        """Take it back."""
        self._api.request('DELETE', self._path)


class TestQuiesce(two_hosts.TwoHostsTestCase):
    """SOURCE is quiesced; guests may go from there to DESTINATION."""

    OPTIONS = {'driver': 'fake', 'hosts': 2}

    def setUp(self):
        super().setUp()
        self.drain = Drain(self, SOURCE)
        self.addCleanup(self._mend)

    def _mend(self):
        for host in (SOURCE, DESTINATION):
            self.hypervisor(host).reset()
        self.start_both()
        self.drain.end()
        self.delete_all()

    def refused(self, ask):
        """Assert that a request is refused because of the quiesce."""
        error = self.assertRaises(api_client.ApiError, ask)
        self.assertEqual(409, error.status)
        self.assertIn(REASON, str(error))
        self.assertIn('an operator lets it work again', str(error))

    def check_refusals(self, stopped, running, elsewhere):
        """What begins something here is refused, with the reason.

        :param stopped: a server on SOURCE that is off
        :param running: one that is on
        :param elsewhere: one on DESTINATION
        """
        for ask in (
                lambda: self.api.create_server('there', host=SOURCE),
                lambda: self.api.action(stopped, 'os-start'),
                lambda: self.api.action(running, 'reboot',
                                        {'type': 'HARD'}),
                lambda: self.api.live_migrate(elsewhere, SOURCE)):
            self.refused(ask)

    def stop(self, uuid):
        self.api.action(uuid, 'os-stop')
        self.api.await_server(uuid, status='SHUTOFF', task_state=None)

    def test_lets_go_and_takes_nothing_in(self):
        mover, stopped, gone, running = self.boot_all(*4 * [SOURCE])
        elsewhere = self.boot(DESTINATION)
        self.stop(stopped)
        view = self.drain.begin(reason=REASON)
        self.assertEqual(
            ('quiesced', True, True, []),
            (view['phase'], view['live'], view['complete'],
             view['operations']))
        service = self.api.service(SOURCE)
        self.assertEqual(
            ('disabled', 'up', 'quiesced: ' + REASON),
            (service['status'], service['state'],
             service['disabled_reason']))
        self.check_refusals(stopped, running, elsewhere)
        # It has less on it, and would be chosen otherwise.
        self.api.await_server(
            self.api.create_server('anywhere'), status='ACTIVE',
            host=DESTINATION)
        self.api.console(running)
        self.api.live_migrate(mover, DESTINATION)
        self.await_arrival(mover, DESTINATION)
        self.stop(running)
        self.api.delete_server(gone)
        self.api.await_gone(gone)
        self.drain.end()
        self.assertEqual('enabled', self.api.service(SOURCE)['status'])
        self.api.action(stopped, 'os-start')
        self.api.await_server(stopped, status='ACTIVE', task_state=None)

    def test_comes_back_quiesced(self):
        """Told to stop, or killed: the record counts."""
        stopped, running, gone, also = self.boot_all(*4 * [SOURCE])
        elsewhere = self.boot(DESTINATION)
        self.stop(stopped)
        self.drain.begin(reason=REASON)
        for leave, let_go in ((self._stop_it, gone),
                              (lambda: self.cloud.kill(SOURCE), also)):
            leave()
            self.start_both()
            view = self.await_that(
                'it answers', lambda: self.drain.view()['live'] and (
                    self.drain.view()))
            self.assertEqual(('quiesced', REASON),
                             (view['phase'], view['reason']))
            self.check_refusals(stopped, running, elsewhere)
            self.api.delete_server(let_go)
            self.api.await_gone(let_go)
        self.drain.end()
        self.api.action(running, 'reboot', {'type': 'HARD'})
        self.api.await_server(running, status='ACTIVE', task_state=None)

    def _stop_it(self):
        self.terminate(SOURCE)
        self.assertEqual(0, self.await_exit(SOURCE)[0])

    def test_told_by_its_heartbeat(self):
        """A host that cannot be told learns of it all the same."""
        with requester.Requester(self.cloud) as asking:
            def phase():
                return asking.compute.describe_drain(
                    asking.context, SOURCE)['phase']

            service = objects.Service.get_by_host_and_binary(
                asking.context, SOURCE, 'nova-compute')
            for change, expected in ((service.quiesce, 'quiesced'),
                                     (service.resume, 'serving')):
                change()
                self.await_that('it is ' + expected,
                                lambda: phase() == expected)

    def test_deadline(self):
        """A migration that does not end is called off; the host stays."""
        uuid = self.boot(SOURCE)
        self.hypervisor(SOURCE).hold('start_migration', uuid)
        self.api.live_migrate(uuid, DESTINATION)
        self.hypervisor(SOURCE).wait_for('start_migration', guest=uuid)
        self.await_status(uuid, 'running')
        operation, = self.drain.begin(deadline=1)['operations']
        self.assertEqual(
            ('live-migration', uuid, 'abort', DESTINATION),
            (operation['kind'], operation['server_id'],
             operation['at_deadline'], operation['peer_host']))
        self.assertFalse(self.drain.view()['complete'])
        self.await_status(uuid, 'cancelled')
        self.await_that('nothing is open',
                        lambda: self.drain.view()['complete'])
        self.api.await_server(uuid, status='ACTIVE', task_state=None,
                              host=SOURCE)
        self.assertEqual('quiesced', self.drain.view()['phase'])
        # What is asked for after the deadline is none of its business.
        self.hypervisor(SOURCE).release('start_migration', uuid)
        self.api.live_migrate(uuid, DESTINATION)
        self.await_arrival(uuid, DESTINATION)


class TestManyOperations(base.Spared, base.CloudTestCase):
    """Hundreds of reboots; taken back and stopped in the middle of them."""

    #: How many run at a time.
    AT_A_TIME = 10

    HOST = SOURCE

    OPTIONS = {
        'driver': 'fake', 'hosts': 1,
        'settings': ['fake.durations=reboot:0.1',
                     'compute.max_concurrent_operations=%d' % AT_A_TIME],
    }

    def setUp(self):
        super().setUp()
        self.count = self.times(100, 200)
        self.records = records.Records(self.cloud.layout)
        self.drain = Drain(self, self.HOST)
        self.addCleanup(self.drain.end)
        self.servers = self._make_servers()

    def _make_servers(self):
        for _ in range(self.count // BATCH):
            self.api.request('POST', 'servers', {'server': {
                'name': 'guest', 'imageRef': self.api.image_id('ticker'),
                'flavorRef': '1', 'networks': 'none', 'min_count': BATCH}})
            # Not all at once: on a busy machine that is a test of its own.
            servers = self.await_that('they are built', self._at_rest,
                                      test_reboots.PATIENCE, every=0.5)
        self.assertEqual(self.count, len(servers))
        return servers

    def _at_rest(self):
        """Return the servers' UUIDs when nothing is done to any of them."""
        servers = self.api.get('servers/detail?limit=1000')['servers']
        self.assertNotIn('ERROR', {one['status'] for one in servers})
        return not any(one['OS-EXT-STS:task_state'] for one in servers) and [
            one['id'] for one in servers]

    def test_taken_back_at_half_way(self):
        hypervisor = self.hypervisor(self.HOST)
        hypervisor.hold('reboot')
        self._ask_all()
        hypervisor.wait_for('reboot', count=self.AT_A_TIME, timeout=60)
        self._check_listed(self.drain.begin(reason=REASON))
        hypervisor.release('reboot')
        # Nothing begins, so what is left is what was set aside.
        self.await_that('what had begun has ended',
                        lambda: self.drain.view()['complete'])
        self.assertEqual(self.AT_A_TIME, self._done())
        self.drain.end()
        self._await_done(self.count // 2)
        self.drain.begin(reason=REASON)
        self.await_that('what had begun has ended',
                        lambda: self.drain.view()['complete'])
        left = self.count - self._done()
        self.assertTrue(0 < left <= self.count // 2, left)
        opened = self._check_taken_back()
        # The new guest is booted, and the others go on.
        self._await_done(self.count - left // 2)
        self.terminate(self.HOST)
        self.assertEqual(0, self.await_exit(self.HOST, 120)[0])
        self._check_report()
        self.cloud.start(self.HOST)
        self.await_that('all has ended', self._at_rest,
                        test_reboots.PATIENCE, every=0.5)
        self._check_once()
        self.figure('quiesce with many operations', operations=self.count,
                    left_at_half_way=left, open_again_s=round(opened, 3))

    def _ask_all(self):
        asking = test_reboots.Asking(self.api, self.servers, self.count)
        asking.start()
        asking.go_on()
        self.assertEqual({202}, {
            answer.status for answer in asking.join().values()})

    def _done(self):
        return len(self.hypervisor(self.HOST).journal('reboot', 'ended'))

    def _await_done(self, count):
        self.hypervisor(self.HOST).wait_for(
            'reboot', 'ended', count=count, timeout=test_reboots.PATIENCE)

    def _check_listed(self, view):
        """All that is open is there at once, with what becomes of it."""
        took = []
        for _ in range(5):
            self.assertEqual(self.count, len(view['operations']))
            began = self.clock.now()
            view = self.drain.view()
            took.append(self.clock.now() - began)
        self.assertEqual(
            {('running', 'finish'): self.AT_A_TIME,
             ('accepted', 'stays_offered'): self.count - self.AT_A_TIME},
            collections.Counter((one['state'], one['at_deadline'])
                                for one in view['operations']))
        self.assertFalse(view['complete'])
        self.assertTrue(view['live'])
        self.await_that(
            'the others are handed back', lambda: set(
                self.drain.view()['handed_back']) == {
                    one['id'] for one in view['operations']
                    if one['state'] == 'accepted'})
        self.figure('list of open operations', operations=self.count,
                    median_s=round(figures.percentile(took, 50), 3),
                    max_s=round(max(took), 3))
        self.assert_prompt(took, LISTED_WITHIN)

    def _check_taken_back(self):
        """Return the seconds until a new request is taken."""
        began = self.clock.now()
        self.drain.end()
        self.api.create_server('new', host=self.HOST)
        opened = self.clock.now() - began
        self.assert_prompt([opened], OPEN_WITHIN)
        return opened

    def _check_report(self):
        """Report and database agree row by row."""
        path = self.cloud.layout.state_path(self.HOST)
        with open(os.path.join(path, 'drain-report.json')) as stream:
            report = json.load(stream)
        rows = self.records.operations()
        agreement.check(self, report, rows)
        reboots = {row['uuid']: row['state'] for row in rows
                   if row['kind'] == 'reboot'}
        offered = {uuid for uuid, state in reboots.items()
                   if state == 'accepted'}
        self.assertTrue(offered, 'nothing was left to do')
        self.assertEqual(offered, reboots.keys() & report['handed_back'])

    def _check_once(self):
        """No request is lost, none is done twice."""
        begun = collections.Counter(
            entry['guest'] for entry in self.hypervisor(
                self.HOST).journal('reboot', 'begun'))
        self.assertEqual(dict.fromkeys(self.servers, 1), dict(begun))
        self.assertEqual({'succeeded'}, {
            row['state'] for row in self.records.operations()})
