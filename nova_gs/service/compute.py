"""nova-compute: two RPC servers over one manager, and their stop.

``compute`` takes new work and is detached first; ``compute-alt`` carries
begun work to its end and is detached last.
"""

import os
import threading
import uuid

from oslo_log import log as logging

from nova_gs.compute import executors
from nova_gs.compute import host as compute_host
from nova_gs.compute import manager as compute_manager
from nova_gs.compute import records
from nova_gs.compute import recovery
from nova_gs.compute import rpcapi
from nova_gs.compute import state_path
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import base as objects_base
from nova_gs.objects import fields
from nova_gs import offers
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import server as rpc_server
from nova_gs.rpc import transport
from nova_gs.rpc import versions
from nova_gs.service import daemon
from nova_gs import servicegroup
from nova_gs.shutdown import systemd
from nova_gs import steps
from nova_gs.virt import drivers

LOG = logging.getLogger(__name__)

REPORT_FILE = 'drain-report.json'

#: What to do when the hypervisor is away, where it does not say so itself.
_REMEDIES = {'libvirt': 'Start libvirtd, or correct [libvirt] connection_uri.'}

#: Longest wait for one RPC while starting or stopping, in seconds.
RPC_WITHIN = 2


class ComputeService(daemon.Daemon):
    """The compute daemon of one host.

    :param conf: ConfigOpts
    :param clock: Clock
    """

    def __init__(self, conf, clock):
        super().__init__(conf, clock, conf.host)
        self.owner = str(uuid.uuid4())
        self.context = context.get_admin_context()
        self._state_path = state_path.StatePath(conf.state_path)
        self._servers = {}
        self._opening = threading.Lock()
        self._heartbeat = None
        self._service = None
        self._driver = drivers.load(conf)
        self._transports = {
            topic: transport.create(conf)
            for topic in (catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING)}
        conductor = self._seat_records()
        self._manager = compute_manager.ComputeManager(
            self._make_host(conductor))
        self._runner = steps.StepRunner(
            self.gate, self.owner, self._manager.host.executors.operations)

    # -- start

    def start(self):
        if not self._state_path.take(self.stopping):
            return
        self.patiently('the hypervisor', self._init_driver,
                       exception.HypervisorUnavailable,
                       remedy=_REMEDIES.get(self.conf.compute_driver, ''))
        self.await_broker(self._transports[catalogue.Topic.NEW_WORK])
        self._service = self.patiently(
            'the conductor', self._register, exception.PeerUnavailable,
            remedy='Start nova-conductor, with the same transport_url.')
        if self.stopping.is_set():
            return
        host = self._manager.host
        self._start_heartbeat()
        recovery.settle_interrupted(host, self.context)
        recovery.give_rooms_back(host, self.context)
        self._open(catalogue.Topic.ONGOING)
        self._open(catalogue.Topic.NEW_WORK)
        if self.stopping.is_set():
            return
        recovery.take_up_offered(host, self.context, self._manager,
                                 self._runner)
        LOG.info('nova-compute serves host %s.', self.host)
        systemd.ready()

    def _seat_records(self):
        objects.register_all()
        conductor = conductor_rpcapi.ConductorAPI(
            self.conf, self._transports[catalogue.Topic.NEW_WORK])
        objects_base.NovaObject.indirection_api = (
            conductor_rpcapi.Indirection(conductor))
        return conductor

    def _make_host(self, conductor):
        compute = rpcapi.ComputeAPI(
            self.conf, self._transports[catalogue.Topic.ONGOING], self.clock,
            rpcapi.Peers(self.context, self.clock), self.leaving)
        return compute_host.Host(
            name=self.host, owner=self.owner, clock=self.clock,
            driver=self._driver, compute_rpcapi=compute,
            publisher=offers.Publisher(compute, conductor),
            recorder=records.Recorder(self.leaving),
            executors=executors.Executors(self.conf),
            servicegroup=servicegroup.ServiceGroup(self.conf))

    def _init_driver(self):
        self._driver.init_host()
        return True

    def _register(self):
        with rpc_client.at_most(RPC_WITHIN):
            service = objects.Service.register(
                self.context, self.host, fields.Binary.COMPUTE,
                catalogue.Topic.NEW_WORK.value, versions.SERVICE_VERSION,
                self.owner)
            self._report_host()
        return service

    def _report_host(self):
        facts = self._driver.describe_host()
        settings = self.conf.compute
        objects.ComputeNode.report(self.context, self.host, dict(
            vars(facts),
            reserved_memory_mb=settings.reserved_host_memory_mb,
            ram_allocation_ratio=settings.ram_allocation_ratio,
            cpu_allocation_ratio=settings.cpu_allocation_ratio))

    def _start_heartbeat(self):
        self._heartbeat = servicegroup.Heartbeat(
            self._service, self.conf.report_interval,
            beats=(self._runner.settle,))
        self._heartbeat.start()

    def _open(self, topic):
        """Attach one server, unless the stop has come before."""
        workers = {
            catalogue.Topic.NEW_WORK: self.conf.compute.rpc_workers,
            catalogue.Topic.ONGOING: self.conf.compute.rpc_alt_workers}
        with self._opening:
            if self.stopping.is_set():
                return
            server = rpc_server.create(
                self._transports[topic], topic, self.host, self._manager,
                self._runner.invoke)
            server.start(override_pool_size=workers[topic])
            self._servers[topic] = server

    # -- stop

    def close_intake(self):
        dropped = self._manager.host.executors.operations.close()
        given_back = self._detach(catalogue.Topic.NEW_WORK)
        if given_back is None:
            return
        LOG.info('"compute" is detached: %d messages are back with the '
                 'broker, %d steps stay offered.', given_back, dropped)

    def announce(self):
        self._say_phase(fields.ServicePhase.DRAINING,
                        'nova-compute is being stopped',
                        self.coordinator.deadline)

    def elsewhere(self, timeout):
        if self._service is None:
            return []
        with rpc_client.at_most(min(RPC_WITHIN, timeout)):
            operations = objects.OperationList.open_on_host(
                self.context, self.host)
        return ['%s of instance %s' % (o.kind, o.instance_uuid)
                for o in operations
                if catalogue.holds_host(o.step, claimed=o.owner is not None)]

    def call_off(self):
        self._manager.departures.abort_all('the host had to be stopped')

    def release(self):
        saying = threading.Thread(
            target=self._say_goodbye, daemon=True, name='goodbye')
        if self._heartbeat:
            self._heartbeat.stop()
        saying.start()
        self._detach(catalogue.Topic.ONGOING)
        self._driver.close()
        saying.join(RPC_WITHIN)

    def report_path(self):
        return os.path.join(self.conf.state_path, REPORT_FILE)

    def _detach(self, topic):
        # A start that is just attaching this server finishes that first, or
        # sees that it must not; if it hangs there, nothing was taken in.
        if not self._opening.acquire(timeout=RPC_WITHIN):
            return None
        try:
            server = self._servers.pop(topic, None)
        finally:
            self._opening.release()
        if server is None:
            return None
        given_back = server.detach()
        server.wait_answered(None if topic is catalogue.Topic.NEW_WORK
                             else RPC_WITHIN)
        return given_back

    def _say_goodbye(self):
        for work in self.coordinator.left():
            if work.operation_uuid:
                self._mark_interrupted(work.operation_uuid)
        self._say_phase(fields.ServicePhase.STOPPED,
                        'nova-compute was stopped')

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
        except exception.NovaGSException as error:
            LOG.warning('Operation %s could not be marked as interrupted: '
                        '%s', operation_uuid, exception.reason_of(error))

    def _say_phase(self, phase, reason, deadline=None):
        if self._service is None:
            return
        try:
            with rpc_client.at_most(RPC_WITHIN):
                self._service.announce(phase, reason, deadline)
        except exception.NovaGSException as error:
            LOG.warning('The service record could not be set to "%s": %s',
                        phase, exception.reason_of(error))
