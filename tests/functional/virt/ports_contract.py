"""What every driver has to do for the ports of guests that move.

A part of the contract's test; see ``contract``.
"""

import uuid

from nova_gs import objects
from nova_gs.virt import driver
from nova_gs.virt import live_migration
from tests.functional.virt import contract


class PortsContract(contract.Help):
    """Tests of the verbs; see ``contract.DriverContract``."""

    def test_ports_of_one_that_moves(self):
        """What needs nothing more is named; a guest finds what it has."""
        source, destination = self.make_pair()
        instance = self.make_instance()
        instance.ports = [objects.Port(
            id=str(uuid.uuid4()), network_id='n',
            mac_address='fa:16:3e:00:00:01', vif_type=driver.Plug.USER)]
        source.spawn(instance, self.make_image())
        data = destination.check_migration(
            instance, contract.sent(source.describe_for_migration(instance)))
        data.ports = instance.ports
        for _twice in range(2):
            accepted = contract.sent(destination.accept_migration(
                instance, contract.sent(data)))
            self.assertLessEqual(
                set(accepted.plugged), {instance.ports[0].id})
            destination.finish_migration(
                instance, live_migration.Side.DESTINATION, False)
            self.assert_not_at(destination, instance)
            self.assert_at(source, instance)
        accepted = destination.accept_migration(instance, data)
        outcome = source.start_migration(
            instance, contract.sent(accepted)).wait(contract.PATIENCE)
        self.assert_moved(source, destination, instance, outcome)
