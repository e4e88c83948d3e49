"""See, abort and force migrations."""

from nova_gs import exception
from nova_gs import objects
from tests.unit.api import base


class MigrationsTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.instance = self.add_instance()
        self.operation = objects.Operation.accept(
            self.ctxt, self.instance, 'live-migration',
            'live_migrate_server', 'migrating',
            migration=objects.Migration(
                self.ctxt, instance_uuid=self.instance.uuid,
                source_compute='host1', user_id='admin',
                project_id='admin'), action='live-migration')
        self.path = 'servers/%s/migrations' % self.instance.uuid
        self.one = '%s/%d' % (self.path, self.operation.migration.id)

    def set_status(self, status):
        self.operation.migration.status = status
        self.operation.migration.save()

    def test_members(self):
        common = {'id', 'status', 'source_node', 'source_compute',
                  'dest_node', 'dest_compute', 'dest_host', 'created_at',
                  'updated_at'}
        flavors = {'old_instance_type_id', 'new_instance_type_id'}
        sizes = {'%s_%s_bytes' % (what, part)
                 for what in ('memory', 'disk')
                 for part in ('total', 'processed', 'remaining')}
        for minor, more in (
                (1, set()), (59, {'uuid'}),
                (80, {'uuid', 'user_id', 'project_id'})):
            item, = self.get('os-migrations', minor=minor)['migrations']
            typed = {'migration_type', 'links'} if minor >= 23 else set()
            self.assertEqual(
                common | flavors | more | typed | {'instance_uuid'},
                set(item))
            if minor >= 23:
                for item in (
                        self.get(self.path, minor=minor)['migrations'][0],
                        self.get(self.one, minor=minor)['migration']):
                    self.assertEqual(
                        common | sizes | more | {'server_uuid'}, set(item))

    def test_links_only_while_in_progress(self):
        self.set_status('completed')
        item, = self.get('os-migrations')['migrations']
        self.assertNotIn('links', item)
        self.assertEqual([], self.get(self.path)['migrations'])
        self.assert_fault(404, 'not in progress',
                          self.request('GET', self.one))

    def test_filters(self):
        other = self.add_instance()
        for query, count in (
                ('instance_uuid=' + self.instance.uuid, 1),
                ('instance_uuid=' + other.uuid, 0),
                ('host=host1', 1), ('host=host2', 0),
                ('source_compute=host1', 1), ('status=accepted', 1),
                ('status=error', 0), ('migration_type=live-migration', 1),
                ('user_id=admin&project_id=admin', 1), ('user_id=b', 0),
                ('changes-since=2999-01-01T00:00:00Z', 0)):
            found = self.get('os-migrations?' + query)['migrations']
            self.assertEqual(count, len(found), query)

    def test_pages(self):
        page = self.get('os-migrations?limit=1')
        self.assertIn('marker=' + self.operation.migration.uuid,
                      page['migrations_links'][0]['href'])
        self.assertNotIn('migrations_links',
                         self.get('os-migrations?limit=1', minor=58))

    def test_not_in_old_versions(self):
        for method, path, minor in (('GET', self.path, 22),
                                    ('GET', self.one, 22),
                                    ('DELETE', self.one, 23)):
            self.assertEqual(404, self.request(
                method, path, minor=minor).status_code)

    def test_no_such_migration(self):
        for name in ('99', 'x', self.operation.migration.uuid):
            self.assert_fault(404, 'Migration', self.request(
                'DELETE', '%s/%s' % (self.path, name)))

    def claim(self, step='live_migrate_server'):
        return objects.Operation.claim(
            self.ctxt, self.operation.uuid, step, 'owner', 'delivery')

    def test_abort(self):
        self.claim()
        for status, minor in (('running', 24), ('queued', 65),
                              ('preparing', 65)):
            self.set_status(status)
            result = self.request('DELETE', self.one, minor=minor)
            self.assertEqual((202, ''), (result.status_code, result.text))
            self.assertEqual(
                ('live_migration_abort', 'host1',
                 self.operation.migration.uuid), self.compute.calls.pop())

    def test_abort_too_late_or_too_early(self):
        for status, minor in (('queued', 64), ('preparing', 64),
                              ('accepted', 64), ('post-migrating', 96),
                              ('completed', 96), ('error', 96)):
            self.set_status(status)
            self.assert_fault(400, status, self.request(
                'DELETE', self.one, minor=minor))
        self.assertEqual([], self.compute.calls)

    def test_abort_in_post_copy(self):
        self.set_status('running')
        self.compute.errors['live_migration_abort'] = (
            exception.MigrationNotAbortable(
                migration_id='1', instance_id='i', server_id='s',
                status='in post-copy'))
        self.assert_fault(409, 'post-copy', self.request('DELETE', self.one))

    def test_host_does_not_answer(self):
        self.set_status('running')
        self.compute.no_answer('live_migration_abort')
        self.assert_fault(503, 'no answer', self.request('DELETE', self.one))

    def test_cancel_before_anyone_began(self):
        self.assertEqual(
            202, self.request('DELETE', self.one).status_code)
        self.assertEqual([], self.compute.calls)
        self.assertEqual([], self.operations(self.instance))
        self.assertIsNone(self.reload(self.instance).task_state)
        migration = objects.Migration.get_by_uuid(
            self.ctxt, self.operation.migration.uuid)
        self.assertEqual('cancelled', migration.status)

    def test_cancel_while_the_conductor_checks(self):
        self.claim()
        self.assert_fault(409, 'Try again', self.request('DELETE', self.one))

    def test_cancel_before_the_source_has_taken_it(self):
        self.claim().offer('live_migration', host='host1',
                           migration={'status': 'queued'})
        self.assertEqual(
            202, self.request('DELETE', self.one).status_code)
        self.assertEqual([], self.compute.calls)
        self.assertEqual([], self.operations(self.instance))

    def test_abort_while_the_source_is_about_to_take_it(self):
        self.claim()
        self.set_status('queued')
        self.compute.errors['live_migration_abort'] = (
            exception.MigrationNotFound(
                migration_id='m', instance_id='on this host'))
        self.assert_fault(409, 'Try again', self.request('DELETE', self.one))

    def test_abort_of_what_has_just_ended(self):
        self.set_status('running')

        def ended(ctxt, host, migration_uuid):
            self.set_status('completed')
            raise exception.MigrationNotFound(
                migration_id='m', instance_id='on this host')

        self.compute.live_migration_abort = ended
        self.assert_fault(404, 'not in progress',
                          self.request('DELETE', self.one))

    def test_force_complete(self):
        body = {'force_complete': None}
        self.set_status('running')
        self.assertEqual(202, self.request(
            'POST', self.one + '/action', body, minor=22).status_code)
        self.assertEqual(
            [('live_migration_force_complete', 'host1',
              self.operation.migration.uuid)], self.compute.calls)
        self.assertEqual(404, self.request(
            'POST', self.one + '/action', body, minor=21).status_code)
        self.set_status('queued')
        self.assert_fault(400, 'queued', self.request(
            'POST', self.one + '/action', body))
