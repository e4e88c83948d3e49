"""A new guest finds its host, or its user hears why not."""

from nova_gs.conductor.tasks import build
from nova_gs import objects
from tests.unit.conductor import base


class TestBuild(base.ConductorTestCase):

    def build(self, host=None, failed_on=None, **values):
        """Return the task of a new instance."""
        tried = {'failed_on': failed_on} if failed_on else {}
        instance = self.make_instance(
            host=None, vm_state='building', **values)
        self.operation = self.take(self.accept(
            instance, kind='build', step='build_server', host=None,
            task_state='scheduling',
            params={'host': host, 'image_id': 'i', **tried}))
        return build.Build(self.means, self.context, self.operation)

    def assert_offered_to(self, host):
        stored = self.stored(self.operation)
        self.assertEqual(('build_instance', host, True), (
            stored.step, stored.host, stored.is_offered))
        self.assertIsNotNone(stored.expires_at)
        self.assertEqual((host, 'node-of-' + host, 'spawning'), (
            stored.instance.host, stored.instance.node,
            stored.instance.task_state))
        self.assertEqual([('build_instance', host, stored.uuid)],
                         self.publisher.published)

    def assert_failed(self, *words):
        stored = self.stored(self.operation)
        self.assertEqual('failed', stored.state)
        self.assertEqual(('error', None, None), (
            stored.instance.vm_state, stored.instance.task_state,
            stored.instance.host))
        for word in words:
            self.assertIn(word, stored.instance.fault['message'])
        self.assertEqual(500, stored.instance.fault['code'])
        self.assertEqual([], self.publisher.published)

    def test_emptiest_host(self):
        self.build().run()
        self.assert_offered_to('host3')

    def test_draining_host_is_passed_by(self):
        self.drain('host3')
        self.build().run()
        self.assert_offered_to('host2')

    def test_zone(self):
        objects.Service.register(
            self.context, 'host1', 'nova-compute', 'compute', 3,
            'owner-of-host1', 'east')
        self.build(availability_zone='east').run()
        self.assert_offered_to('host1')

    def test_no_host_in_the_zone(self):
        self.build(availability_zone='east').run()
        self.assert_failed('Host host1: it is in the availability zone nova, '
                           'east is needed')

    def test_wanted_host(self):
        self.build(host='host1').run()
        self.assert_offered_to('host1')

    def test_wanted_host_drains(self):
        self.drain('host1')
        self.build(host='host1').run()
        self.assert_failed('host1', 'it is being stopped', '2030')

    def test_host_that_could_not_build_it(self):
        task = self.build(failed_on={'host3': 'its disk is full'})
        task.run()
        self.assert_offered_to('host2')

    def test_no_host_could_build_it(self):
        self.build(memory_mb=1024, failed_on={
            host: 'the disk of %s is full' % host
            for host in self.services}).run()
        self.assert_failed(*['the disk of %s is full' % host
                             for host in self.services])

    def test_server_that_is_deleted_meanwhile(self):
        task = self.build()
        plan = task.check()
        instance = objects.Instance.get_by_uuid(
            self.context, task.instance.uuid)
        instance.deleted = True
        instance.save()
        task.check = lambda: plan
        task.run()
        self.assertEqual('failed', self.stored(self.operation).state)
        self.assertEqual([], self.publisher.published)

    def test_room_that_went_to_somebody_else(self):
        task = self.build(memory_mb=1024)
        plan = task.check()
        self.assertEqual(['host3', 'host2', 'host1'],
                         [candidate.host for candidate in plan])
        self.make_instance(host='host3', memory_mb=2500)
        task.execute(plan)
        self.assert_offered_to('host2')

    def test_room_that_went_everywhere(self):
        task = self.build(memory_mb=1024)
        plan = task.check()
        for host in self.services:
            self.make_instance(host=host, memory_mb=2500)
        task.check = lambda: plan
        task.run()
        self.assert_failed('No valid host')

    def test_nowhere_enough(self):
        self.build(memory_mb=10240).run()
        self.assert_failed('host1', 'host2', 'host3', 'MiB')

    def test_broker_that_is_away_is_no_failure(self):
        self.publisher.broker_away = True
        self.build().run()
        self.assertTrue(self.stored(self.operation).is_offered)
