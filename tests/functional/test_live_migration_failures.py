"""A failure in each step of a live migration: rollback, and a reason.

Each row of the table breaks one step.  Whatever was broken, the guest runs
on exactly one host, in the records and in the hypervisors; nothing of it is
left on the other; the user can read why; and the next migration succeeds.
"""

import dataclasses
import re
import typing

from nova_gs.devcloud import api_client
from nova_gs.devcloud import figures
from nova_gs.virt import driver
from tests.functional import base

SOURCE, DESTINATION, OTHER = 'host-a', 'host-b', 'host-c'

#: What a host may keep of a guest that is not on it.
TRACES = ('rooms', 'leftovers', 'arrivals')

_TOLD = 'told to let %s fail'


@dataclasses.dataclass(frozen=True)
class Case:
    """One way in which a live migration goes wrong.

    :param name: what goes wrong
    :param status: what the migration ends as; None when it is not accepted
    :param reason: regular expression: what the user reads; '' is nothing
    :param breaks: method that asks for it, breaks it, returns the request id
    :param arguments: of the method
    """

    name: str
    status: typing.Optional[str]
    reason: str
    breaks: str
    arguments: tuple = ()

    @property
    def host(self):
        """Where the guest is to be in the end."""
        return DESTINATION if self.status == 'completed' else SOURCE


def _failing(host, verb, name=None, status='error', reason=None):
    """Return the case of a driver call that fails."""
    return Case(name or verb, status,
                _TOLD % verb if reason is None else reason,
                'fail', (host, verb))


CASES = (
    Case('no host is fit', 'error',
         'No valid host.*host-b: it is disabled.*host-c: it is disabled',
         'no_host'),
    _failing(SOURCE, 'describe_for_migration'),
    _failing(DESTINATION, 'check_migration'),
    _failing(DESTINATION, 'accept_migration'),
    _failing(DESTINATION, 'open_arrival', 'the hypervisors do not connect'),
    _failing(SOURCE, 'start_migration', 'it fails as soon as it runs'),
    Case('it fails half way', 'error', _TOLD % 'start_migration',
         'fail_half_way'),
    _failing(DESTINATION, 'commit_arrival', 'it fails in the hand-over'),
    Case('it fails and the source cannot look', 'error',
         _TOLD % 'start_migration', 'fail_twice', (SOURCE,)),
    Case('it fails and the room cannot be given back at once', 'error',
         _TOLD % 'start_migration', 'fail_twice', (DESTINATION,)),
    _failing(SOURCE, 'finish_migration', 'clearing up the source fails',
             'completed', ''),
    _failing(DESTINATION, 'finish_migration', 'looking at the guest fails',
             'completed', ''),
    Case('aborted before a conductor has seen it', 'cancelled',
         'aborted it before it had begun', 'abort_accepted'),
    Case('aborted in the queue', 'cancelled',
         'asked for by a user|aborted it before it had begun',
         'abort_queued'),
    Case('aborted while room is made', 'cancelled', 'asked for by a user',
         'abort_preparing'),
    Case('aborted while it runs', 'cancelled', 'asked for by a user',
         'abort_running'),
    Case('the source drains', None, 'host-a is draining.*being stopped',
         'ask_draining', (SOURCE,)),
    Case('the destination drains', None, 'host-b is draining.*being stopped',
         'ask_draining', (DESTINATION,)),
    Case('the destination begins to drain', 'error',
         'host-b is draining.*being stopped', 'drain_meanwhile'),
    Case('the destination is killed before it has made room', 'error',
         'pre_live_migration', 'kill_before_room'),
    Case('the destination is killed while it makes room', 'error',
         'pre_live_migration', 'kill_making_room'),
    Case('the hypervisor of the destination is killed', 'error',
         'connection to the destination\'s hypervisor was lost',
         'kill_hypervisor', (DESTINATION,)),
    Case('the hypervisor of the source is killed', 'error',
         'hypervisor of the source was restarted',
         'kill_hypervisor', (SOURCE,)),
)


class TestFailures(base.CloudTestCase):

    OPTIONS = {
        'driver': 'fake', 'hosts': 3,
        # Longer than service_down_time: when a call to a killed host has
        # run out of time, the host counts as down.
        'settings': ['DEFAULT.rpc_response_timeout=10']}

    def setUp(self):
        super().setUp()
        self.leaving, self.others = [], []
        self.addCleanup(self._mend)
        self._mend()
        self.uuid = self._guest('guest', SOURCE)

    def check(self, case):
        """Play one case and look at everything afterwards."""
        self.case = case
        room = self._memory_used()
        request_id = getattr(self, case.breaks)(*case.arguments)
        if case.status is not None:
            self._await_status(case.status, 60)
            self._check_reason(request_id)
        self.api.await_server(self.uuid, status='ACTIVE', task_state=None,
                              host=case.host)
        self._mend()
        while self.others:
            self._delete(self.others.pop())
        self._check_places(case.host)
        self._check_nothing_left(room)
        self._check_next()

    # -- how it is broken; each returns the request's id

    def no_host(self):
        for host in (DESTINATION, OTHER):
            self._enable(host, False)
        return self._ask(None)

    def fail(self, host, verb):
        self.hypervisor(host).fail(verb, self.uuid)
        return self._ask()

    def fail_half_way(self):
        hypervisor, request_id = self._ask_and_hold(
            SOURCE, 'start_migration', 'running')
        self.await_that('memory moves', lambda: (
            self.api.live_migrations(self.uuid)[0]['memory_processed_bytes']
            is not None))
        hypervisor.fail('start_migration', self.uuid)
        hypervisor.release('start_migration')
        return request_id

    def fail_twice(self, host):
        self.hypervisor(SOURCE).fail('start_migration', self.uuid)
        self.hypervisor(host).fail('finish_migration', self.uuid)
        return self._ask()

    def abort_accepted(self):
        self.cloud.stop('conductor')
        request_id = self._ask()
        self._abort('accepted')
        self.assertEqual('cancelled', self._status())
        self.cloud.start('conductor')
        return request_id

    def abort_queued(self):
        self._fill_queue()
        request_id = self._ask()
        self._await_status('queued')
        self._abort('queued')
        return request_id

    def abort_preparing(self):
        hypervisor, request_id = self._ask_and_hold(
            DESTINATION, 'accept_migration', 'preparing')
        self._abort('preparing')
        hypervisor.release('accept_migration')
        return request_id

    def abort_running(self):
        _hypervisor, request_id = self._ask_and_hold(
            SOURCE, 'start_migration', 'running')
        self._abort('running')
        return request_id

    def ask_draining(self, host):
        self._drain(host)
        asked = self.clock.now()
        error = self.assertRaises(
            api_client.ApiError, self._ask, DESTINATION)
        self.assertLess(self.clock.now() - asked, base.within(2))
        self.assertEqual(409, error.status)
        self.assertRegex(str(error), self.case.reason)
        self.assertEqual([], self.api.migrations(self.uuid))

    def drain_meanwhile(self):
        """It drains after it was chosen and before it was asked."""
        hypervisor = self.hypervisor(SOURCE)
        hypervisor.hold('describe_for_migration', self.uuid)
        request_id = self._ask()
        hypervisor.wait_for('describe_for_migration', guest=self.uuid)
        self._drain(DESTINATION)
        asked = self.clock.now()
        hypervisor.release('describe_for_migration')
        self._await_status('error')
        self.assertLess(self.clock.now() - asked, base.within(2))
        return request_id

    def kill_before_room(self):
        hypervisor = self._fill_queue()
        request_id = self._ask()
        self._await_status('queued')
        self.cloud.kill(DESTINATION)
        hypervisor.release('start_migration')
        self._await_status('preparing')
        return request_id

    def kill_making_room(self):
        hypervisor, request_id = self._ask_and_hold(
            DESTINATION, 'accept_migration', 'preparing')
        self.cloud.kill(DESTINATION)
        hypervisor.release('accept_migration')
        hypervisor.wait_for('accept_migration', 'ended', self.uuid)
        return request_id

    def kill_hypervisor(self, host):
        hypervisor, request_id = self._ask_and_hold(
            SOURCE, 'start_migration', 'running')
        # Or the call that begins it may be what is cut.
        self.await_that('its source watches it', lambda: any(
            one['memory_total_bytes'] for one in self.api.get(
                'servers/%s/migrations' % self.uuid)['migrations']))
        name = 'hypervisor@' + host
        self.cloud.kill(name)
        if host == DESTINATION:
            hypervisor.wait_for('start_migration', 'failed', self.uuid)
        self.cloud.start(name)
        return request_id

    # -- what that needs

    def _guest(self, name, host):
        uuid = self.boot(host, name=name)
        self.addCleanup(self._delete, uuid)
        return uuid

    def _other(self, host):
        uuid = self._guest('other', host)
        self.others.append(uuid)
        return uuid

    def _delete(self, uuid):
        self._mend()
        if uuid not in self._servers():
            return
        self.api.await_server(uuid, task_state=None)
        self.api.delete_server(uuid)
        self.api.await_gone(uuid)

    def _ask(self, destination=DESTINATION):
        return self.api.live_migrate(self.uuid, destination).request_id

    def _ask_and_hold(self, host, verb, status):
        """Ask, and hold a driver call of the migration open.

        :returns: (switches of the hypervisor, request id)
        """
        hypervisor = self.hypervisor(host)
        hypervisor.hold(verb, self.uuid)
        request_id = self._ask()
        hypervisor.wait_for(verb, guest=self.uuid)
        self._await_status(status)
        return hypervisor, request_id

    def _fill_queue(self):
        """Let another guest be on its way from the source to a third host.

        :returns: the switches of the source's hypervisor, which hold it
        """
        other = self._other(SOURCE)
        hypervisor = self.hypervisor(SOURCE)
        hypervisor.hold('start_migration', other)
        self.api.live_migrate(other, OTHER)
        hypervisor.wait_for('start_migration', guest=other)
        return hypervisor

    def _drain(self, host):
        """Tell a host to stop while work keeps it there."""
        other = self._other(host)
        hypervisor = self.hypervisor(host)
        hypervisor.hold('reboot', other)
        self.api.action(other, 'reboot', {'type': 'HARD'})
        hypervisor.wait_for('reboot', guest=other)
        self.terminate(host)
        self.leaving.append(host)
        self.await_that('%s drains' % host, lambda: 'being stopped' in (
            self.api.service(host)['disabled_reason'] or ''))

    def _abort(self, status):
        migration = self.api.live_migrations(self.uuid)[0]
        self.assertEqual(status, migration['status'])
        self.api.request('DELETE', 'servers/%s/migrations/%s' % (
            self.uuid, migration['id']))

    def _enable(self, host, enabled):
        service = self.api.service(host)
        if (service['status'] == 'enabled') != enabled:
            self.api.request('PUT', 'os-services/' + service['id'], {
                'status': 'enabled' if enabled else 'disabled'})

    def _mend(self):
        """Take everything back that a case does to the cloud."""
        hypervisors = ['hypervisor@' + host for host in self.cloud.hosts]
        for name in hypervisors + ['conductor']:
            if not self.cloud.part(name).process.pid():
                self.cloud.start(name)
        for host in self.cloud.hosts:
            self.hypervisor(host).reset()
        while self.leaving:
            code, _moment = self.await_exit(self.leaving.pop())
            self.assertEqual(0, code)
        self.ensure_up()
        for host in self.cloud.hosts:
            self._enable(host, True)

    # -- what is looked at

    def _status(self):
        migrations = self.api.migrations(self.uuid)
        return migrations[0]['status'] if migrations else None

    def _await_status(self, status, timeout=30):
        self.await_that('migration is ' + status,
                        lambda: self._status() == status, timeout)

    def _check_reason(self, request_id):
        action = self.api.get(
            'servers/%s/os-instance-actions/%s' % (self.uuid, request_id),
            microversion='2.84')['instanceAction']
        said = ' '.join(filter(None, [action['message']] + [
            event['details'] for event in action['events']]))
        if self.case.reason:
            self.assertRegex(action['message'], self.case.reason)
            self.assertNotIn('Traceback', said)
            # A class name or an empty slot is for us, not for users.
            self.assertNotRegex(said, r'\w+(Error|Exception):|None')
        else:
            self.assertEqual('', said)

    def _servers(self):
        return [server['id'] for server in self.api.get('servers')['servers']]

    def _worlds(self):
        return {host: self.hypervisor(host).world()
                for host in self.cloud.hosts}

    def _traces(self):
        """Return [(host, table)] of what is kept for the guest."""
        return [(host, table) for host, world in self._worlds().items()
                for table in TRACES for key, row in world[table].items()
                if self.uuid in (key, row.get('guest'))]

    def _memory_used(self):
        return {one['hypervisor_hostname']: one['memory_mb_used'] for one in
                self.api.get('os-hypervisors/detail')['hypervisors']}

    def _check_places(self, host):
        rows = {name: world['guests'][self.uuid]
                for name, world in self._worlds().items()
                if self.uuid in world['guests']}
        self.assertEqual([host], list(rows))
        self.assertEqual(driver.PowerState.RUNNING,
                         rows[host]['power_state'])
        self.assertEqual(1, len(rows[host]['boots']), 'it was restarted')

    def _check_nothing_left(self, room):
        """No host keeps anything for a guest that did not come."""
        if self.case.host == SOURCE:
            self.assertEqual([], self._traces())
            self.assertEqual(room, self._memory_used())

    def _check_next(self):
        """The next migration of the same guest succeeds."""
        goal = DESTINATION if self.case.host == SOURCE else SOURCE
        self._ask(goal)
        self.api.await_server(self.uuid, status='ACTIVE', task_state=None,
                              host=goal)
        self.assertEqual('completed', self._status())
        self._check_places(goal)


#: Known only when the destination counts as down: "make verify" has them all.
LATE = ('the destination is killed before it has made room',
        'the destination is killed while it makes room')


def _add_tests():
    """Make a test of each row, so that each fails by its own name."""
    for case in CASES:
        if case.name in LATE and not figures.is_full():
            continue

        def test(self, case=case):
            self.check(case)

        test.__doc__ = 'When %s.' % case.name
        name = 'test_' + re.sub(r'\W', '_', case.name)
        setattr(TestFailures, name, test)


_add_tests()
