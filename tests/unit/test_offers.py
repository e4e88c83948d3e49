"""Who an offered step is sent to, and what an absent broker does."""

import types

from nova_gs import offers
from nova_gs.rpc import catalogue
from tests.fixtures import compute
from tests.unit import base


class FakeDoor:
    """Either rpcapi; raises ``error`` if there is one."""

    def __init__(self):
        self.error = None
        self.sent = []

    def __getattr__(self, step):
        return lambda ctxt, *arguments: self._send(step, arguments)

    def _send(self, step, arguments):
        if self.error:
            raise self.error
        self.sent.append((step,) + arguments)


def operation(step):
    return types.SimpleNamespace(uuid='u', step=step, host='host2')


class TestPublisher(base.TestCase):

    def setUp(self):
        super().setUp()
        self.compute, self.conductor = FakeDoor(), FakeDoor()
        self.publisher = offers.Publisher(self.compute, self.conductor)

    def test_each_step_goes_to_its_executor(self):
        steps = [row.name for row in catalogue.ROWS.values()
                 if row.kind is catalogue.Kind.CAST]
        for step in steps:
            self.assertTrue(self.publisher.publish(None, operation(step)))
        self.assertEqual({('build_server', 'u'), ('live_migrate_server', 'u'),
                          ('migrate_server', 'u')},
                         set(self.conductor.sent))
        self.assertEqual(
            {(step, 'host2', 'u') for step in steps
             if not catalogue.is_conductor_step(step)},
            set(self.compute.sent))

    def test_absent_broker_is_no_error(self):
        for door in (self.compute, self.conductor):
            door.error = compute.unreachable()
        for step in ('reboot_instance', 'build_server'):
            self.assertFalse(self.publisher.publish(None, operation(step)))
