"""What all objects share."""

import datetime

from nova_gs import objects
from nova_gs.objects import base as objects_base
from tests.unit import base


class StoreTestCase(base.TestCase):

    def test_none_is_seated(self):
        objects_base.seat_store(None)
        error = self.assertRaises(RuntimeError, objects_base.store)
        self.assertIn('seat_store', str(error))

    def test_the_last_one_counts(self):
        self.addCleanup(objects_base.seat_store, None)
        objects_base.seat_store('first')
        objects_base.seat_store('second')
        self.assertEqual('second', objects_base.store())


class NovaObjectTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()

    def test_what_nobody_set(self):
        instance = objects.Instance()
        self.assertIsNone(instance.host)
        self.assertEqual({}, instance.metadata)
        self.assertFalse(instance.deleted)
        self.assertRaises(AttributeError, getattr, instance, 'uuid')
        self.assertEqual({}, instance.obj_get_changes())

    def test_defaults_are_not_shared(self):
        objects.Instance().metadata['a'] = 'b'
        self.assertEqual({}, objects.Instance().metadata)

    def test_from_row(self):
        instance = objects.Instance.from_row('context', {
            'uuid': 'x', 'no_field': 1, 'flavor': {'name': 'small'}})
        self.assertEqual('x', instance.uuid)
        self.assertEqual('small', instance.flavor.name)
        self.assertEqual(set(), instance.obj_what_changed())

    def test_absorb(self):
        instance = objects.Instance(uuid='x', host='a', node='n')
        instance.absorb(objects.Instance(uuid='x', host='b'))
        self.assertEqual(('b', 'n'), (instance.host, instance.node))
        self.assertEqual(set(), instance.obj_what_changed())

    def test_updates_survive_json(self):
        time = datetime.datetime(2030, 1, 2, 3, 4, 5, 6,
                                 tzinfo=datetime.timezone.utc)
        updates = {
            'launched_at': time, 'terminated_at': None, 'progress': 5,
            'fault': {'code': 500}, 'tags': ['a'],
            'flavor': objects.Flavor(name='small')}
        packed = objects.Instance.pack(updates)
        self.assertEqual('2030-01-02T03:04:05.000006+00:00',
                         packed['launched_at'])
        self.assertEqual(updates, objects.Instance.unpack(packed))
        self.assertIsNone(objects.Instance.pack(None))
        self.assertIsNone(objects.Instance.unpack(None))

    def test_updates_are_checked(self):
        for updates in ({'colour': 'red'}, {'progress': 'far'},
                        {'launched_at': 5}):
            self.assertRaises(ValueError, objects.Instance.pack, updates)
