"""The door of nova-compute: each row has a method that ends its operation."""

import inspect

from nova_gs.compute import manager
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue
from tests.fixtures import compute
from tests.unit import base

TOPICS = (catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING)


class ManagerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.driver = self.host.driver
        self.manager = manager.ComputeManager(self.host)
        self.operation = compute.FakeOperation()

    def run_step(self, name):
        """Execute a step; returns (state, error, instance's changes)."""
        getattr(self.manager, name)(None, self.operation, None)
        what, values = self.operation.last()
        self.assertEqual('finish', what)
        return (values['state'], values.get('error'),
                values.get('instance'))


class TestRows(ManagerTestCase):

    def test_each_has_a_method_with_its_arguments(self):
        for topic in TOPICS:
            for row in catalogue.rows_served_on(topic):
                names = list(inspect.signature(
                    getattr(self.manager, row.name)).parameters)
                expected = (['operation', 'work']
                            if row.kind is catalogue.Kind.CAST
                            and row.role is not catalogue.Role.READ
                            else list(row.arguments_at(
                                catalogue.COMPUTE_VERSION)))
                self.assertEqual(['ctxt'] + expected, names, row.name)


class TestSteps(ManagerTestCase):

    def test_success(self):
        for step, verb, vm_state in (
                ('start_instance', 'power_on', 'active'),
                ('stop_instance', 'power_off', 'stopped'),
                ('reboot_instance', 'reboot', 'active'),
                ('delete_instance', 'destroy', 'deleted')):
            del self.driver.calls[:]
            state, error, changes = self.run_step(step)
            self.assertEqual(('succeeded', None, vm_state),
                             (state, error, changes['vm_state']))
            self.assertEqual(verb, self.driver.names()[0])

    def test_failure_has_the_reason_and_changes_what_is_known(self):
        for step, verb, changes in (
                ('start_instance', 'power_on', {}),
                ('stop_instance', 'power_off', {}),
                ('reboot_instance', 'reboot', {}),
                ('delete_instance', 'destroy', {'vm_state': 'error'})):
            for error, reason in (
                    (exception.HypervisorError(reason='no'), 'no'),
                    (KeyError('bug'), "KeyError: 'bug'")):
                self.driver.errors[verb] = error
                self.assertEqual(('failed', reason, changes),
                                 self.run_step(step))

    def test_failed_build(self):
        # Without a database there is no image.
        self.operation.params = {'image_id': 'i'}
        state, error, changes = self.run_step('build_instance')
        self.assertEqual(('failed', 'error', None),
                         (state, changes['vm_state'], changes['host']))
        self.assertEqual(error, changes['fault']['message'])

    def test_outcome_is_insisted_on(self):
        self.host.recorder._leaving.clear()
        self.host.recorder._leaving.wait = lambda timeout: False
        self.operation.errors['finish'] = [compute.unreachable()]
        self.operation.errors['finish'] += [exception.ClaimRefused(
            step='s', operation_id='o', why='final')]
        self.manager.reboot_instance(None, self.operation, None)
        self.assertEqual(1, self.driver.names().count('reboot'))

    def test_nobody_to_tell_is_for_the_next_start(self):
        self.operation.errors['finish'] = [compute.unreachable()]
        self.assertRaises(
            exception.PeerUnavailable, self.manager.reboot_instance, None,
            self.operation, None)


class TestCalls(ManagerTestCase):

    def test_checks(self):
        instance, data = self.operation.instance, objects.MigrateData()
        self.manager.check_can_live_migrate_source(None, instance)
        self.manager.check_can_live_migrate_destination(None, instance, data)
        self.assertEqual(['describe_for_migration', 'check_migration'],
                         self.driver.names())

    def test_console(self):
        self.driver.console = b'a\nb\n'
        self.assertEqual('b\n', self.manager.get_console_output(
            None, self.operation.instance, 1))

    def test_migrations_that_are_not_here(self):
        for method in (self.manager.live_migration_abort,
                       self.manager.live_migration_force_complete):
            self.assertRaises(exception.MigrationNotFound, method, None, 'm')
