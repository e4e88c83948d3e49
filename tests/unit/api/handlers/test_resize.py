"""Ask for a cold migration or a resize, and settle it."""

import fixtures

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from tests.unit.api import base
from tests.unit.api.handlers import test_locks


class ResizeTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.large = objects.Flavor(
            self.ctxt, flavorid='large', name='large', memory_mb=1024,
            vcpus=2, root_gb=20)
        self.large.create()

    def resize(self, instance, flavor='large', **more):
        return self.act(instance, 'resize', {'flavorRef': flavor, **more})

    def resized(self, **values):
        """Return an instance that has moved from host1 to host2."""
        instance = self.add_instance(**{
            'host': 'host2', 'vm_state': 'resized', **values})
        objects.Migration(
            self.ctxt, instance_uuid=instance.uuid, status='finished',
            migration_type='resize', source_compute='host1',
            dest_compute='host2', old_vm_state='active',
            old_flavor=instance.flavor, new_flavor=self.large).create()
        return instance

    def _make_old(self):
        def require_known(step):
            if catalogue.ROWS[step].since == '6.9':
                raise exception.ComputesTooOld(
                    method=step, since='6.9', version='6.5')

        self.compute.require_known = require_known

    def status(self, instance):
        return self.get('servers/%s' % instance.uuid)['server']['status']

    def migration(self, instance):
        found, = objects.MigrationList.get_by_filters(
            self.ctxt, {'instance_uuid': instance.uuid})
        return found

    def assert_sent(self, instance, step, host):
        operation, = self.operations(instance)
        self.assertEqual((step, host), (operation.step, operation.host))
        self.assertEqual([(step, host, operation.uuid)],
                         self.publisher.published)
        return operation


class TestMove(ResizeTestCase):

    def test_migrate(self):
        instance = self.add_instance()
        result = self.act(instance, 'migrate')
        self.assertEqual((202, ''), (result.status_code, result.text))
        operation = self.assert_sent(instance, 'migrate_server', None)
        self.assertEqual(('migrate', {'dest_host': None}),
                         (operation.kind, operation.params))
        self.assertEqual('RESIZE', self.status(instance))
        migration = self.migration(instance)
        self.assertEqual(
            ('accepted', 'migration', 'host1', 'host1.example.org', None,
             'active', '1', '1'),
            (migration.status, migration.migration_type,
             migration.source_compute, migration.source_node,
             migration.dest_compute, migration.old_vm_state,
             migration.old_flavor.flavorid, migration.new_flavor.flavorid))

    def test_resize(self):
        instance = self.add_instance(vm_state='stopped')
        self.assertEqual(202, self.resize(instance).status_code)
        self.assert_sent(instance, 'migrate_server', None)
        migration = self.migration(instance)
        self.assertEqual(
            ('resize', 'stopped', '1', 'large', 1024),
            (migration.migration_type, migration.old_vm_state,
             migration.old_flavor.flavorid, migration.new_flavor.flavorid,
             migration.new_flavor.memory_mb))

    def test_bodies_by_version(self):
        for minor, body, code in (
                (1, None, 202), (1, {'host': 'host2'}, 202), (55, {}, 202),
                (56, None, 202), (56, {'host': None}, 202),
                (56, {'host': 'host2'}, 202), (56, {'to': 'host2'}, 400),
                (96, {'host': 'host2'}, 202)):
            instance = self.add_instance()
            result = self.act(instance, 'migrate', body, minor=minor)
            self.assertEqual(code, result.status_code, (minor, body))
            if code == 202:
                operation, = self.operations(instance)
                self.assertEqual(
                    'host2' if minor >= 56 and body and body.get('host')
                    else None, operation.params['dest_host'])

    def test_bad_hosts(self):
        for host, words in (('host1', 'the host it is on'),
                            ('nowhere', 'could not be found')):
            self.assert_fault(400, words, self.act(
                self.add_instance(), 'migrate', {'host': host}))

    def test_draining_hosts(self):
        self.drain('host2')
        self.assert_fault(409, 'Host host2 is draining', self.act(
            self.add_instance(), 'migrate', {'host': 'host2'}))
        self.assertEqual(202, self.act(
            self.add_instance(), 'migrate').status_code)
        self.drain('host1')
        for result in (self.act(self.add_instance(), 'migrate'),
                       self.resize(self.add_instance())):
            self.assert_fault(409, 'Host host1 is draining', result)

    def test_quiesced_host_lets_go(self):
        self.drain('host1', fields.ServicePhase.QUIESCED)
        self.assertEqual(202, self.act(
            self.add_instance(), 'migrate').status_code)

    def test_bad_flavors(self):
        objects.Flavor(self.ctxt, flavorid='flat', name='flat',
                       memory_mb=64, vcpus=1, root_gb=0).create()
        objects.Flavor(self.ctxt, flavorid='off', name='off', memory_mb=64,
                       vcpus=1, root_gb=9, disabled=True).create()
        objects.Flavor(self.ctxt, flavorid='eph', name='eph', memory_mb=64,
                       vcpus=1, root_gb=9, ephemeral_gb=1).create()
        objects.Flavor(self.ctxt, flavorid='swap', name='swap', memory_mb=64,
                       vcpus=1, root_gb=9, swap=64).create()
        for flavor, words in (('1', 'must change flavor'),
                              ('eph', 'ephemeral disk of server'),
                              ('swap', 'keeps its size, 0; flavor swap'),
                              ('none', 'could not be found'),
                              ('off', 'could not be found'),
                              ('flat', 'cannot be made smaller')):
            instance = self.add_instance(root_gb=5)
            self.assert_fault(400, words, self.resize(instance, flavor))
            self.assertEqual([], self.operations(instance))

    def test_states(self):
        for vm_state in ('paused', 'suspended', 'error', 'resized',
                         'building'):
            self.assert_fault(409, vm_state, self.act(
                self.add_instance(vm_state=vm_state), 'migrate'))
        self.assert_fault(409, 'active', self.act(
            self.add_instance(host=None), 'migrate'))

    def test_who_may(self):
        self._identify()
        instance = self.add_instance(project_id='p', user_id='u')
        self.assertEqual(403, self.act(
            instance, 'migrate', token='u:p').status_code)
        self.assertEqual(202, self.act(
            instance, 'resize', {'flavorRef': 'large'},
            token='u:p').status_code)

    def _identify(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.api.middleware.Identity._nobody_checked',
            test_locks.identify))

    def test_locked(self):
        self._identify()
        instance = self.add_instance(project_id='p', user_id='u',
                                     locked=True)
        self.assert_fault(409, 'locked', self.act(
            instance, 'resize', {'flavorRef': 'large'}, token='u:p'))

    def test_old_computes(self):
        self._make_old()
        self.assert_fault(409, 'prep_resize', self.act(
            self.add_instance(), 'migrate'))


class TestSettle(ResizeTestCase):

    def test_confirm(self):
        instance = self.resized()
        self.assertEqual('VERIFY_RESIZE', self.status(instance))
        result = self.act(instance, 'confirmResize')
        self.assertEqual((204, ''), (result.status_code, result.text))
        self.assert_sent(instance, 'confirm_resize', 'host1')
        self.assertEqual('VERIFY_RESIZE', self.status(instance))
        self.assertEqual('confirming', self.migration(instance).status)

    def test_revert(self):
        instance = self.resized()
        self.assertEqual(
            202, self.act(instance, 'revertResize').status_code)
        self.assert_sent(instance, 'revert_resize', 'host2')
        self.assertEqual('REVERT_RESIZE', self.status(instance))
        self.assertEqual('reverting', self.migration(instance).status)

    def test_once(self):
        instance = self.resized()
        self.act(instance, 'revertResize')
        for what in ('confirmResize', 'revertResize'):
            self.assert_fault(409, 'Cannot', self.act(instance, what))

    def test_nothing_to_settle(self):
        for what in ('confirmResize', 'revertResize'):
            self.assert_fault(409, 'vm_state active', self.act(
                self.add_instance(), what))

    def test_draining_hosts(self):
        instance = self.resized()
        self.drain('host1')
        for what in ('confirmResize', 'revertResize'):
            self.assert_fault(409, 'host1 is draining',
                              self.act(instance, what))

    def test_quiesced_source(self):
        instance = self.resized()
        self.drain('host1', fields.ServicePhase.QUIESCED)
        self.assert_fault(409, 'host1 is draining',
                          self.act(instance, 'revertResize'))
        self.assertEqual(
            204, self.act(instance, 'confirmResize').status_code)

    def test_quiesced_destination(self):
        self.drain('host2', fields.ServicePhase.QUIESCED)
        self.assertEqual(
            202, self.act(self.resized(), 'revertResize').status_code)

    def test_delete(self):
        """Its source forgets it first, if it is there to do so."""
        for prepare, step, host in (
                (lambda: None, 'confirm_resize', 'host1'),
                (self._make_old,
                 'delete_instance', 'host2'),
                (lambda: self.drain('host1'), 'delete_instance', 'host2')):
            instance = self.resized()
            prepare()
            self.assertEqual(204, self.request(
                'DELETE', 'servers/%s' % instance.uuid).status_code)
            operation, = self.operations(instance)
            self.assertEqual(
                ('delete', step, host),
                (operation.kind, operation.step, operation.host))
            vars(self.compute).pop('require_known', None)

    def test_delete_of_what_goes_back(self):
        instance = self.resized()
        self.act(instance, 'revertResize')
        self.request('DELETE', 'servers/%s' % instance.uuid)
        self.assertIn(('delete_instance', 'host2'), [
            (one.step, one.host) for one in self.operations(instance)])
