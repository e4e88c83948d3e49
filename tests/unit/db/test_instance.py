"""Instances: written, found, paged."""

import datetime
import uuid

from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class InstanceTestCase(base.DatabaseTestCase):

    def names(self, filters=None, **kwargs):
        kwargs.setdefault('sort_key', 'display_name')
        kwargs.setdefault('sort_dir', 'asc')
        return [one.display_name for one in
                objects.InstanceList.get_by_filters(
                    self.context, filters or {}, **kwargs)]

    def test_what_a_new_one_gets(self):
        flavor = objects.Flavor.get_by_flavor_id(self.context, '2')
        instance = objects.Instance(
            self.context, uuid=str(uuid.uuid4()), flavor=flavor,
            metadata={'a': 'b'}, tags=['x'])
        instance.create()
        stored = objects.Instance.get_by_uuid(self.context, instance.uuid)
        self.assertEqual(instance, stored)
        self.assertEqual(
            (256, 1, 1, 'm1.small', {'a': 'b'}, ['x'], 'building', False),
            (stored.memory_mb, stored.vcpus, stored.root_gb,
             stored.flavor.name, stored.metadata, stored.tags,
             stored.vm_state, stored.deleted))

    def test_twice(self):
        instance = self.make_instance()
        self.assertRaises(exception.AlreadyExists, self.make_instance,
                          uuid=instance.uuid)

    def test_save_writes_what_changed(self):
        instance = self.make_instance()
        other = objects.Instance.get_by_uuid(self.context, instance.uuid)
        instance.display_name = 'mine'
        other.description = 'theirs'
        instance.save()
        other.save()
        self.assertEqual(('mine', 'theirs'),
                         (other.display_name, other.description))
        self.assertGreaterEqual(other.updated_at, instance.updated_at)

    def test_save_what_is_gone(self):
        instance = self.make_instance()
        other = objects.Instance.get_by_uuid(self.context, instance.uuid)
        instance.deleted = True
        instance.save()
        self.assertEqual('deleted', instance.vm_state)
        other.display_name = 'late'
        self.assertRaises(exception.InstanceNotFound, other.save)

    def test_filters(self):
        self.make_instance(display_name='a', project_id='p1',
                           tags=['red', 'blue'])
        self.make_instance(display_name='b', vm_state='stopped', host=None,
                           tags=['red'], locked=True)
        gone = self.make_instance(display_name='c', tags=['a"red"'])
        gone.deleted = True
        gone.save()
        for filters, expected in (
                ({}, 'ab'),
                ({'deleted': None}, 'ab'),
                ({'deleted': True}, 'c'),
                ({'deleted': [True, False]}, 'abc'),
                ({'project_id': 'p1'}, 'a'),
                ({'vm_state': ['active', 'stopped']}, 'ab'),
                ({'status': 'stopped'}, 'b'),
                ({'host': None}, 'b'),
                ({'host': [None, 'host1']}, 'ab'),
                ({'locked': True}, 'b'),
                ({'name': '^[ax]$'}, 'a'),
                ({'uuid': gone.uuid, 'deleted': True}, 'c'),
                ({'tags': ['red']}, 'ab'),
                ({'tags': ['red', 'blue']}, 'a'),
                ({'tags-any': ['blue', 'green']}, 'a'),
                ({'not-tags': ['red', 'blue']}, 'b'),
                ({'not-tags-any': ['blue']}, 'b')):
            self.assertEqual(list(expected), self.names(filters), filters)

    def test_changes(self):
        one = self.make_instance(display_name='a')
        later = one.updated_at + datetime.timedelta(seconds=60)
        self.assertEqual(['a'], self.names(
            {'changes-since': one.updated_at}))
        self.assertEqual([], self.names({'changes_since': later}))
        self.assertEqual(['a'], self.names(
            {'changes_before': later.isoformat()}))
        one.deleted = True
        one.save()
        self.assertEqual(['a'], self.names(
            {'changes_since': one.created_at}))

    def test_nonsense(self):
        for kwargs in ({'filters': {'colour': 'red'}},
                       {'filters': {'name': '['}},
                       {'sort_key': 'colour'}, {'marker': 'nobody'}):
            self.assertRaises(exception.Invalid, self.names, **kwargs)

    def test_pages(self):
        for number, host in enumerate((None, 'h1', 'h1', None, 'h2')):
            self.make_instance(display_name=str(number), host=host)
        for key, direction, expected in (
                ('display_name', 'asc', '01234'),
                ('created_at', 'desc', '43210'),
                ('host', 'asc', '03124'), ('host', 'desc', '42130')):
            marker, found = None, []
            while page := objects.InstanceList.get_by_filters(
                    self.context, {}, limit=2, marker=marker, sort_key=key,
                    sort_dir=direction):
                found.extend(page)
                marker = page[-1].uuid
            self.assertEqual(
                expected, ''.join(one.display_name for one in found),
                (key, direction))

    def test_by_host(self):
        one = self.make_instance(host='host2')
        self.make_instance()
        gone = self.make_instance(host='host2')
        gone.deleted = True
        gone.save()
        self.assertEqual([one.uuid], [
            found.uuid for found in objects.InstanceList.get_by_host(
                self.context, 'host2')])
