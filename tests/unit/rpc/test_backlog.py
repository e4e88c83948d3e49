"""What may be taken out of a queue, and what becomes of a broker's failures.

The broker itself is in tests/functional/test_flood.py.
"""

import json
import types

import amqp

from nova_gs.rpc import backlog
from nova_gs.rpc import catalogue
from tests.fixtures import channels
from tests.fixtures import clock
from tests.unit import base


def body(method):
    return json.dumps({'oslo.version': '2.0', 'oslo.message': json.dumps(
        {'method': method, 'args': {}})})


class TestIsNeedless(base.TestCase):

    def test_what_begins_is_recorded(self):
        self.assertEqual(
            {'build_instance', 'delete_instance', 'start_instance',
             'stop_instance', 'reboot_instance', 'pause_instance',
             'unpause_instance', 'suspend_instance', 'resume_instance',
             'prep_resize', 'confirm_resize', 'revert_resize'},
            {row.name for row in catalogue.rows_served_on(
                catalogue.Topic.NEW_WORK)
             if backlog.is_needless(body(row.name))})

    def test_what_is_not_understood_stays(self):
        for said in (body('no_such_method'), '', 'x', '[]', '{}', 'null',
                     json.dumps({'oslo.message': 'x'}),
                     json.dumps({'oslo.message': '{}'}),
                     json.dumps({'oslo.message': None})):
            self.assertFalse(backlog.is_needless(said))


class TestClear(base.TestCase):

    def clear(self, driver):
        return backlog.clear(types.SimpleNamespace(_driver=driver),
                             'compute.host1', clock.ManualClock(), 1)

    def test_nothing_to_do(self):
        for driver in (
                object(),
                channels.FakeDriver(channels.FakeConnection({})),
                channels.FakeDriver(
                    error=amqp.ConnectionForced('shut down'))):
            self.assertEqual(0, self.clear(driver))
