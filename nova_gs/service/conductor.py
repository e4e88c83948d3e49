"""nova-conductor: the records' keeper, and the first hand on every task."""

import queue
import threading
import uuid

from oslo_log import log as logging

from nova_gs.compute import peers
from nova_gs.compute import rpcapi
from nova_gs.conductor import hearing
from nova_gs.conductor import leftovers
from nova_gs.conductor import manager
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs.conductor import sweeper
from nova_gs.conductor.tasks import base
from nova_gs import context
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs import pools
from nova_gs.rpc import catalogue
from nova_gs.rpc import server as rpc_server
from nova_gs.rpc import transport
from nova_gs.service import daemon
from nova_gs.service import database
from nova_gs.service import line
from nova_gs.service import presence
from nova_gs.service import workers
from nova_gs import servicegroup
from nova_gs.shutdown import systemd
from nova_gs import steps

LOG = logging.getLogger(__name__)

#: How long a stop waits for a start that is attaching the server, in seconds.
ATTACHED_WITHIN = 1


class ConductorService(daemon.Daemon):
    """A conductor, or one worker of it; any number of either may run.

    :param conf: ConfigOpts
    :param clock: Clock
    :param its_line: line.Line to the parent of a worker; None without one
    """

    binary = fields.Binary.CONDUCTOR

    def __init__(self, conf, clock, its_line=None):
        super().__init__(conf, clock, conf.host)
        self.context = context.get_admin_context()
        self._line = its_line
        self._presence = self._make_presence()
        owner = self._presence.owner
        self._transport = transport.create(conf)
        self._tasks = pools.Pool('task', conf.conductor.max_concurrent_tasks)
        self._refused = queue.SimpleQueue()
        self._means = self._make_means()
        self._runner = steps.StepRunner(
            self.gate, owner, self._tasks, on_refusal=self._refused.put)
        self._manager = manager.ConductorManager(self._means)
        self._leftovers = leftovers.Leftovers(
            self.context, self._means, owner, self._in_hand)
        self._sweeper = sweeper.Sweeper(
            self.context, self._means, self._leftovers, self.gate)
        self._server = None
        self._opening = threading.Lock()

    # -- start

    def ear(self):
        if self._line is None:
            return super().ear()
        return self._line.listen(self.inbox)

    def start(self):
        self.patiently('the database', self._seat_store,
                       exception.PeerUnavailable)
        self.await_broker(self._transport)
        if self.stopping.is_set():
            return
        # It may be there and take no changes.
        self.patiently('the database', self._begin_presence,
                       exception.PeerUnavailable)
        with self._opening:
            if self.stopping.is_set():
                return
            server = rpc_server.create(
                self._transport, catalogue.Topic.CONDUCTOR, self.host,
                self._manager, self._runner.invoke)
            server.start(
                override_pool_size=self.conf.conductor.rpc_workers)
            self._server = server
        self._sweeper.start()
        self._say_serving()

    def _begin_presence(self):
        self._presence.begin()
        self._means.hearing.begin()

    def _say_serving(self):
        if self._line is None:
            LOG.info('nova-conductor serves as %s.', self.host)
            systemd.ready()
        else:
            LOG.info('Worker %d of nova-conductor serves as %s.',
                     self._line.number, self.host)
            self._line.serving()

    # -- stop

    def close_intake(self):
        self._sweeper.stop()
        # A start that is just attaching the server finishes that first, or
        # sees that it must not; if it hangs there, nothing was taken in.
        if not self._opening.acquire(timeout=ATTACHED_WITHIN):
            return
        server = self._server
        self._opening.release()
        if server is None:
            return
        given_back = server.detach()
        server.wait_answered(None)
        sent = self._leftovers.publish_again(self._not_begun())
        LOG.info('"conductor" is detached: %d messages are back with the '
                 'broker, %d steps that came in before were sent again.',
                 given_back, sent)

    def announce(self):
        self._presence.draining(self.coordinator.deadline)

    def call_off(self):
        self._means.called_off.set()

    def last_words(self):
        self._leftovers.hand_on(
            work.operation_uuid for work in self.coordinator.left()
            if work.operation_uuid)
        self._presence.end()

    def operations_known(self):
        yield from super().operations_known()
        yield from self._runner.describe()

    def waiting(self):
        return self._tasks.waiting()

    def metrics_port(self):
        port = super().metrics_port()
        # The parent has that one.
        return port + self._line.number if port and self._line else port

    def release(self):
        self.last_words()
        transport.close((self._transport,))

    def _not_begun(self):
        """Return the UUIDs of operations whose step came too late."""
        not_begun = self._tasks.close()
        while not self._refused.empty():
            not_begun.append(self._refused.get())
        return not_begun

    def _in_hand(self):
        return {work.operation_uuid for work in self.tracker.list()}

    def _make_presence(self):
        if self._line is None:
            return make_presence(self.conf)
        return presence.Absence(leftovers.worker_owner(
            self._line.owner, self._line.number))

    def _seat_store(self):
        return database.seat(self.conf)

    def _make_means(self):
        others = peers.Peers(self.context, self.clock)
        compute = rpcapi.ComputeAPI(
            self.conf, self._transport, self.clock, others, self.leaving)
        conductor = conductor_rpcapi.ConductorAPI(self.conf, self._transport)
        return base.Means(
            conf=self.conf, clock=self.clock, compute_rpcapi=compute,
            publisher=offers.Publisher(compute, conductor),
            servicegroup=servicegroup.ServiceGroup(self.conf),
            hearing=hearing.Hearing(self.context, self.conf, self.clock,
                                    self.stopping))


def create(conf, clock):
    """Return what this process is: a conductor, its parent or its worker.

    :param conf: ConfigOpts
    :param clock: Clock
    :returns: a Daemon
    :raises: ConfigurationError
    """
    its_line = line.of_process()
    if its_line is not None or conf.conductor.workers == 1:
        return ConductorService(conf, clock, its_line)
    owner = str(uuid.uuid4())
    return workers.Parent(
        conf, clock, conf.conductor.workers,
        launch=lambda number: line.Worker(number, owner),
        prepare=lambda: database.seat(conf),
        make_presence=lambda serves: make_presence(conf, owner, serves))


def make_presence(conf, owner=None, serves=lambda: True):
    """Return the Presence of this host's conductor.

    :param owner: identity of this process; None makes one
    """
    return presence.Presence(
        context.get_admin_context(), conf.host, owner or str(uuid.uuid4()),
        conf.report_interval, serves)
