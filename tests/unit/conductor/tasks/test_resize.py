"""A guest that is to move finds its host, or its user hears why not."""

from nova_gs.conductor.tasks import resize
from nova_gs import objects
from tests.unit.conductor import base


class TestResize(base.ConductorTestCase):

    def run_task(self, kind='migrate', memory_mb=128, wanted=None,
                 failed_on=None, **instance):
        old, new = [objects.Flavor(
            self.context, id=1, flavorid=name, name=name, vcpus=1,
            memory_mb=size, root_gb=1)
            for name, size in (('old', 128), ('new', memory_mb))]
        self.operation = self.take(self.accept(
            self.make_instance(**instance), kind=kind,
            step='migrate_server', host=None, task_state='resize_prep',
            params={'dest_host': wanted, 'failed_on': failed_on or {}},
            migration=objects.Migration(
                source_compute='host1', migration_type='migration',
                old_flavor=old, new_flavor=new, old_vm_state='active')))
        resize.Resize(self.means, self.context, self.operation).run()
        return self.stored(self.operation)

    def assert_failed(self, stored, *words):
        self.assertEqual(('failed', 'error', 'active', None), (
            stored.state, stored.migration.status, stored.instance.vm_state,
            stored.instance.task_state))
        for word in words:
            self.assertIn(word, stored.error)
        self.assertEqual([], self.publisher.published)

    def test_offered_to_the_emptiest_host(self):
        self.flags(group='operations', live_migration_expires_after=30)
        stored = self.run_task()
        self.assertEqual(
            ('prep_resize', 'host3', 'host1', 'host1', 30.0),
            (stored.step, stored.host, stored.peer_host,
             stored.instance.host, stored.params['begin_within']))
        self.assertEqual(
            ('pre-migrating', 'host3', 'node-of-host3'),
            (stored.migration.status, stored.migration.dest_compute,
             stored.migration.dest_node))
        self.assertLess(
            (stored.expires_at - stored.updated_at).total_seconds(), 31)

    def test_new_size_takes_room(self):
        self.run_task('resize', 256, wanted='host2')
        for host, used in (('host1', 128), ('host2', 256)):
            self.assertEqual(used, objects.ComputeNode.get_by_host(
                self.context, host).memory_mb_used)

    def test_draining_hosts(self):
        self.drain('host3')
        self.assertEqual('host2', self.run_task().host)
        self.publisher.published.clear()
        self.drain('host1')
        self.assert_failed(self.run_task(), 'host1', 'it is being stopped')

    def test_quiesced_source_lets_go(self):
        self.services['host1'].announce('quiesced', 'new fans', None)
        self.assertEqual('host3', self.run_task().host)

    def test_the_same_host(self):
        for host in ('host2', 'host3'):
            self.drain(host)
        self.assert_failed(self.run_task(), 'host1: it has the guest;')
        self.assert_failed(self.run_task('resize', 256),
                           'allow_resize_to_same_host is not set')
        self.flags(allow_resize_to_same_host=True)
        stored = self.run_task('resize', 256)
        self.assertEqual(('host1', 'host1'), (stored.host, stored.peer_host))
        # The three guests of this test, and the larger one.
        self.assertEqual(3 * 128 + 256, objects.ComputeNode.get_by_host(
            self.context, 'host1').memory_mb_used)

    def test_both_sizes_need_room_on_the_same_host(self):
        self.flags(allow_resize_to_same_host=True)
        stored = self.run_task('resize', 1000, wanted='host1')
        self.assert_failed(stored, 'MiB of memory left, 1000 are needed')

    def test_who_has_refused_is_passed_by(self):
        stored = self.run_task(failed_on={'host3': 'no more fans'})
        self.assertEqual('host2', stored.host)
        self.publisher.published.clear()
        self.assert_failed(self.run_task(wanted='host3', failed_on={
            'host3': 'no more fans'}), 'host3: no more fans')
