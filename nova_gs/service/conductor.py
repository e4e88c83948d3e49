"""nova-conductor: the records' keeper, and the first hand on every task."""

import threading
import uuid

from oslo_log import log as logging

from nova_gs.compute import rpcapi
from nova_gs.conductor import manager
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs.conductor import sweeper
from nova_gs.conductor.tasks import base
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs import pools
from nova_gs.rpc import catalogue
from nova_gs.rpc import server as rpc_server
from nova_gs.rpc import transport
from nova_gs.rpc import versions
from nova_gs.service import daemon
from nova_gs.service import database
from nova_gs import servicegroup
from nova_gs.shutdown import systemd
from nova_gs import steps

LOG = logging.getLogger(__name__)


#: How long a stop waits for a start that is attaching the server, in seconds.
ATTACHED_WITHIN = 1


class ConductorService(daemon.Daemon):
    """A conductor; any number of them may run.

    :param conf: ConfigOpts
    :param clock: Clock
    """

    def __init__(self, conf, clock):
        super().__init__(conf, clock, conf.host)
        self.owner = str(uuid.uuid4())
        self.context = context.get_admin_context()
        self._transport = transport.create(conf)
        self._tasks = pools.Pool('task', conf.conductor.max_concurrent_tasks)
        self._means = self._make_means()
        self._runner = steps.StepRunner(self.gate, self.owner, self._tasks)
        self._manager = manager.ConductorManager(self._means)
        self._sweeper = sweeper.Sweeper(self.context, self._means)
        self._server = None
        self._service = None
        self._heartbeat = None
        self._opening = threading.Lock()

    def start(self):
        self.patiently('the database', self._seat_store,
                       exception.PeerUnavailable)
        self.await_broker(self._transport)
        if self.stopping.is_set():
            return
        self._service = objects.Service.register(
            self.context, self.host, fields.Binary.CONDUCTOR,
            catalogue.Topic.CONDUCTOR.value,
            versions.SERVICE_VERSION, self.owner)
        self._heartbeat = servicegroup.Heartbeat(
            self._service, self.conf.report_interval,
            beats=(self._runner.settle,))
        self._heartbeat.start()
        with self._opening:
            if self.stopping.is_set():
                return
            server = rpc_server.create(
                self._transport, catalogue.Topic.CONDUCTOR, self.host,
                self._manager, self._runner.invoke)
            server.start(override_pool_size=self.conf.conductor.workers)
            self._server = server
        self._sweeper.start()
        LOG.info('nova-conductor serves as %s.', self.host)
        systemd.ready()

    def close_intake(self):
        self._sweeper.stop()
        dropped = self._tasks.close()
        # A start that is just attaching the server finishes that first, or
        # sees that it must not; if it hangs there, nothing was taken in.
        if not self._opening.acquire(timeout=ATTACHED_WITHIN):
            return
        server = self._server
        self._opening.release()
        if server is None:
            return
        given_back = server.detach()
        LOG.info('"conductor" is detached: %d messages are back with the '
                 'broker, %d steps stay offered.', given_back, dropped)
        server.wait_answered(None)

    def announce(self):
        if self._service is not None:
            self._service.announce(
                fields.ServicePhase.DRAINING, 'nova-conductor is being '
                'stopped', self.coordinator.deadline)

    def release(self):
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if self._service is not None:
            self._service.announce(fields.ServicePhase.STOPPED,
                                   'nova-conductor was stopped')

    def _seat_store(self):
        return database.seat(self.conf)

    def _make_means(self):
        peers = rpcapi.Peers(self.context, self.clock)
        compute = rpcapi.ComputeAPI(
            self.conf, self._transport, self.clock, peers, self.leaving)
        conductor = conductor_rpcapi.ConductorAPI(self.conf, self._transport)
        return base.Means(
            conf=self.conf, clock=self.clock, compute_rpcapi=compute,
            publisher=offers.Publisher(compute, conductor),
            servicegroup=servicegroup.ServiceGroup(self.conf))
