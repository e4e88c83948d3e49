"""An offered step goes to another host whole, or stays where it is."""

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.db import base

_WHY = fields.ClaimRefusal

FACTS = {'hypervisor_type': 'fake', 'hypervisor_version': 1,
         'host_ip': '127.0.0.1', 'vcpus': 16, 'memory_mb': 1024,
         'local_gb': 10, 'cpu_info': {}}


class RerouteTestCase(base.OperationTestCase):

    def setUp(self):
        super().setUp()
        for host in ('host1', 'host2', 'host3'):
            objects.ComputeNode.report(self.context, host, dict(
                FACTS, hypervisor_hostname='node-of-' + host))
            objects.Service.register(
                self.context, host, fields.Binary.COMPUTE, 'compute', 3,
                'owner-of-' + host)

    def build(self, **values):
        """Return a build that is offered to host1."""
        instance = self.make_instance(
            vm_state='building', node='node-of-host1',
            memory_mb=values.pop('memory_mb', 128))
        return self.accept(instance, **{
            'kind': 'build', 'step': 'build_instance',
            'task_state': 'spawning', 'params': {'image_id': 'i'}, **values})

    def reroute(self, operation, to='host2', host='host1',
                step='build_instance', **values):
        return objects.Operation.reroute(
            self.context, operation.uuid, step, host, to, 'It has left.',
            instance={'node': 'node-of-' + to}, **values)

    def used(self, host):
        node = objects.ComputeNode.get_by_host(self.context, host)
        return node.memory_mb_used, node.running_vms

    def assert_untouched(self, operation):
        stored = self.stored(operation)
        self.assertEqual(('host1', 'host1', 'node-of-host1'), (
            stored.host, stored.instance.host, stored.instance.node))
        self.assertEqual((0, 0), self.used('host2'))
        self.assertEqual({'image_id': 'i'}, stored.params)

    def test_everything_goes_along(self):
        operation = self.build()
        self.assertEqual((128, 1), self.used('host1'))
        moved = self.reroute(operation, params={'declined': {'host1': 'x'}})
        stored = self.stored(operation)
        self.assertEqual(('build_instance', 'host2', True),
                         (moved.step, moved.host, moved.is_offered))
        self.assertEqual(
            ('build_instance', 'host2', True, operation.expires_at),
            (stored.step, stored.host, stored.is_offered, stored.expires_at))
        self.assertEqual(('host2', 'node-of-host2', 'spawning'), (
            stored.instance.host, stored.instance.node,
            stored.instance.task_state))
        self.assertEqual(
            {'image_id': 'i', 'declined': {'host1': 'x'}}, stored.params)
        self.assertEqual(((0, 0), (128, 1)),
                         (self.used('host1'), self.used('host2')))

    def test_events_tell(self):
        operation = self.build()
        self.reroute(operation)
        self.claim(operation, 'build_instance', 'owner-of-host2').finish(
            fields.OperationState.SUCCEEDED)
        action = objects.InstanceAction.get_by_request_id(
            self.context, operation.instance_uuid, operation.request_id)
        self.assertEqual(
            [('host1', 'Error', 'It has left.'), ('host2', 'Success', None)],
            [(event.host, event.result, event.details)
             for event in action.events])
        self.assertIsNone(action.message)

    def test_who_comes_late_is_refused(self):
        operation = self.build()
        self.reroute(operation)
        self.refused(_WHY.MOVED, self.claim, operation, 'build_instance',
                     'owner-of-host1')
        self.claim(operation, 'build_instance', 'owner-of-host2')

    def test_so_it_is_where_the_new_host_has_no_record(self):
        operation = self.build()
        self.reroute(operation)
        objects.Service.get_by_host_and_binary(
            self.context, 'host2', fields.Binary.COMPUTE).destroy()
        self.refused(_WHY.MOVED, self.claim, operation, 'build_instance',
                     'owner-of-host1')

    def test_what_somebody_has_claimed(self):
        operation = self.build()
        self.claim(operation, 'build_instance', 'owner-of-host1')
        self.refused(_WHY.TAKEN, self.reroute, operation)
        self.assert_untouched(operation)

    def test_another_step_or_host(self):
        operation = self.build()
        self.refused(_WHY.MOVED, self.reroute, operation, step='other')
        self.refused(_WHY.MOVED, self.reroute, operation, host='host3')
        self.assert_untouched(operation)

    def test_what_has_expired(self):
        operation = self.build(expires_in=-1)
        self.refused(_WHY.EXPIRED, self.reroute, operation)
        self.assert_untouched(operation)

    def test_what_has_ended(self):
        operation = self.build()
        objects.Operation.cancel_offered(
            self.context, operation.uuid, 'aborted', 'not wanted')
        self.refused(_WHY.FINAL, self.reroute, operation)

    def test_what_is_to_be_deleted_there(self):
        operation = self.build()
        self.accept(operation.instance, kind='delete',
                    step='delete_instance', task_state='deleting',
                    task_states=None)
        self.assertRaises(
            exception.OperationInProgress, self.reroute, operation)
        self.assert_untouched(operation)

    def test_no_room(self):
        operation = self.build(memory_mb=2048)
        self.assertRaises(exception.NoValidHost, self.reroute, operation)
        self.assert_untouched(operation)

    def test_one_of_many(self):
        operation = self.build()

        def reroute(number, store):
            return store.operations.reroute(
                operation.uuid, 'build_instance', 'host1',
                'host%d' % (2 + number % 2), 'It has left.')

        results = self.at_once(6, reroute)
        refused = [one for one in results
                   if isinstance(one, exception.ClaimRefused)]
        self.assertEqual(5, len(refused), results)
        host = self.stored(operation).host
        self.assertEqual((128, 1), self.used(host))
        self.assertEqual([(0, 0)] * 2, [
            self.used(other) for other in ('host1', 'host2', 'host3')
            if other != host])

    def test_against_the_host_that_claims(self):
        operations = [self.build() for _ in range(7)]

        def both(number, store):
            won = 0
            for operation in operations:
                try:
                    if number:
                        store.operations.reroute(
                            operation.uuid, 'build_instance', 'host1',
                            'host2', 'It has left.')
                    else:
                        store.operations.claim(
                            operation.uuid, 'build_instance',
                            'owner-of-host1', 'c')
                    won += 1
                except exception.ClaimRefused:
                    continue
            return won

        self.assertEqual(7, sum(self.at_once(2, both)))
        for operation in operations:
            stored = self.stored(operation)
            self.assertEqual(stored.host, stored.instance.host)
            self.assertEqual(stored.host == 'host1', bool(stored.owner))
