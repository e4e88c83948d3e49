"""Resizes that nobody confirms."""

import dataclasses
import datetime

from nova_gs.conductor import confirming
from nova_gs import objects
from tests.fixtures import clock
from tests.unit.conductor import base


class TestConfirmOverdue(base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.flags(resize_confirm_window=60)

    def resized(self, **values):
        """Return the instance of a resize that is finished."""
        instance = self.make_instance(**{
            'host': 'host2', 'vm_state': 'resized', **values})
        objects.Migration(
            self.context, instance_uuid=instance.uuid, status='finished',
            migration_type='resize', source_compute='host1',
            dest_compute='host2', old_vm_state='active').create()
        return instance

    def confirm(self, later):
        """Look so many seconds from now; return what was sent."""
        self.publisher.published.clear()
        means = dataclasses.replace(self.means, clock=clock.ManualClock(
            datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(seconds=later)))
        count = confirming.confirm_overdue(self.context, means)
        sent = [sent[:2] for sent in self.publisher.published]
        self.assertEqual(count, len(sent))
        return sent

    def test_in_time(self):
        instance = self.resized()
        self.assertEqual([], self.confirm(50))
        self.assertEqual([('confirm_resize', 'host1')], self.confirm(70))
        operation, = objects.OperationList.get_open_by_instance(
            self.context, instance.uuid)
        stored = self.stored(operation)
        self.assertEqual(
            ('confirm-resize', 'resize_confirming', 'confirming'),
            (stored.kind, stored.instance.task_state,
             stored.migration.status))
        self.assertEqual([], self.confirm(100))

    def test_not_unless_it_is_set(self):
        self.resized()
        self.flags(resize_confirm_window=0)
        self.assertEqual([], self.confirm(10 ** 6))

    def test_what_is_in_the_way(self):
        instance = self.resized()
        for values in ({'vm_state': 'error'}, {'task_state': 'deleting'}):
            before = {name: getattr(instance, name) for name in values}
            self._write(instance, values)
            self.assertEqual([], self.confirm(70))
            self._write(instance, before)
        self.drain('host1')
        self.assertEqual([], self.confirm(70))

    def test_deleted(self):
        self._write(self.resized(), {'deleted': True})
        self.assertEqual([], self.confirm(70))

    def _write(self, instance, values):
        for name, value in values.items():
            setattr(instance, name, value)
        instance.save()
