"""What crosses the wire comes out as it went in."""

import json

import fixtures

from nova_gs import context
from nova_gs import objects
from nova_gs.objects import base as objects_base
from nova_gs.rpc import freshness
from nova_gs.rpc import serializer
from tests.unit import base


class TestSerializer(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.serializer = serializer.RequestSerializer()
        self.context = context.RequestContext(
            user_id='user', project_id='project', roles=['member'],
            auth_token='secret', overwrite=False)

    def cross(self, entity):
        wire = json.loads(json.dumps(
            self.serializer.serialize_entity(self.context, entity)))
        return self.serializer.deserialize_entity(self.context, wire)

    def test_plain_values(self):
        for value in (None, 'text', 1, 1.5, True, [1, 'two'],
                      {'a': [None, {'b': 2}]}):
            self.assertEqual(value, self.cross(value))

    def test_object_of_a_newer_release(self):
        """The conductor, which knows both, is asked to translate it."""
        asked = []

        class Conductor(objects_base.VersionedObjectIndirectionAPI):

            def object_action(self, *args):
                raise NotImplementedError()

            def object_backport_versions(self, context, objinst,
                                         object_versions):
                asked.append(object_versions['Instance'])
                return dict(objinst, **{'nova_gs_object.version': asked[0]})

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.base.NovaObject.indirection_api', Conductor()))
        wire = self.serializer.serialize_entity(
            self.context, objects.Instance(uuid='u'))
        wire['nova_gs_object.version'] = '1.99'
        read = self.serializer.deserialize_entity(self.context, wire)
        self.assertEqual([objects.Instance.VERSION], asked)
        self.assertEqual('u', read['nova_gs_object.data']['uuid'])

    def test_object(self):
        instance = objects.Instance(
            self.context, uuid='u', memory_mb=128, metadata={'k': 'v'},
            tags=['t'], flavor=objects.Flavor(name='m1.ticker'))
        instance.obj_reset_changes(recursive=True)
        instance.display_name = 'new'
        copy = self.cross(instance)
        self.assertIsInstance(copy, objects.Instance)
        self.assertEqual(
            ('u', 128, {'k': 'v'}, ['t'], 'm1.ticker', 'new'),
            (copy.uuid, copy.memory_mb, copy.metadata, copy.tags,
             copy.flavor.name, copy.display_name))
        self.assertEqual({'display_name'}, copy.obj_what_changed())

    def test_objects_among_other_things(self):
        data = objects.MigrateData(source_host='a', details={'x': 'y'})
        copies = self.cross({'list': [data], 'data': data})
        self.assertEqual('a', copies['list'][0].source_host)
        self.assertEqual({'x': 'y'}, copies['data'].details)

    def test_list_of_objects(self):
        copies = self.cross(objects.ServiceList(objects=[
            objects.Service(host='a'), objects.Service(host='b')]))
        self.assertEqual(['a', 'b'], [copy.host for copy in copies])

    def test_context_without_its_token(self):
        wire = json.loads(json.dumps(
            self.serializer.serialize_context(self.context)))
        self.assertNotIn('secret', json.dumps(wire))
        copy = self.serializer.deserialize_context(wire)
        self.assertIsInstance(copy, context.RequestContext)
        for name in ('user_id', 'project_id', 'roles', 'request_id',
                     'is_admin'):
            self.assertEqual(getattr(self.context, name),
                             getattr(copy, name), name)

    def test_how_long_a_caller_waits(self):
        """It goes beside who asks, and not on with it."""
        asked = freshness.Asked(2.5, ('proof',))
        silent = self.serializer.serialize_context(self.context)
        self.assertIsNone(freshness.heard(silent))
        with serializer.saying(asked):
            wire = json.loads(json.dumps(
                self.serializer.serialize_context(self.context)))
            with serializer.saying(None):
                self.assertEqual(silent, self.serializer.serialize_context(
                    self.context))
        self.assertEqual(asked, freshness.heard(wire))
        copy = self.serializer.deserialize_context(wire)
        self.assertEqual(
            silent, self.serializer.serialize_context(copy))
        self.assertEqual(silent, self.serializer.serialize_context(
            self.context))
