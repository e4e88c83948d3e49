"""A conductor on a database of its own, with fakes for the others."""

import datetime
import threading

from nova_gs.conductor import hearing
from nova_gs.conductor.tasks import base as tasks
from nova_gs.db import dialects
from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from nova_gs import servicegroup
from tests.fixtures import clock
from tests.fixtures import rpcapi
from tests.unit.db import base

FACTS = {'hypervisor_type': 'fake', 'hypervisor_version': 1,
         'host_ip': '127.0.0.1', 'vcpus': 4, 'memory_mb': 1024,
         'local_gb': 10, 'cpu_info': {}}


class FakeComputeAPI:
    """Computes that agree to every migration but what ``errors`` says.

    ``errors`` maps (check, host) to what is raised; ``asked`` has (check,
    host); ``when_asked`` is called with both before the answer.
    """

    def __init__(self):
        self.asked = []
        self.errors = {}
        #: Of the MigrateData that they know.
        self.version = '1.1'
        self.when_asked = lambda check, host: None

    def check_can_live_migrate_source(self, ctxt, host, instance):
        self._called('source', host)
        return objects.MigrateData.obj_from_primitive(
            objects.MigrateData(hypervisor_type='fake').obj_to_primitive(
                target_version=self.version))

    def check_can_live_migrate_destination(self, ctxt, host, instance,
                                           migrate_data):
        self._called('destination', host)
        answer = migrate_data.obj_clone()
        answer.target_addr = 'address-of-' + host
        return answer

    def _called(self, check, host):
        self.asked.append((check, host))
        self.when_asked(check, host)
        if (check, host) in self.errors:
            raise self.errors[check, host]


class ConductorTestCase(base.DatabaseTestCase):
    """host1, host2 and host3 serve; host3 has the most memory."""

    def setUp(self):
        super().setUp()
        self.stopping = threading.Event()
        self.publisher = rpcapi.FakePublisher()
        self.compute = FakeComputeAPI()
        self.means = tasks.Means(
            conf=self.conf, clock=clock.ManualClock(),
            compute_rpcapi=self.compute, publisher=self.publisher,
            servicegroup=servicegroup.ServiceGroup(self.conf),
            hearing=hearing.Hearing(
                self.context, self.conf, clock.ManualClock(), self.stopping))
        self.services = {
            name: self.serve(name, memory_mb=1024 * number)
            for number, name in enumerate(('host1', 'host2', 'host3'), 1)}

    def serve(self, host, **facts):
        """Record a compute that serves; returns its Service."""
        objects.ComputeNode.report(self.context, host, {
            **FACTS, 'hypervisor_hostname': 'node-of-' + host, **facts})
        return objects.Service.register(
            self.context, host, 'nova-compute', 'compute', 3,
            'owner-of-' + host)

    def drain(self, host):
        """Let a host say that it drains."""
        self.services[host].announce(
            'draining', 'it is being stopped',
            datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))

    def unheard_for(self, seconds, *hosts):
        """Let hosts have been heard so long ago."""
        table = models.services
        with self.store.database.writer() as connection:
            connection.execute(
                table.update().where(table.c.host.in_(hosts))
                .values(last_seen_at=dialects.now(-seconds)))

    def take(self, operation, claim_id='claim'):
        """Return an accepted operation, claimed by whom it is offered to."""
        return objects.Operation.claim(
            self.context, operation.uuid, operation.step,
            'owner-of-' + (operation.host or 'no host'), claim_id)

    def claimed(self, claim_id='claim', **values):
        """Return an operation on a host, claimed."""
        return self.take(self.accept(**values), claim_id)

    def stored(self, operation):
        """Return an operation as it is recorded."""
        return objects.Operation.get_by_uuid(self.context, operation.uuid)

    def action(self, operation):
        """Return the instance action of an operation."""
        return objects.InstanceAction.get_by_request_id(
            self.context, operation.instance_uuid, operation.request_id)


def no_answer(host, check):
    """Return the error of a host that does not answer."""
    return exception.PeerUnavailable(
        service='compute', host=host, method=check,
        reason='MessagingTimeout')
