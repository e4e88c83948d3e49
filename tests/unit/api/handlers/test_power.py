"""Start, stop and reboot."""

import fixtures

from nova_gs.api.handlers import common
from nova_gs import exception
from nova_gs.objects import fields
from tests.unit.api import base

SOFT = ('reboot', {'type': 'SOFT'})
HARD = ('reboot', {'type': 'Hard'})
START = ('os-start', None)
STOP = ('os-stop', None)
PAUSE, UNPAUSE = ('pause', None), ('unpause', None)
SUSPEND, RESUME = ('suspend', None), ('resume', None)


class PowerTestCase(base.ApiTestCase):

    def test_accepted(self):
        for (name, argument), vm_state, task_state, step, params in (
                (SOFT, 'active', 'rebooting', 'reboot_instance',
                 {'reboot_type': 'SOFT'}),
                (HARD, 'active', 'rebooting_hard', 'reboot_instance',
                 {'reboot_type': 'HARD'}),
                (HARD, 'stopped', 'rebooting_hard', 'reboot_instance',
                 {'reboot_type': 'HARD'}),
                (START, 'stopped', 'powering-on', 'start_instance', {}),
                (HARD, 'suspended', 'rebooting_hard', 'reboot_instance',
                 {'reboot_type': 'HARD'}),
                (PAUSE, 'active', 'pausing', 'pause_instance', {}),
                (UNPAUSE, 'paused', 'unpausing', 'unpause_instance', {}),
                (SUSPEND, 'active', 'suspending', 'suspend_instance', {}),
                (RESUME, 'suspended', 'resuming', 'resume_instance', {}),
                (STOP, 'active', 'powering-off', 'stop_instance', {}),
                (STOP, 'error', 'powering-off', 'stop_instance', {})):
            instance = self.add_instance(vm_state=vm_state)
            result = self.act(instance, name, argument)
            self.assertEqual((202, ''), (result.status_code, result.text))
            self.assertEqual(task_state, self.reload(instance).task_state)
            operation, = self.operations(instance)
            self.assertEqual((step, 'host1', params), (
                operation.step, operation.host, operation.params))
            self.assertEqual(result.headers['x-compute-request-id'],
                             operation.request_id)
            self.assertEqual((step, 'host1', operation.uuid),
                             self.publisher.published[-1])

    def test_wrong_state(self):
        for (name, argument), values in (
                (SOFT, {'vm_state': 'stopped'}),
                (SOFT, {'task_state': 'powering-off'}),
                (HARD, {'task_state': 'migrating'}),
                (START, {'vm_state': 'active'}),
                (PAUSE, {'vm_state': 'paused'}),
                (UNPAUSE, {'vm_state': 'active'}),
                (SUSPEND, {'vm_state': 'stopped'}),
                (RESUME, {'vm_state': 'paused'}),
                (STOP, {'vm_state': 'stopped'})):
            instance = self.add_instance(**values)
            self.assert_fault(
                409, instance.uuid, self.act(instance, name, argument))
            self.assertEqual([], self.operations(instance))

    def test_one_at_a_time(self):
        instance = self.add_instance()
        self.assertEqual(202, self.act(instance, *STOP).status_code)
        self.assert_fault(409, instance.uuid, self.act(instance, *SOFT))

    def test_server_that_moves_at_that_moment(self):
        """The request goes where the server is by then."""
        instance = self.add_instance()
        require = common.require_host

        def require_and_move(call, seen, *args, **kwargs):
            require(call, seen, *args, **kwargs)
            moved = self.reload(instance)
            moved.host = 'host2'
            moved.save()

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.api.handlers.common.require_host', require_and_move))
        self.assertEqual(202, self.act(instance, *SOFT).status_code)
        operation, = self.operations(instance)
        self.assertEqual('host2', operation.host)
        self.assertEqual('host2', self.publisher.published[-1][1])

    def test_host_is_down(self):
        self.services['host1'].set_status(forced_down=True)
        self.assertEqual(
            202, self.act(self.add_instance(), *SOFT).status_code)

    def test_host_drains(self):
        self.drain('host1')
        for name, argument in (SOFT, HARD, STOP):
            instance = self.add_instance()
            self.assert_fault(
                409, 'host1 is draining (SIGTERM; until 2030-01-02',
                self.act(instance, name, argument))
            self.assertIsNone(self.reload(instance).task_state)
            self.assertEqual([], self.operations(instance))

    def test_host_is_quiesced(self):
        self.drain('host1', fields.ServicePhase.QUIESCED)
        for code, request, vm_state in (
                (202, STOP, 'active'), (202, PAUSE, 'active'),
                (202, SUSPEND, 'active'), (409, SOFT, 'active'),
                (409, UNPAUSE, 'paused'), (409, RESUME, 'suspended')):
            self.assertEqual(code, self.act(
                self.add_instance(vm_state=vm_state), *request).status_code)

    def test_computes_do_not_know_of_it(self):
        self.compute.errors['require_known'] = (
            exception.ComputesTooOld(
                method='pause_instance', since='6.6', version='6.5'))
        instance = self.add_instance()
        self.assert_fault(409, '6.6', self.act(instance, *PAUSE))
        self.assertEqual([], self.operations(instance))

    def test_host_has_no_record(self):
        self.assert_fault(409, 'host9', self.act(
            self.add_instance(host='host9'), *SOFT))

    def test_no_host_yet(self):
        self.assert_fault(409, 'not on a host', self.act(
            self.add_instance(host=None), *SOFT))

    def test_bad_bodies(self):
        instance = self.add_instance()
        for argument in (None, {}, {'type': 'WARM'},
                         {'type': 'SOFT', 'more': 1}):
            self.assertEqual(
                400, self.act(instance, 'reboot', argument).status_code)
