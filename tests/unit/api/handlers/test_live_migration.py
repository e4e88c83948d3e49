"""Ask for a live migration."""

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.api import base


class LiveMigrationTestCase(base.ApiTestCase):

    def migrate(self, instance, host='host2', minor=30, **more):
        return self.act(instance, 'os-migrateLive', {
            'host': host, 'block_migration': 'auto', **more}, minor=minor)

    def test_ports_need_hosts_that_know_them(self):
        self.compute.errors['require_known'] = exception.ComputesTooOld(
            method='external_instance_event', since='6.7', version='6.6')
        self.assertEqual(202, self.migrate(self.add_instance()).status_code)
        instance = self.add_instance(ports=[objects.Port(
            id='p', network_id='n')])
        self.assert_fault(409, '6.7', self.migrate(instance))

    def test_accepted(self):
        instance = self.add_instance()
        result = self.migrate(instance)
        self.assertEqual((202, ''), (result.status_code, result.text))
        self.assertEqual('migrating', self.reload(instance).task_state)
        operation, = self.operations(instance)
        self.assertEqual(
            ('live-migration', 'live_migrate_server', None,
             {'dest_host': 'host2', 'block_migration': None}),
            (operation.kind, operation.step, operation.host,
             operation.params))
        self.assertEqual([('live_migrate_server', None, operation.uuid)],
                         self.publisher.published)
        migration = objects.Migration.get_by_uuid(
            self.ctxt, operation.migration_uuid)
        self.assertEqual(
            ('accepted', 'live-migration', 'host1', 'host1.example.org',
             None),
            (migration.status, migration.migration_type,
             migration.source_compute, migration.source_node,
             migration.dest_compute))
        action, = self.get('servers/%s/os-instance-actions' % instance.uuid)[
            'instanceActions']
        self.assertEqual(
            ('live-migration', result.headers['x-compute-request-id']),
            (action['action'], action['request_id']))

    def test_to_any_host(self):
        instance = self.add_instance()
        self.assertEqual(202, self.migrate(instance, None).status_code)
        operation, = self.operations(instance)
        self.assertIsNone(operation.params['dest_host'])

    def test_modes(self):
        for minor, word, mode in (
                (1, True, True), (1, 'False', False), (25, 'true', True),
                (25, 'auto', None), (68, False, False)):
            instance = self.add_instance()
            more = {'disk_over_commit': False} if minor == 1 else {}
            self.migrate(instance, minor=minor, block_migration=word, **more)
            operation, = self.operations(instance)
            self.assertIs(mode, operation.params['block_migration'], word)

    def test_one_that_is_paused(self):
        instance = self.add_instance(vm_state='paused')
        self.assertEqual(202, self.migrate(instance).status_code)

    def test_bodies_by_version(self):
        for minor, more, code in (
                (1, {'block_migration': False, 'disk_over_commit': False},
                 202),
                (1, {'block_migration': False}, 400),
                (24, {'block_migration': 'auto', 'disk_over_commit': False},
                 400),
                (25, {}, 202),
                (25, {'disk_over_commit': False}, 400),
                (25, {'force': True}, 400),
                (30, {'force': True}, 202),
                (67, {'force': 'false'}, 202),
                (68, {'force': True}, 400),
                (68, {}, 202),
                (68, {'block_migration': True}, 202),
                (30, {'block_migration': 'maybe'}, 400)):
            result = self.migrate(self.add_instance(), minor=minor, **more)
            self.assertEqual(code, result.status_code, (minor, more))

    def test_refused(self):
        for words, host, more in (
                ('host it is on', 'host1', {}),
                ('host9 could not be found', 'host9', {}),
                ('non-provided', None, {'force': True})):
            instance = self.add_instance()
            self.assert_fault(400, words,
                              self.migrate(instance, host, **more))
            self.assertIsNone(self.reload(instance).task_state)

    def test_wrong_state(self):
        for values in ({'vm_state': 'stopped'}, {'vm_state': 'error'},
                       {'task_state': 'rebooting'}, {'host': None}):
            instance = self.add_instance(**values)
            self.assert_fault(409, 'live-migration', self.migrate(instance))

    def test_to_or_from_a_draining_host(self):
        for host in ('host2', 'host1'):
            self.drain(host)
            for wanted in {'host2', None if host == 'host1' else 'host2'}:
                instance = self.add_instance()
                self.assert_fault(
                    409, '%s is draining (SIGTERM; until 2030-01-02' % host,
                    self.migrate(instance, wanted))
                self.assertIsNone(self.reload(instance).task_state)
            self.services[host].announce(fields.ServicePhase.SERVING)

    def test_away_from_a_quiesced_host(self):
        self.drain('host1', fields.ServicePhase.QUIESCED)
        self.assertEqual(202, self.migrate(self.add_instance()).status_code)
        self.services['host1'].set_status(forced_down=True)
        self.assert_fault(409, 'host1', self.migrate(self.add_instance()))

    def test_to_a_quiesced_host(self):
        self.drain('host2', fields.ServicePhase.QUIESCED)
        self.assert_fault(409, 'host2', self.migrate(self.add_instance()))

    def test_a_host_is_down(self):
        for host in ('host1', 'host2'):
            self.services[host].set_status(forced_down=True)
            self.assert_fault(409, host, self.migrate(self.add_instance()))
            self.services[host].set_status(forced_down=False)
