"""Both hosts agree to a migration, or it ends and changes nothing."""

import threading
import types

from nova_gs.conductor.tasks import live_migration
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import answers
from tests.unit.conductor import base


class LiveMigrationTestCase(base.ConductorTestCase):

    def migrate(self, wanted=None, mode=None, **values):
        """Run the task of an instance on host1."""
        self.operation = self.take(self.accept(
            self.make_instance(**values), kind='live-migration',
            step='live_migrate_server', host=None, task_state='migrating',
            params={'dest_host': wanted, 'block_migration': mode},
            action='live-migration',
            migration=objects.Migration(source_compute='host1')))
        live_migration.LiveMigration(
            self.means, self.context, self.operation).run()
        return self.stored(self.operation)

    def assert_failed(self, stored, *words):
        self.assertEqual(('failed', 'error'),
                         (stored.state, stored.migration.status))
        self.assertEqual(('active', None, 'host1'), (
            stored.instance.vm_state, stored.instance.task_state,
            stored.instance.host))
        for word in words:
            self.assertIn(word, stored.error)
        self.assertEqual(stored.error, self.action(stored).message)
        self.assertEqual([], self.publisher.published)

    def refuse(self, check, host, reason='no way'):
        self.compute.errors[check, host] = (
            exception.MigrationPreCheckError(reason=reason))


class TestAgreed(LiveMigrationTestCase):

    def test_offered_to_the_source(self):
        stored = self.migrate()
        self.assertEqual([('source', 'host1'), ('destination', 'host3')],
                         self.compute.asked)
        self.assertEqual(
            ('live_migration', 'host1', 'host3', True),
            (stored.step, stored.host, stored.peer_host, stored.is_offered))
        self.assertEqual(
            ('queued', 'host3', 'node-of-host3', 'address-of-host3'),
            (stored.migration.status, stored.migration.dest_compute,
             stored.migration.dest_node, stored.migration.dest_host))
        self.assertEqual([('live_migration', 'host1', stored.uuid)],
                         self.publisher.published)

    def test_what_the_hosts_said_goes_along(self):
        stored = self.migrate('host2')
        data = objects.MigrateData.obj_from_primitive(
            stored.params['migrate_data'])
        self.assertEqual(('host1', 'host2', 'fake'), (
            data.source_host, data.dest_host, data.hypervisor_type))

    def test_hosts_are_told_whether_to_copy_disks(self):
        for mode in (None, False, True):
            data = objects.MigrateData.obj_from_primitive(
                self.migrate(mode=mode).params['migrate_data'])
            self.assertIs(mode, data.block_migration)

    def test_expires_soon(self):
        self.flags(group='operations', live_migration_expires_after=30)
        stored = self.migrate()
        self.assertLess(
            (stored.expires_at - stored.updated_at).total_seconds(), 31)

    def test_room_is_taken(self):
        self.migrate('host2')
        node = objects.ComputeNode.get_by_host(self.context, 'host2')
        self.assertEqual((128, 1), (node.memory_mb_used, node.vcpus_used))

    def test_the_next_host_when_one_says_no(self):
        for error in (exception.MigrationPreCheckError(reason='other CPU'),
                      exception.HostDraining(host='host3', reason='r',
                                             deadline='d'),
                      base.no_answer('host3', 'check')):
            self.compute.errors['destination', 'host3'] = error
            self.assertEqual('host2', self.migrate().peer_host)

    def test_away_from_a_quiesced_host(self):
        for host in ('host1', 'host3'):
            self.services[host].quiesce('new kernel')
        stored = self.migrate()
        self.assertEqual(('host1', 'host2'), (stored.host, stored.peer_host))

    def test_both_are_named_before_they_are_asked(self):
        seen = []
        self.compute.when_asked = lambda check, host: seen.extend(
            operation.uuid for operation
            in objects.OperationList.open_on_host(self.context, host))
        stored = self.migrate()
        self.assertEqual([stored.uuid] * 2, seen)


class TestRefused(LiveMigrationTestCase):

    def test_hosts_that_are_too_old_to_copy_disks(self):
        self.compute.version = '1.0'
        self.assert_failed(self.migrate(mode=True), 'too old for block')
        for mode in (None, False):
            self.assertEqual('host3', self.migrate(mode=mode).peer_host)

    def test_source_that_does_not_serve_is_not_asked(self):
        self.drain('host1')
        self.assert_failed(self.migrate(), 'Host host1 is draining',
                           'it is being stopped')
        self.assertEqual([], self.compute.asked)

    def test_wanted_host_that_drains_is_not_asked(self):
        self.drain('host2')
        self.assert_failed(self.migrate('host2'), 'Host host2 is draining')
        self.assertEqual([], self.compute.asked)

    def test_wanted_host_that_is_quiesced_is_not_asked(self):
        self.services['host2'].quiesce('new kernel')
        self.assert_failed(self.migrate('host2'), 'new kernel')
        self.assertEqual([], self.compute.asked)

    def test_host_that_is_down(self):
        self.services['host2'].set_status(forced_down=True)
        self.assert_failed(self.migrate('host2'), 'host2', 'down')

    def test_source_says_no(self):
        self.refuse('source', 'host1', 'it is paused')
        stored = self.migrate()
        self.assert_failed(stored, 'it is paused')
        self.assertNotIn('No valid host', stored.error)
        self.assertEqual([('source', 'host1')], self.compute.asked)

    def test_every_destination_says_no(self):
        self.refuse('destination', 'host2', 'other CPU')
        self.refuse('destination', 'host3', 'other storage')
        self.assert_failed(self.migrate(), 'Host host2', 'other CPU',
                           'Host host3', 'other storage')

    def test_only_the_wanted_host_is_asked(self):
        self.refuse('destination', 'host2')
        self.assert_failed(self.migrate('host2'), 'no way')
        self.assertNotIn(('destination', 'host3'), self.compute.asked)

    def test_nowhere_else(self):
        for host in ('host2', 'host3'):
            self.services[host].set_status(disabled=True)
        self.assert_failed(self.migrate(), 'No valid host')

    def test_room_that_went_to_somebody_else(self):
        def fill(check, host):
            if check == 'destination':
                self.make_instance(host=host, memory_mb=3000)

        self.compute.when_asked = fill
        self.assert_failed(self.migrate(), 'host3')


class TestConductorThatHasToGo(LiveMigrationTestCase):

    def test_question_is_left_to_another_one(self):
        answer = threading.Event()
        self.addCleanup(answer.set)
        # The fake stands for a door that looks up while it waits.
        self.compute.when_asked = lambda check, host: answers.ask(
            lambda is_wanted: answer.wait(60),
            types.SimpleNamespace(look=lambda: None),
            every=0.01)
        self.means.called_off.set()
        stored = self.migrate()
        self.assertEqual(('live_migrate_server', None, True), (
            stored.step, stored.host, stored.is_offered))
        self.assertEqual([('live_migrate_server', None, stored.uuid)],
                         self.publisher.published)
