"""What every operation on a hypervisor host works with."""

import collections
import dataclasses

from nova_gs import clock
from nova_gs.compute import executors
from nova_gs.compute import fence
from nova_gs.compute.live_migration import completion
from nova_gs.compute import ports
from nova_gs.compute import records
from nova_gs.compute import rpcapi
from nova_gs.compute import turns
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs import servicegroup
from nova_gs.virt import driver

#: How many migrations a process remembers to have cleared up after, which is
#: more than are ever looked back at.
CLEARED = 200


@dataclasses.dataclass(frozen=True)
class Host:
    """The host that this process serves, and its means.

    ``name`` is the host's name in records; ``owner`` is the identity of this
    process, made anew at each start; ``patience`` is what its live migrations
    are given; ``cleared`` has the UUIDs of the latest
    migrations of which this process has left nothing on the host.
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
    fence: fence.Fence
    turns: turns.Turns
    plugging: ports.Plugging
    cleared: collections.deque = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=CLEARED))
    patience: completion.Patience = completion.Patience()

    def peer_is_up(self, ctxt, name):
        """Whether another host's nova-compute can be reckoned with.

        It is when nobody can tell: what is offered to it will wait for it,
        what is not may stay there for good.
        """
        try:
            service = objects.Service.get_by_host_and_binary(
                ctxt, name, fields.Binary.COMPUTE)
        except exception.PeerUnavailable:
            return True
        except exception.NovaGSException:
            return False
        return self.servicegroup.is_up(service)

    def pass_on(self, ctxt, operation, step, **offer):
        """Offer the next step of a claimed operation, then send it."""
        self.recorder.insist(operation.offer, step, **offer)
        self.publisher.publish(ctxt, operation)
