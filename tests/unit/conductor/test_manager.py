"""Records as a process without the database has them: through a conductor."""

import datetime

import fixtures
from oslo_db import exception as db_exc

from nova_gs.conductor import manager
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import base as objects_base
from nova_gs.rpc import catalogue
from tests.fixtures import wire
from tests.unit.conductor import base

DEADLINE = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)


class TestObjectAction(base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.instance = self.make_instance(metadata={'k': 'v'})
        self.operation = self.accept(self.instance)
        self.wire = wire.Wire(manager.ConductorManager(self.means))
        objects_base.NovaObject.indirection_api = wire.indirection(self.wire)
        self.addCleanup(self.direct)

    def direct(self):
        objects_base.NovaObject.indirection_api = None

    def claim(self, claim_id='claim'):
        return objects.Operation.claim(
            self.context, self.operation.uuid, 'reboot_instance',
            'owner-of-host1', claim_id)

    def test_a_step_from_claim_to_end(self):
        operation = self.claim()
        self.assertEqual(
            ('running', self.instance.uuid, {'k': 'v'}),
            (operation.state, operation.instance.uuid,
             operation.instance.metadata))
        operation.report(progress=40, params={'note': [1, None]},
                         instance={'power_state': 1})
        self.assertEqual((40, {'note': [1, None]}, 1), (
            operation.progress, operation.params,
            operation.instance.power_state))
        launched = DEADLINE.isoformat()
        operation.finish('succeeded', instance={'launched_at': launched})
        self.direct()
        stored = self.stored(operation)
        self.assertEqual(('succeeded', None, DEADLINE), (
            stored.state, stored.instance.task_state,
            stored.instance.launched_at))

    def test_offer(self):
        operation = self.claim()
        operation.offer('reboot_instance', host='host2')
        self.assertEqual(('host2', True),
                         (operation.host, operation.is_offered))

    def test_refusal_keeps_its_class_and_words(self):
        self.claim()
        error = self.assertRaises(exception.ClaimRefused, self.claim, 'other')
        self.assertEqual('taken', error.kwargs['why'])

    def test_method_of_a_record_changes_the_callers_copy(self):
        self.instance.display_name = 'renamed'
        self.instance.save()
        self.assertEqual(set(), self.instance.obj_what_changed())
        self.assertEqual(['save'], self.wire.called)
        self.direct()
        self.assertEqual('renamed', objects.Instance.get_by_uuid(
            self.context, self.instance.uuid).display_name)

    def test_service(self):
        service = objects.Service.get_by_host_and_binary(
            self.context, 'host1', 'nova-compute')
        self.assertTrue(service.report())
        self.assertTrue(service.announce('draining', 'why', DEADLINE))
        self.assertEqual(('draining', DEADLINE),
                         (service.phase, service.phase_deadline))
        service.owner = 'somebody before'
        self.assertFalse(service.report())

    def test_lists(self):
        offered = objects.OperationList.offered_to(self.context, 'host1')
        self.assertEqual([self.operation.uuid],
                         [operation.uuid for operation in offered])
        self.assertEqual(3, objects.ServiceList.get_minimum_version(
            self.context, 'nova-compute'))

    def test_node(self):
        node = objects.ComputeNode.report(
            self.context, 'host7', {**base.FACTS, 'cpu_info': {'a': [1]}})
        self.assertEqual(('host7', {'a': [1]}), (node.host, node.cpu_info))


class TestTasks(base.ConductorTestCase):

    def test_each_step_of_a_conductor_has_its_task(self):
        served = manager.ConductorManager(self.means)
        build = self.take(self.accept(
            self.make_instance(host=None, vm_state='building'), kind='build',
            step='build_server', host=None, task_state='scheduling'))
        served.build_server(self.context, build, None)
        move = self.take(self.accept(
            kind='live-migration', step='live_migrate_server', host=None,
            task_state='migrating',
            migration=objects.Migration(source_compute='host1')))
        served.live_migrate_server(self.context, move, None)
        self.assertEqual(
            ['build_instance', 'live_migration'],
            [step for step, _, _ in self.publisher.published])

    def test_every_row_is_served(self):
        served = manager.ConductorManager(self.means)
        for row in catalogue.rows_served_on(catalogue.Topic.CONDUCTOR):
            self.assertTrue(callable(getattr(served, row.name)), row.name)


class TestBackport(base.ConductorTestCase):

    def test_a_record_in_the_words_of_an_older_release(self):
        instance = self.make_instance()
        instance.lock('owner', 'mine')
        for version, locked_by in (('1.1', 'owner'), ('1.0', None)):
            old = manager.ConductorManager(None).object_backport_versions(
                self.context, instance,
                {'Instance': version, 'Flavor': '1.0'})
            self.assertEqual(version, old['nova_gs_object.version'])
            values = old['nova_gs_object.data']
            self.assertEqual(locked_by, values.get('locked_by'))
            self.assertEqual(version == '1.1', 'locked_reason' in values)
            self.assertTrue(values['locked'])


class TestDatabaseAway(base.ConductorTestCase):

    def test_caller_learns_that_it_may_try_again(self):
        def fail(*args):
            raise db_exc.DBConnectionError('no route\nto it')

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.remote.run_class_action', fail))
        error = self.assertRaises(
            exception.PeerUnavailable,
            manager.ConductorManager(None).object_class_action_versions,
            self.context, 'Service', 'register', {}, (), {})
        self.assertIn('register', str(error))
        self.assertNotIn('\n', str(error))

    def test_in_words_that_any_release_knows(self):
        def fail(*args):
            raise exception.DatabaseFull(
                condition='is full',
                effect=exception.DatabaseUnavailable.NOT_WRITTEN)

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.remote.run_action', fail))
        error = self.assertRaises(
            exception.PeerUnavailable,
            manager.ConductorManager(None).object_action,
            self.context, None, 'save', (), {})
        self.assertIs(exception.PeerUnavailable, type(error))
        self.assertIn('did not answer save: it is full', str(error))
