"""What an operation costs in round trips to a conductor.

A claim is the only one more than the outcome needs.
"""

import fixtures

from nova_gs import clock
from nova_gs.compute import manager as compute_manager
from nova_gs.conductor import manager as conductor_manager
from nova_gs.objects import base as objects_base
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.shutdown import tracker
from nova_gs import steps
from tests.fixtures import compute
from tests.fixtures import wire
from tests.unit.db import base


class ImmediatePool:
    """Runs at once what a pool would run later."""

    def submit(self, key, function, *args):
        function(*args)


class TestRoundTrips(base.DatabaseTestCase):

    def test_operation(self):
        gate = tracker.Gate(tracker.Tracker(clock.Clock()), 'host1')
        runner = steps.StepRunner(gate, 'me', ImmediatePool())
        manager = compute_manager.ComputeManager(compute.host(self.conf))
        for step in ('stop_instance', 'start_instance', 'reboot_instance',
                     'delete_instance'):
            operation = self.accept(step=step)
            line = wire.Wire(conductor_manager.ConductorManager(None))
            with fixtures.MonkeyPatch(
                    'nova_gs.objects.base.NovaObject.indirection_api',
                    wire.indirection(line)):
                runner.invoke(
                    catalogue.ROWS[step], getattr(manager, step),
                    self.context, operation_uuid=operation.uuid)
            self.assertEqual(['claim', 'finish_claimed'], line.called, step)
            self.assertIsNone(objects_base.NovaObject.indirection_api)
            self.assertEqual(
                fields.OperationState.SUCCEEDED,
                operation.get_by_uuid(self.context, operation.uuid).state)
