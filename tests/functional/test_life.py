"""Each operation on one guest, while its host is stopped or killed.

Every operation is held in the hypervisor at the same time, each with a guest
of its own.  A stop lets them end; what a kill has cut, the next start settles
as ``compute/verdicts.py`` says.
"""

import dataclasses
import os
import typing

from nova_gs.compute import host_boot
from nova_gs.devcloud import api_client
from nova_gs.virt import driver
from nova_gs.virt.fake import client
from nova_gs.virt.fake import protocol
from tests.fixtures import records
from tests.functional import base

HOST = 'host-a'

#: Seconds from the last work to the exit; what the service promises.
PROMISE = 0.5

#: Seconds from READY until nothing is in doubt; what the service promises.
SETTLED_WITHIN = 10

#: What the hypervisor had made of a call whose caller was killed.
DONE, CUT = 'done', 'cut'

_POWER = driver.PowerState
_HARD = {'type': 'HARD'}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation, and how it ends when nothing goes wrong.

    :param action: of the API; None for build and delete
    :param verb: of the driver, which is held
    :param status: of the server afterwards; None: it is gone
    :param power_state: of the guest afterwards
    :param before: actions that bring a guest into the state that it needs
    :param fails: after which kills it fails: DONE, when the hypervisor had
        done it nevertheless; CUT, when it had not
    """

    name: str
    verb: str
    status: str | None
    power_state: typing.Any = _POWER.RUNNING
    action: str | None = None
    body: dict | None = None
    before: tuple = ()
    fails: tuple = ()


OPERATIONS = (
    Operation('build', 'spawn', 'ACTIVE', fails=(CUT,)),
    Operation('delete', 'destroy', None),
    Operation('start', 'power_on', 'ACTIVE', action='os-start',
              before=('os-stop',)),
    Operation('stop', 'power_off', 'SHUTOFF', _POWER.SHUTDOWN, 'os-stop'),
    # Nobody can tell whether a guest that runs was restarted.
    Operation('reboot', 'reboot', 'ACTIVE', action='reboot', body=_HARD,
              fails=(DONE, CUT)),
    Operation('reboot of what is suspended', 'reboot', 'ACTIVE',
              action='reboot', body=_HARD, before=('suspend',),
              fails=(DONE,)),
    Operation('pause', 'pause', 'PAUSED', _POWER.PAUSED, 'pause'),
    Operation('unpause', 'unpause', 'ACTIVE', action='unpause',
              before=('pause',)),
    Operation('suspend', 'suspend', 'SUSPENDED', _POWER.SUSPENDED,
              'suspend'),
    Operation('resume', 'resume', 'ACTIVE', action='resume',
              before=('suspend',)),
)


class TestLife(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1, 'settings': [
        'DEFAULT.sync_power_state_interval=1',
        'DEFAULT.resume_guests_state_on_host_boot=true']}

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)
        self.ensure_up()
        self.addCleanup(self._delete_all)

    def _delete_all(self):
        self.hypervisor(HOST).reset()
        self.ensure_up()
        for server in self.api.get('servers')['servers']:
            self.api.delete_server(server['id'])
            self.api.await_gone(server['id'])

    # -- an operation

    def begin(self, operation):
        """Bring an operation to its driver call; returns the guest."""
        hypervisor = self.hypervisor(HOST)
        if operation.name == 'build':
            count = len(hypervisor.journal('spawn', 'begun')) + 1
            hypervisor.hold('spawn')
            uuid = self.api.create_server('guest', host=HOST)
            hypervisor.wait_for('spawn', count=count, timeout=30)
            return uuid
        uuid = self.boot(HOST)
        for action in operation.before:
            self.api.action(uuid, action)
            self.api.await_server(uuid, task_state=None)
        hypervisor.hold(operation.verb, uuid)
        self.ask(operation, uuid)
        hypervisor.wait_for(operation.verb, guest=uuid, timeout=30)
        return uuid

    def begin_all(self):
        """Return [(Operation, guest)]; what holds every spawn comes last."""
        return [(operation, self.begin(operation)) for operation in sorted(
            OPERATIONS, key=lambda operation: operation.name == 'build')]

    def ask(self, operation, uuid):
        """Ask for an operation."""
        if operation.action is None:
            self.api.delete_server(uuid)
        else:
            self.api.action(uuid, operation.action, operation.body)

    def check(self, operation, uuid, fails=False):
        """It was done once, and API and hypervisor agree."""
        guest = self.hypervisor(HOST).world()['guests'].get(uuid)
        if operation.status is None:
            self.api.await_gone(uuid)
            self.assertIsNone(guest)
        elif fails and operation.verb == 'spawn':
            self.assertEqual('ERROR', self.api.server(uuid)['status'])
            self.assertIsNone(guest)
        else:
            server = self.api.await_server(uuid, task_state=None)
            self.assertEqual(
                (operation.status, operation.power_state),
                (server['status'], server['OS-EXT-STS:power_state']),
                operation.name)
            self.assertEqual(operation.power_state, guest['power_state'],
                             operation.name)
        self.check_told(operation, uuid, fails)

    def begun(self, operation, uuid):
        """Return how often the hypervisor was asked for it."""
        return len(self.hypervisor(HOST).journal(
            operation.verb, 'begun', uuid))

    def check_told(self, operation, uuid, fails):
        """The action that the user sees has ended, with a reason or not."""
        row = self.records.last_operation(uuid)
        self.assertEqual('failed' if fails else 'succeeded', row['state'],
                         operation.name)
        if operation.status is None:
            return
        action = self.api.instance_action(uuid, row['request_id'])
        self.assertEqual(fails, bool(action['message']), operation.name)
        self.assertNotIn(None, [
            event['finish_time'] for event in action['events']])

    # -- a stop

    def test_stop(self):
        """SIGTERM: nothing new is taken, what has begun ends, then exit."""
        took = []
        for _ in range(self.times(1, 10)):
            resting = [(operation, self._at_rest(operation))
                       for operation in OPERATIONS if operation.action]
            begun = self.begin_all()
            self.terminate(HOST)
            self.await_that('it drains', lambda: self.api.service(
                HOST)['status'] == 'disabled')
            for operation, uuid in resting:
                self._check_refused(operation, uuid)
            self.hypervisor(HOST).reset()
            code, ended = self.await_exit(HOST)
            self.assertEqual(0, code)
            took.append(ended - max(
                self.hypervisor(HOST).wait_for(
                    operation.verb, 'ended', guest=uuid)['t']
                for operation, uuid in begun))
            for operation, uuid in begun:
                self.check(operation, uuid)
                self.assertEqual(1, self.begun(operation, uuid))
            self.assertEqual([], self.records.open())
            self.ensure_up()
            self._delete_all()
        self.figure('each operation on one guest, SIGTERM', runs=len(took),
                    operations=len(OPERATIONS),
                    last_work_to_exit_max_s=round(max(took), 3))
        self.assert_prompt(took, PROMISE)

    def _at_rest(self, operation):
        """Return a guest that the operation could be done to."""
        uuid = self.boot(HOST)
        for action in operation.before:
            self.api.action(uuid, action)
            self.api.await_server(uuid, task_state=None)
        return uuid

    def _check_refused(self, operation, uuid):
        try:
            self.ask(operation, uuid)
        except api_client.ApiError as error:
            self.assertIn('draining', str(error), operation.name)
            return
        self.fail('%s was accepted by a draining host' % operation.name)

    # -- a kill

    def test_killed_and_done_meanwhile(self):
        """kill -9: what the hypervisor has done since is found out."""
        def release(begun):
            self.hypervisor(HOST).reset()
            for operation, uuid in begun:
                self.hypervisor(HOST).wait_for(
                    operation.verb, 'ended', guest=uuid)

        self._kill(DONE, release)

    def test_killed_and_cut(self):
        """kill -9 of the hypervisor, too: what was not done is done now."""
        def kill(begun):
            self.cloud.kill('hypervisor@' + HOST)
            self.cloud.start('hypervisor@' + HOST)

        self._kill(CUT, kill)

    def _kill(self, how, meanwhile):
        took = []
        for _ in range(self.times(1, 10)):
            begun = self.begin_all()
            self.cloud.kill(HOST)
            meanwhile(begun)
            self.cloud.start(HOST)
            ready = self.clock.now()
            self.await_that('all is settled', lambda: not self.records.open(),
                            base.within(SETTLED_WITHIN))
            took.append(self.clock.now() - ready)
            for operation, uuid in begun:
                self.check(operation, uuid, how in operation.fails)
            self._delete_all()
        self.figure('each operation on one guest, kill -9, %s' % how,
                    runs=len(took), operations=len(OPERATIONS),
                    ready_to_settled_max_s=round(max(took), 2))

    # -- a delete at any moment

    def test_delete_of_what_is_not_built_yet(self):
        """Both wait for a host that is away, and it may do either first."""
        for _ in range(self.times(2, 20)):
            self.cloud.kill(HOST)
            guests = [self.api.create_server('guest', host=HOST)
                      for _ in range(10)]
            for uuid in guests:
                self.await_that('it waits for its host', lambda uuid=uuid: (
                    self.records.last_operation(uuid)['host'] == HOST))
                self.api.delete_server(uuid)
            self.cloud.start(HOST)
            for uuid in guests:
                self.api.await_gone(uuid)
            self.await_that('all is settled', lambda: not self.records.open())
            self.assertEqual({}, self.hypervisor(HOST).world()['guests'])
        self.figure('build and delete wait for one host',
                    rounds=self.times(2, 20), servers=10)

    def test_delete_of_what_is_being_built(self):
        """The delete waits until the guest is there, then removes it."""
        hypervisor = self.hypervisor(HOST)
        count = len(hypervisor.journal('spawn', 'begun')) + 1
        hypervisor.hold('spawn')
        uuid = self.api.create_server('guest', host=HOST)
        hypervisor.wait_for('spawn', count=count, timeout=30)
        self.api.delete_server(uuid)
        self.await_that('the delete has begun', lambda: (
            self.records.last_operation(uuid)['state'] == 'running'))
        self.assertEqual([], hypervisor.journal('destroy', guest=uuid))
        hypervisor.release('spawn')
        self.api.await_gone(uuid)
        self.await_that('all is settled', lambda: not self.records.open())
        self.assertEqual({}, hypervisor.world()['guests'])

    # -- guests by themselves

    def test_guest_that_switches_itself_off(self):
        """Its record follows, and the user reads why."""
        uuid = self.boot(HOST)
        self._switch_off(uuid)
        self.api.await_server(uuid, status='SHUTOFF')
        action = self.api.get('servers/%s/os-instance-actions' % uuid)[
            'instanceActions'][0]
        self.assertEqual('sync-power-state', action['action'])
        self.assertIn('switched off', action['message'])
        self.api.action(uuid, 'os-start')
        self.api.await_server(uuid, status='ACTIVE', task_state=None)

    def test_host_that_was_booted(self):
        """Who ran runs again, whoever was off stays off."""
        ran, off = self.boot_all(HOST, HOST)
        self.api.action(off, 'os-stop')
        self.api.await_server(off, status='SHUTOFF', task_state=None)
        self.cloud.kill(HOST)
        self._switch_off(ran)
        boot_id = os.path.join(
            self.cloud.layout.state_path(HOST), host_boot.FILE)
        self.assertTrue(os.path.exists(boot_id))
        with open(boot_id, 'w', encoding='ascii') as stream:
            stream.write('another boot')
        self.cloud.start(HOST)
        self.await_that('all is settled', lambda: not self.records.open())
        worlds = self.hypervisor(HOST).world()['guests']
        for uuid, status, power_state in (
                (ran, 'ACTIVE', _POWER.RUNNING),
                (off, 'SHUTOFF', _POWER.SHUTDOWN)):
            self.assertEqual(status, self.api.server(uuid)['status'])
            self.assertEqual(power_state, worlds[uuid]['power_state'])
        self.assertEqual('start', self.records.last_operation(ran)['kind'])

    def _switch_off(self, uuid):
        """Do what a guest, or the host's end, does without us."""
        client.Client(self.cloud.part('hypervisor@' + HOST).socket).call(
            protocol.Call('power_off', uuid))
