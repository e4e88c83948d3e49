"""Guests that are moved switched off, or get another size.

Every step is held in the hypervisor while a host is stopped or killed.  A
stop lets what has begun end, on both hosts; what a kill has cut is begun
again at the next start, and ends as it would have.
"""

from nova_gs.devcloud import api_client
from nova_gs.virt import driver
from tests.functional import base
from tests.functional import resizing

SOURCE, DESTINATION = resizing.SOURCE, resizing.DESTINATION
MOVE, CONFIRM, REVERT = resizing.MOVE, resizing.CONFIRM, resizing.REVERT
SHUTDOWN = driver.PowerState.SHUTDOWN

#: MiB of the ticker's flavor, and what larger ones have.
SMALL, LARGE = 128, 256

#: Seconds from READY until nothing is in doubt; what the service promises.
SETTLED_WITHIN = 10

_SETTINGS = ['operations.sweep_interval=1',
             'DEFAULT.allow_resize_to_same_host=true']


def make_flavor(test, name, ram, disk):
    """Make a flavor, if it is not there."""
    try:
        test.api.request('POST', 'flavors', {'flavor': {
            'id': name, 'name': name, 'ram': ram, 'disk': disk,
            'vcpus': 1}})
    except api_client.ApiError as error:
        test.assertEqual(409, error.status)


class TestResize(base.Spared, resizing.ResizeTestCase):

    SOME = ('test_migrate_and_confirm', 'test_resize_and_revert',
            'test_same_host', 'test_what_is_off_stays_off',
            'test_delete_of_what_could_go_back', 'test_refusals',
            'test_nowhere_to_go', 'test_failures', 'test_stop_of_source',
            'test_stop_of_destination', 'test_source_killed')
    OPTIONS = {'driver': 'fake', 'hosts': 2, 'settings': _SETTINGS}

    def setUp(self):
        super().setUp()
        make_flavor(self, 'large', LARGE, 1)

    def boots(self, host, uuid):
        """Return the boots of a guest: what its disk would have."""
        return self.hypervisor(host).world()['guests'][uuid]['boots']

    # -- there, and back

    def test_migrate_and_confirm(self):
        uuid = self.boot(SOURCE)
        before = self.boots(SOURCE, uuid)
        self.move(uuid)
        self.check_place(uuid, DESTINATION)
        self.assertEqual(before[0]['nonce'],
                         self.boots(DESTINATION, uuid)[0]['nonce'])
        self.check_given_out(source=SMALL, destination=SMALL)
        self.settle(uuid, CONFIRM)
        self.check_place(uuid, DESTINATION)
        self.check_given_out(destination=SMALL)
        migration, = self.api.migrations(uuid)
        self.assertEqual(('migration', 'confirmed'), (
            migration['migration_type'], migration['status']))
        self.assertNotIn(
            uuid, self.hypervisor(SOURCE).world()['departures'])

    def test_resize_and_revert(self):
        uuid = self.boot(SOURCE)
        server = self.move(uuid, flavorRef='large')
        self.assertEqual(LARGE, server['flavor']['ram'])
        self.check_place(uuid, DESTINATION)
        self.assertEqual(LARGE, self.hypervisor(
            DESTINATION).world()['guests'][uuid]['memory_mb'])
        self.check_given_out(source=SMALL, destination=LARGE)
        before = self.boots(DESTINATION, uuid)
        server = self.settle(uuid, REVERT)
        self.assertEqual(SMALL, server['flavor']['ram'])
        self.check_place(uuid, SOURCE)
        self.check_given_out(source=SMALL)
        self.assertEqual(before[0]['nonce'],
                         self.boots(SOURCE, uuid)[0]['nonce'])
        migration, = self.api.migrations(uuid)
        self.assertEqual(('resize', 'reverted'), (
            migration['migration_type'], migration['status']))

    def test_same_host(self):
        """Where there is no other; both sizes take room meanwhile."""
        self.terminate(DESTINATION)
        self.await_exit(DESTINATION)
        uuid = self.boot(SOURCE)
        for what, size in ((REVERT, SMALL), (CONFIRM, LARGE)):
            self.move(uuid, flavorRef='large')
            self.check_place(uuid, SOURCE)
            self.check_given_out(source=SMALL + LARGE)
            server = self.settle(uuid, what)
            self.assertEqual(size, server['flavor']['ram'])
            self.check_place(uuid, SOURCE)
            self.check_given_out(source=size)

    def test_what_is_off_stays_off(self):
        for what, place in ((CONFIRM, DESTINATION), (REVERT, SOURCE)):
            uuid = self.boot(SOURCE)
            self.api.action(uuid, 'os-stop')
            self.await_rest(uuid, 'SHUTOFF')
            self.move(uuid, host=DESTINATION)
            self.check_place(uuid, DESTINATION, SHUTDOWN)
            self.settle(uuid, what, 'SHUTOFF')
            self.check_place(uuid, place, SHUTDOWN)
            self.api.action(uuid, 'os-start')
            self.await_rest(uuid, 'ACTIVE')

    def test_delete_of_what_could_go_back(self):
        for is_away in (False, True):
            uuid = self.boot(SOURCE)
            self.move(uuid)
            if is_away:
                self.terminate(SOURCE)
                self.await_exit(SOURCE)
            self.api.delete_server(uuid)
            self.api.await_gone(uuid)
            self.start_both()
            self.check_given_out()
            for host in (SOURCE, DESTINATION):
                world = self.hypervisor(host).world()
                self.assertNotIn(uuid, world['guests'])
                self.assertEqual(
                    is_away and host == SOURCE, uuid in world['departures'])
            self.assertEqual('confirmed', self.status(uuid))

    # -- refused

    def test_refusals(self):
        uuid = self.boot(SOURCE)
        make_flavor(self, 'flat', SMALL, 0)
        for what, arguments, status, reason in (
                ('resize', {'flavorRef': '1'}, 400, 'must change flavor'),
                ('resize', {'flavorRef': 'none'}, 400, 'could not be found'),
                (MOVE, {'host': SOURCE}, 400, 'the host it is on'),
                (MOVE, {'host': 'x'}, 400, 'could not be found'),
                (CONFIRM, None, 409, 'vm_state active'),
                (REVERT, None, 409, 'vm_state active')):
            error = self.assertRaises(
                api_client.ApiError, self.ask, uuid, what, arguments)
            self.assertEqual(status, error.status, what)
            self.assertIn(reason, str(error))
        self.move(uuid, flavorRef='large')
        self.settle(uuid, CONFIRM)
        error = self.assertRaises(api_client.ApiError, self.ask, uuid,
                                  'resize', {'flavorRef': 'flat'})
        self.assertIn('cannot be made smaller', str(error))
        self.check_place(uuid, DESTINATION)

    def test_nowhere_to_go(self):
        make_flavor(self, 'huge', 1 << 22, 1)
        uuid = self.boot(SOURCE)
        request = self.ask(uuid, 'resize', {'flavorRef': 'huge'})
        self.await_rest(uuid, 'ACTIVE')
        self.check_ended(
            uuid, request, 'No valid host.*host-a.*MiB of memory left.*'
            'host-b.*MiB of memory left')
        self.check_place(uuid, SOURCE)
        self.check_given_out(source=SMALL)

    # -- failures

    def test_failures(self):
        """What fails leaves the guest where it was, running, and says why."""
        for phase in resizing.PHASES:
            uuid = self.boot(SOURCE)
            if phase.asked != MOVE:
                self.move(uuid)
            self.hypervisor(phase.host).fail(
                phase.verb, uuid, reason='no more fans')
            request = self.ask(uuid, phase.asked)
            self.await_settled()
            server = self.api.server(uuid)
            self.check_ended(uuid, request, 'no more fans')
            if phase.asked == MOVE:
                self.assertEqual('ACTIVE', server['status'], phase.name)
                self.check_place(uuid, SOURCE)
                self.check_given_out(source=SMALL)
            elif phase.verb == 'return_from_resize':
                self.assertEqual('ERROR', server['status'])
                self.assertIn('no more fans', server['fault']['message'])
            else:
                # It can be asked for again.
                self.assertEqual('VERIFY_RESIZE', server['status'])
                self.check_place(uuid, DESTINATION)
                self.settle(uuid, phase.asked)
            self.delete_all()

    # -- stops

    def test_stop_of_source(self):
        self._stop(SOURCE)

    def test_stop_of_destination(self):
        self._stop(DESTINATION)

    def _stop(self, host):
        """SIGTERM: what has begun ends, nothing new is taken, then exit."""
        for _ in range(self.times(1, 10)):
            resting, settled = self.boot_all(SOURCE, SOURCE)
            self.move(settled)
            brought = self.bring_all(resizing.PHASES)
            self.terminate(host)
            self.await_drain(host)
            self._check_refused(resting, MOVE)
            self._check_refused(settled, REVERT)
            if host == SOURCE:
                self._check_refused(settled, CONFIRM)
            for each in (SOURCE, DESTINATION):
                self.hypervisor(each).reset()
            self.assertEqual(0, self.await_exit(host)[0])
            self.await_settled()
            self._check_all(brought)
            self.start_both()
            self.settle(settled, REVERT)
            self.delete_all()
        self.figure('each step of a cold migration, SIGTERM to %s' % (
            'source' if host == SOURCE else 'destination'),
            runs=self.times(1, 10), phases=len(resizing.PHASES))

    def _check_refused(self, uuid, what):
        arguments = {'host': DESTINATION} if what == MOVE else None
        error = self.assertRaises(
            api_client.ApiError, self.ask, uuid, what, arguments)
        self.assertEqual(409, error.status)
        self.assertIn('draining', str(error))

    def _check_all(self, brought):
        for phase, uuid, request in brought:
            status, host, ended = phase.ends
            server = self.api.server(uuid)
            self.assertEqual((status, None), (
                server['status'], server['OS-EXT-STS:task_state']),
                phase.name)
            self.check_place(uuid, host)
            self.assertEqual(ended, self.status(uuid), phase.name)
            self.check_ended(uuid, request)

    def test_quiesced_host_lets_go(self):
        uuid, other = self.boot_all(SOURCE, DESTINATION)
        service = self.api.service(SOURCE)['id']
        self.api.request('PUT', 'os-services/%s/drain' % service, {
            'reason': 'new fans'})
        self.await_drain(SOURCE)
        self._check_refused_by(other, {'host': SOURCE})
        self.move(uuid)
        self._check_refused_by(uuid, None, REVERT)
        self.settle(uuid, CONFIRM)
        self.check_place(uuid, DESTINATION)
        self.api.request('DELETE', 'os-services/%s/drain' % service)
        self.ensure_up(SOURCE)

    def _check_refused_by(self, uuid, arguments, what=MOVE):
        error = self.assertRaises(
            api_client.ApiError, self.ask, uuid, what, arguments)
        self.assertEqual(409, error.status)

    # -- kills

    def test_source_killed(self):
        self._kill(SOURCE)

    def test_destination_killed(self):
        self._kill(DESTINATION)

    def test_hypervisor_of_source_killed(self):
        self._kill(SOURCE, with_hypervisor=True)

    def test_hypervisor_of_destination_killed(self):
        self._kill(DESTINATION, with_hypervisor=True)

    def _kill(self, host, with_hypervisor=False):
        """kill -9: what was cut, or done unseen, is begun again and ends.

        :param with_hypervisor: what its hypervisor was asked for is lost too
        """
        took = []
        for _ in range(self.times(1, 10)):
            brought = self.bring_all(resizing.PHASES)
            self.cloud.kill(host)
            if with_hypervisor:
                self.cloud.kill('hypervisor@' + host)
                self.cloud.start('hypervisor@' + host)
            for each in (SOURCE, DESTINATION):
                self.hypervisor(each).reset()
            self.cloud.start(host)
            ready = self.clock.now()
            self.await_settled(base.within(SETTLED_WITHIN))
            took.append(self.clock.now() - ready)
            self._check_all(self._not_called_off(brought, host))
            self.delete_all()
        self.figure('each step of a cold migration, kill -9 of %s%s' % (
            host, ' and its hypervisor' if with_hypervisor else ''),
            runs=len(took), phases=len(resizing.PHASES),
            ready_to_settled_max_s=round(max(took), 2))

    def _not_called_off(self, brought, host):
        """Check a question without an answer: the guest was not touched."""
        for phase, uuid, request in brought:
            asked = phase is resizing.ASKING_FOR_THE_DISK
            if asked and host == DESTINATION and (
                    self.status(uuid) == 'error'):
                self.check_place(uuid, SOURCE)
                self.check_ended(uuid, request, 'stays on host host-a')
            else:
                yield phase, uuid, request


class TestDestinationIsLost(base.Spared, resizing.ResizeTestCase):
    """It is gone while the guest has left and nobody has begun to take it."""

    OPTIONS = {'driver': 'fake', 'hosts': 2, 'settings': _SETTINGS + [
        'DEFAULT.report_interval=1', 'DEFAULT.service_down_time=4',
        # So that it is held for up while the guest leaves.
        'DEFAULT.rpc_response_timeout=5']}

    def test_goes_back(self):
        took = []
        for _ in range(self.times(1, 10)):
            uuid = self.boot(SOURCE)
            self.hypervisor(SOURCE).hold('leave_for_resize', uuid)
            request = self.ask(uuid, MOVE)
            self.hypervisor(SOURCE).wait_for(
                'leave_for_resize', guest=uuid, timeout=30)
            self.cloud.kill(DESTINATION)
            began = self.clock.now()
            self.hypervisor(SOURCE).reset()
            self.await_rest(uuid, 'ACTIVE')
            took.append(self.clock.now() - began)
            self.check_place(uuid, SOURCE)
            self.check_ended(
                uuid, request, 'not started on host host-b, .* is not there. '
                'It is back on host host-a')
            self.assertEqual('error', self.status(uuid))
            self.check_given_out(source=SMALL)
            self.start_both()
            self.check_place(uuid, SOURCE)
            self.delete_all()
        self.figure('destination lost in a cold migration', runs=len(took),
                    kill_to_guest_back_max_s=round(max(took), 1))


class TestOneHost(base.Spared, base.CloudTestCase):
    """Another size on the same host, confirmed by nobody."""

    OPTIONS = {'driver': 'fake', 'hosts': 1, 'settings': _SETTINGS + [
        'DEFAULT.resize_confirm_window=2']}

    def test_confirmed_by_time(self):
        make_flavor(self, 'large', LARGE, 1)
        uuid = self.boot(SOURCE)
        kept = self._used() - SMALL
        self.api.action(uuid, 'resize', {'flavorRef': 'large'})
        self.api.await_server(uuid, status='VERIFY_RESIZE', task_state=None)
        self.assertEqual(kept + SMALL + LARGE, self._used())
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
        self.assertEqual(kept + LARGE, self._used())
        migration, = self.api.migrations(uuid)
        self.assertEqual('confirmed', migration['status'])

    def _used(self):
        found, = self.api.get('os-hypervisors/detail')['hypervisors']
        return found['memory_mb_used']
