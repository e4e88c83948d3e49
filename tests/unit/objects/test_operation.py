"""Operations through a conductor: every verb survives the wire."""

import json

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import base as objects_base
from nova_gs.objects import remote
from nova_gs.rpc import serializer
from tests.unit.db import base


class Wire(objects_base.VersionedObjectIndirectionAPI):
    """Takes each call apart into JSON and runs it where the store is."""

    def __init__(self):
        self._serializer = serializer.ObjectSerializer()
        self.calls = []

    def object_action(self, context, objinst, objmethod, args, kwargs):
        self.calls.append(objmethod)
        objinst, args, kwargs = self._send(context, (objinst, args, kwargs))
        return self._send(context, self._run(
            remote.run_action, context, objinst, objmethod, args, kwargs))

    def object_class_action_versions(self, context, objname, objmethod,
                                     object_versions, args, kwargs):
        self.calls.append(objmethod)
        args, kwargs = self._send(context, (args, kwargs))
        return self._send(context, self._run(
            remote.run_class_action, context, objname, objmethod,
            object_versions, args, kwargs))

    def _send(self, context, entity):
        sent = json.dumps(
            self._serializer.serialize_entity(context, entity))
        return self._serializer.deserialize_entity(context, json.loads(sent))

    def _run(self, function, *args):
        objects_base.NovaObject.indirection_api = None
        try:
            return function(*args)
        finally:
            objects_base.NovaObject.indirection_api = self


class RemoteTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.node = objects.ComputeNode.report(
            self.context, 'host2',
            {'vcpus': 4, 'memory_mb': 1024, 'local_gb': 10})
        self.operation = self.accept(
            migration=objects.Migration(source_compute='host1'))
        self.wire = Wire()
        self.addCleanup(
            setattr, objects_base.NovaObject, 'indirection_api', None)
        objects_base.NovaObject.indirection_api = self.wire

    def claim(self, step='reboot_instance'):
        return objects.Operation.claim(
            self.context, self.operation.uuid, step, 'owner', step)

    def test_a_whole_life(self):
        data = objects.MigrateData(source_host='host1',
                                   details={'cpu': 'x'})
        operation = self.claim()
        self.assertEqual('rebooting', operation.instance.task_state)
        operation.report(
            progress=10, params={'migrate_data': data.obj_to_primitive()},
            instance={'flavor': objects.Flavor(name='small')})
        operation.offer('live_migration', host='host1', peer_host='host2',
                        reserve_on='host2', expires_in=30)
        operation = self.claim('live_migration')
        self.assertEqual('host2', operation.migration.dest_compute)
        self.assertEqual('small', operation.instance.flavor.name)
        self.assertEqual(data, objects.MigrateData.obj_from_primitive(
            operation.params['migrate_data']))
        operation.finish('succeeded', instance={'host': 'host2'},
                         migration={'status': 'completed'})
        self.assertEqual(('succeeded', 'host2', None), (
            operation.state, operation.instance.host,
            operation.instance.task_state))
        self.assertEqual(
            ['claim', 'report_claimed', 'offer_claimed', 'claim',
             'finish_claimed'], self.wire.calls)

    def test_a_recovery(self):
        self.claim()
        dead = objects.OperationList.of_dead_owners(
            self.context, 'host1', 'new')
        self.assertEqual([self.operation.uuid], [one.uuid for one in dead])
        dead[0].mark_interrupted('cut', instance={'task_state': None})
        taken = objects.Operation.take_over(
            self.context, self.operation.uuid, 'host1', 'new', 'mine')
        self.assertEqual('running', taken.state)

    def test_a_refusal(self):
        operation = self.claim()
        operation.claim_id = 'lost'
        for verb, args in ((operation.report, ()),
                           (operation.offer, ('live_migration',)),
                           (operation.finish, ('failed',)),
                           (operation.mark_interrupted, ('cut',))):
            self.assertRaises(exception.ClaimRefused, verb, *args)

    def test_lists(self):
        for call, argument in (
                (objects.OperationList.open_on_host, 'host1'),
                (objects.OperationList.offered_to, 'host1'),
                (objects.OperationList.get_open_by_instance,
                 self.operation.instance_uuid)):
            self.assertEqual(
                [self.operation.uuid],
                [one.uuid for one in call(self.context, argument)])

    def test_saving(self):
        instance = objects.Instance.get_by_uuid(
            self.context, self.operation.instance_uuid)
        instance.metadata = {'a': 'b'}
        instance.save()
        self.assertEqual(set(), instance.obj_what_changed())
        self.assertEqual({'a': 'b'}, objects.Instance.get_by_uuid(
            self.context, instance.uuid).metadata)

    def test_a_service(self):
        service = objects.Service.register(
            self.context, 'host1', 'nova-compute', 'compute', 3, 'me')
        self.assertTrue(service.announce(
            'draining', 'SIGTERM', self.operation.created_at))
        self.assertTrue(service.report())
        self.assertEqual(
            ('draining', self.operation.created_at, 1),
            (service.phase, service.phase_deadline, service.report_count))
        other = objects.Service.register(
            self.context, 'host1', 'nova-compute', 'compute', 3, 'you')
        self.assertFalse(service.report())
        self.assertEqual('serving', other.phase)

    def test_a_node(self):
        node = objects.ComputeNode.report(
            self.context, 'host2', {'cpu_info': {'arch': 'x86_64'}})
        self.assertEqual((self.node.uuid, {'arch': 'x86_64'}),
                         (node.uuid, node.cpu_info))
