"""Instance actions, as operations leave them."""

import datetime

from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from tests.unit.db import base


class InstanceActionTestCase(base.DatabaseTestCase):

    def act(self, instance):
        """Let an operation run through; return its request id."""
        asked = context.RequestContext(overwrite=False)
        operation = objects.Operation.accept(
            asked, instance, 'start', 'start_instance', 'powering-on',
            host='host1')
        objects.Operation.claim(
            asked, operation.uuid, 'start_instance', 'me',
            operation.uuid).finish('succeeded')
        return asked.request_id

    def test_the_newest_first_in_pages(self):
        instance = self.make_instance()
        asked = [self.act(instance) for _ in range(3)]
        get = objects.InstanceActionList.get_by_instance
        self.assertEqual(asked[::-1], [
            one.request_id for one in get(self.context, instance.uuid)])
        self.assertEqual([asked[1]], [
            one.request_id for one in get(
                self.context, instance.uuid, limit=1, marker=asked[2])])
        self.assertRaises(exception.Invalid, get, self.context,
                          instance.uuid, marker='req-nobody')

    def test_changes(self):
        instance = self.make_instance()
        self.act(instance)
        get = objects.InstanceActionList.get_by_instance
        action = get(self.context, instance.uuid)[0]
        later = action.updated_at + datetime.timedelta(seconds=60)
        for kwargs, count in (
                ({'changes_since': action.updated_at}, 1),
                ({'changes_since': later}, 0),
                ({'changes_before': later}, 1),
                ({'changes_before': action.start_time
                  - datetime.timedelta(seconds=60)}, 0)):
            self.assertEqual(
                count, len(get(self.context, instance.uuid, **kwargs)),
                kwargs)

    def test_unknown(self):
        self.assertRaises(
            exception.ActionNotFound,
            objects.InstanceAction.get_by_request_id, self.context,
            'nobody', 'req-nobody')
