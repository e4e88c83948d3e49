"""Events on record: the latest of each kind, and what came after a moment."""

from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.db import base


class ExternalEventsTestCase(base.DatabaseTestCase):

    def record(self, *events):
        """Record (instance, name, tag, status) each."""
        objects.ExternalEventList.record(self.context, [
            dict(zip(('instance_uuid', 'name', 'tag', 'status'), event))
            for event in events])

    def since(self, instance_uuid, after=0):
        return [(event.name, event.tag, event.status)
                for event in objects.ExternalEventList.since(
                    self.context, instance_uuid, after)]

    def last_id(self, instance_uuid):
        return objects.ExternalEventList.last_id(self.context, instance_uuid)

    def test_a_later_one_takes_its_place(self):
        self.record(('i', 'plugged', 'p', 'failed'),
                    ('i', 'plugged', 'q', 'completed'),
                    ('i', 'changed', None, 'completed'))
        self.record(('i', 'plugged', 'p', 'completed'),
                    ('i', 'changed', None, 'completed'))
        self.assertEqual(
            [('plugged', 'q', 'completed'), ('plugged', 'p', 'completed'),
             ('changed', None, 'completed')], self.since('i'))
        self.assertEqual([], self.since('j'))

    def test_what_came_after(self):
        """Also when the last one goes, its number does not come again."""
        self.assertEqual(0, self.last_id('i'))
        self.record(('i', 'plugged', 'p', 'completed'))
        before = self.last_id('i')
        self.assertEqual([], self.since('i', before))
        self.record(('i', 'plugged', 'p', 'completed'))
        self.assertEqual(1, len(self.since('i', before)))
        self.assertLess(before, self.last_id('i'))

    def test_many_at_once(self):
        """Of one port, from several services: none is lost, one stays."""
        results = self.at_once(4, lambda number, store: (
            store.external_events.record([
                {'instance_uuid': 'i', 'name': 'plugged', 'tag': 'p',
                 'status': 'completed'},
                {'instance_uuid': 'i', 'name': 'plugged',
                 'tag': str(number), 'status': 'completed'}])))
        self.assertEqual([None] * 4, results)
        tags = [tag for _, tag, _ in self.since('i')]
        self.assertEqual({'p', '0', '1', '2', '3'}, set(tags))

    def test_a_deleted_instance_has_none(self):
        instance = self.make_instance()
        self.record((instance.uuid, 'plugged', 'p', 'completed'),
                    ('other', 'plugged', 'p', 'completed'))
        operation = self.claimed(
            instance=instance, kind='delete', step='delete_instance',
            task_state='deleting', task_states=None)
        operation.finish(fields.OperationState.SUCCEEDED,
                         instance={'deleted': True})
        self.assertEqual([], self.since(instance.uuid))
        self.assertEqual(1, len(self.since('other')))
