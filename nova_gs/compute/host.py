"""What every operation on a hypervisor host works with."""

import dataclasses

from nova_gs import clock
from nova_gs.compute import executors
from nova_gs.compute import records
from nova_gs.compute import rpcapi
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs import servicegroup
from nova_gs.virt import driver


@dataclasses.dataclass(frozen=True)
class Host:
    """The host that this process serves, and its means.

    ``name`` is the host's name in records; ``owner`` is the identity of this
    process, made anew at each start.
    """

    name: str
    owner: str
    clock: clock.Clock
    driver: driver.ComputeDriver
    compute_rpcapi: rpcapi.ComputeAPI
    publisher: offers.Publisher
    recorder: records.Recorder
    executors: executors.Executors
    servicegroup: servicegroup.ServiceGroup

    def peer_is_up(self, ctxt, name):
        """Whether another host's nova-compute can be reckoned with."""
        try:
            service = objects.Service.get_by_host_and_binary(
                ctxt, name, fields.Binary.COMPUTE)
        except exception.NovaGSException:
            return False
        return self.servicegroup.is_up(service)

    def pass_on(self, ctxt, operation, step, **offer):
        """Offer the next step of a claimed operation, then send it."""
        self.recorder.insist(operation.offer, step, **offer)
        self.publisher.publish(ctxt, operation)
