"""nova-compute: two RPC servers over one manager, and their stop.

``compute`` takes new work and is detached first; ``compute-alt`` carries
begun work to its end and is detached last.  Where a peer cannot send to
``compute-alt``, what it has to say still comes in by ``compute``.
"""

import functools
import os
import threading
import uuid

from oslo_log import log as logging

from nova_gs.compute import executors
from nova_gs.compute import fence
from nova_gs.compute import host as compute_host
from nova_gs.compute.live_migration import completion
from nova_gs.compute.live_migration import silence
from nova_gs.compute import manager as compute_manager
from nova_gs.compute import old_peers
from nova_gs.compute import outbox
from nova_gs.compute import peers
from nova_gs.compute import ports
from nova_gs.compute import power_sync
from nova_gs.compute import records
from nova_gs.compute import recovery
from nova_gs.compute import recovery_report
from nova_gs.compute import rpcapi
from nova_gs.compute import state_path
from nova_gs.compute import ties
from nova_gs.compute import turns
from nova_gs import concurrency
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import transport
from nova_gs.service import calling_off
from nova_gs.service import daemon
from nova_gs.service import host_record
from nova_gs.service import intake
from nova_gs.service import queues
from nova_gs.service import quiesce
from nova_gs import servicegroup
from nova_gs.shutdown import policy
from nova_gs.shutdown import report
from nova_gs.shutdown import systemd
from nova_gs import steps
from nova_gs.virt import drivers

LOG = logging.getLogger(__name__)

_NEW_WORK = catalogue.Topic.NEW_WORK
_ONGOING = catalogue.Topic.ONGOING

#: Directory of what the conductor has not taken, in the state path.
UNRECORDED = 'unrecorded'

#: What the init system shows of a host that takes nothing in.
_STATUS = {policy.Openness.LETTING_GO: 'quiesced: no new work is taken'}

#: Longest wait for one RPC while starting or stopping, in seconds.
RPC_WITHIN = 2

#: The same, when the host is released and nobody has answered lately.
SILENT_WITHIN = 0.3

#: The same, when it is not known what stands in the service record.
IN_DOUBT_WITHIN = 1.2

#: Longest wait, when the host is released, for a "compute" that is just
#: being left, in seconds.
LEFT_WITHIN = 0.5


class ComputeService(daemon.Daemon):
    """The compute daemon of one host.

    :param conf: ConfigOpts
    :param clock: Clock
    """

    binary = fields.Binary.COMPUTE

    def __init__(self, conf, clock):
        super().__init__(conf, clock, conf.host)
        self.owner = str(uuid.uuid4())
        self.context = context.get_admin_context()
        self._state_path = state_path.StatePath(conf.state_path)
        self._outbox = outbox.Outbox(os.path.join(
            conf.state_path, UNRECORDED))
        self._heartbeat = None
        self._record = host_record.HostRecord(
            self.context, self.host, self.owner,
            conf.compute.availability_zone)
        self._driver = drivers.load(conf)
        self._transports = {
            topic: transport.create(conf)
            for topic in (_NEW_WORK, _ONGOING)}
        self._conductor = conductor_rpcapi.seat_records(
            conf, self._transports[_NEW_WORK], self._rpc_bound)
        self._peers = peers.Peers(self.context, clock)
        self._quiescing = quiesce.Quiescing(
            self.coordinator, self.gate, self.tracker, self._record,
            conf.shutdown)
        #: Held while what waits is dropped, or taken up.
        self._turn = threading.Lock()
        self._manager = compute_manager.ComputeManager(
            self._make_host(self._conductor), self._quiescing)
        self._runner = steps.StepRunner(
            self.gate, self.owner, self._manager.host.executors.operations,
            outbox=self._outbox,
            persist=self._manager.host.recorder.persist)
        self._recovery = recovery.Recovery(
            self._manager.host, self.context, self.gate,
            self._manager.departures, recovery_report.RecoveryReport(
                os.path.join(conf.state_path, recovery_report.FILE),
                self.host, clock))
        self._power_sync = power_sync.PowerSync(
            self._manager.host, self.context, conf)
        self._ties = ties.Ties(
            self.host, self.owner, self._manager.host.servicegroup)
        self._queues = queues.Queues(
            conf, self.host, self._manager, self._transports,
            {_NEW_WORK: self._invoke_by_compute,
             _ONGOING: self._runner.invoke}, self.stopping, clock)
        self._old_peers = old_peers.OldPeers(
            conf, self.context, self.host, self._peers)
        self._intake = intake.Intake(
            clock, self._can_leave_compute, self._old_peers.find,
            functools.partial(self._queues.take_up, _NEW_WORK),
            self._leave_compute, self.leaving)

    # -- start

    def start(self):
        if not self._state_path.take(self.stopping):
            return
        self.patiently('the hypervisor', self._init_driver,
                       exception.HypervisorUnavailable,
                       remedy=self._driver.REMEDY)
        self.await_broker(self._transports[_NEW_WORK])
        self.patiently(
            'the conductor', self._register, exception.PeerUnavailable,
            remedy='Start nova-conductor, with the same transport_url.')
        if self.stopping.is_set():
            return
        self._start_heartbeat()
        self.patiently('the conductor', self._settle_alone,
                       exception.PeerUnavailable)
        self._quiescing.begin()
        self._queues.open(_ONGOING)
        self.patiently('the conductor', self._recovery.aside,
                       exception.PeerUnavailable)
        self.patiently('the conductor', self._power_sync.begin,
                       exception.PeerUnavailable)
        self._queues.clear(_NEW_WORK)
        self._take_up_offered(
            before=functools.partial(self._queues.open, _NEW_WORK))
        if self.stopping.is_set():
            return
        LOG.info('nova-compute serves host %s, in %s.', self.host,
                 concurrency.current().value)
        systemd.ready(_STATUS.get(self.gate.openness, 'serving'))

    def _rpc_bound(self):
        """Return how long any call to the conductor may take, or None."""
        if not self.stopping.is_set():
            return None
        return self.coordinator.bounded(RPC_WITHIN)

    def _make_host(self, conductor):
        compute = rpcapi.ComputeAPI(
            self.conf, self._transports[_ONGOING], self.clock,
            self._peers, self.leaving)
        return compute_host.Host(
            name=self.host, owner=self.owner, clock=self.clock,
            driver=self._driver, compute_rpcapi=compute,
            publisher=offers.Publisher(compute, conductor),
            recorder=records.Recorder(
                self.leaving, self.stopping, self._outbox, self.clock),
            executors=executors.Executors(self.conf),
            servicegroup=servicegroup.ServiceGroup(
                self.conf, self._is_recovering),
            fence=fence.Fence(self.host), turns=turns.Turns(),
            plugging=ports.plugging(self.conf),
            patience=completion.Patience.of(self.conf))

    def _is_recovering(self):
        return self._heartbeat is not None and self._heartbeat.is_recovering(
            self.conf.service_down_time)

    def _init_driver(self):
        self._driver.init_host()
        return True

    def _register(self):
        self._record.register()
        with rpc_client.at_most(RPC_WITHIN):
            self._record.describe(
                self._driver.describe_host(), self.conf.compute)
            self._peers.fleet_version()

    def _settle_alone(self):
        self._outbox.deliver(self._manager.host, self.context)
        self._recovery.alone()

    def _start_heartbeat(self):
        self._heartbeat = servicegroup.Heartbeat(
            self._record, self.conf.report_interval,
            beats=(self._record.repeat, self._runner.settle,
                   self._peers.fleet_version, self._recovery.again,
                   lambda: self._manager.rooms.look(
                       self.context, self.gate),
                   # A stop begins nothing but what it needs.
                   lambda: (self.stopping.is_set()
                            or self._power_sync.beat()),
                   silence.Silence(
                       self.clock, self.conf.service_down_time,
                       self._recovery.tidy).beat))
        self._heartbeat.start()

    # -- quiesce, and take it back

    def set_aside(self):
        self._quiescing.moved()
        systemd.status(_STATUS[policy.Openness.LETTING_GO])
        with self._turn:
            dropped = self._runner.set_aside()
        if dropped:
            LOG.info('%d steps are not begun; they stay offered.', dropped)

    def take_up(self):
        self._quiescing.moved()
        systemd.status('serving')
        self._take_up_offered()

    def _take_up_offered(self, before=lambda: None):
        """Begin what waits for this host, and then what comes meanwhile.

        :param before: callable() that lets it come
        """
        with self._runner.first():
            before()
            self.patiently('the conductor', self._take_up_pages,
                           exception.PeerUnavailable)

    def _take_up_pages(self):
        with self._turn:
            return recovery.take_up_offered(
                self._manager.host, self.context, self._manager,
                self._runner, self.gate)

    # -- stop

    def close_intake(self):
        dropped = self._manager.host.executors.operations.close()
        for operation_uuid in dropped:
            self.gate.hand_back(operation_uuid)
        if dropped:
            LOG.info('%d steps are not begun; they stay offered.',
                     len(dropped))
        self._intake.close()

    def announce(self):
        self._record.draining(self.coordinator.deadline)

    def put_off(self, deadline):
        self._record.put_off(deadline)

    def elsewhere(self, timeout):
        if self._record.service is None:
            return []
        works = self.tracker.list()
        with rpc_client.at_most(min(RPC_WITHIN, timeout)):
            found = self._ties.find(self.context)
        works += self.tracker.list() + self.coordinator.left()
        ours = {work.operation_uuid for work in works}
        return [ties.tie_of(operation) for operation in found
                if operation.uuid not in ours]

    def is_answered(self):
        return self._conductor.answers

    def call_off(self):
        calling_off.CallingOff(
            self.conf, self.context, self.coordinator, self.tracker,
            self.leaving).run(self._manager)

    def release(self):
        saying = threading.Thread(
            target=self._say_goodbye, daemon=True, name='goodbye')
        if self._heartbeat:
            self._heartbeat.stop()
        patience = self._patience()
        end = self.clock.now() + patience
        saying.start()
        self._intake.finish(LEFT_WITHIN)
        self._queues.leave(_ONGOING, patience)
        self._driver.close()
        saying.join(max(0, end - self.clock.now()))
        transport.close(self._transports.values(), min(
            transport.CLOSED_WITHIN, max(0, end - self.clock.now())))

    def _patience(self):
        """Return how long the goodbyes may take, in seconds."""
        if self.is_answered() and not self._follower.silence():
            return RPC_WITHIN
        return IN_DOUBT_WITHIN if self._record.in_doubt else SILENT_WITHIN

    def last_words(self):
        # Beside the operations, as there is one second for everything.
        saying = threading.Thread(
            target=self._record.stopped, daemon=True, name='goodbye')
        saying.start()
        self._mark_left()
        saying.join(RPC_WITHIN)

    def operations_known(self):
        yield 'owner: %s' % self.owner
        yield 'listens on: %s' % (', '.join(sorted(
            topic.value for topic in self._queues.topics)) or 'nothing')
        yield from super().operations_known()
        yield from self._runner.describe()

    def waiting(self):
        return self._manager.host.executors.operations.waiting()

    def report_path(self):
        return os.path.join(self.conf.state_path, report.FILE)

    # -- "compute" in a stop

    def _invoke_by_compute(self, row, method, ctxt, **arguments):
        row = self._intake.seen_from_here(
            row, arguments.get('operation_uuid'))
        return self._runner.invoke(row, method, ctxt, **arguments)

    def _can_leave_compute(self):
        return (_NEW_WORK not in self._queues.topics or
                self._old_peers.are_none())

    def _leave_compute(self):
        self._queues.leave(_NEW_WORK, RPC_WITHIN if self.leaving.is_set()
                           else None)

    def _say_goodbye(self):
        # First: what has not begun is not interrupted.
        self._settle_claims()
        self._mark_left()
        self._record.stopped()

    def _settle_claims(self):
        """Give back what we may hold without knowing, if it can be told."""
        try:
            with rpc_client.at_most(RPC_WITHIN):
                self._runner.settle()
        except exception.NovaGSException as error:
            LOG.warning('Whether this host holds steps without knowing '
                        'cannot be told: %s', exception.reason_of(error))

    def _mark_left(self):
        for work in self.coordinator.left():
            if work.operation_uuid:
                self._mark_interrupted(work.operation_uuid)

    def _mark_interrupted(self, operation_uuid):
        try:
            with rpc_client.at_most(RPC_WITHIN):
                operation = objects.Operation.get_by_uuid(
                    self.context, operation_uuid)
                if operation.owner == self.owner:
                    operation.mark_interrupted(
                        'Interrupted: nova-compute on host %s had to end '
                        'before this did. It is settled when it starts '
                        'again.' % self.host)
            return
        except exception.ClaimRefused:
            # It has ended at the last moment.
            return
        except exception.NovaGSException as error:
            reason = exception.reason_of(error)
        # Not in the clause above: oslo.log would add the error again.
        LOG.warning('Operation %s could not be marked as interrupted: %s',
                    operation_uuid, reason)
