"""What a compute host says of itself: its service record.

The start writes it while a stop may already be under way, and a host that is
gone must not stand there as serving.
"""

import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import versions

LOG = logging.getLogger(__name__)

#: Longest wait for an answer of the conductor, in seconds.
RPC_WITHIN = 2

#: How long a goodbye waits for a registration that is under way, in seconds.
REGISTERED_WITHIN = 1


class HostRecord:
    """The service record of one nova-compute.

    :param ctxt: admin RequestContext
    :param host: name in the record
    :param owner: identity of this process
    :param zone: name of the host's availability zone, or None
    """

    def __init__(self, ctxt, host, owner, zone=None):
        #: ``objects.Service``; None until it is registered.
        self.service = None
        self._ctxt = ctxt
        self._host = host
        self._owner = owner
        self._zone = zone
        self._registering = threading.Lock()
        #: Held while the record is read, and while that is passed on.
        self._reading = threading.Lock()
        self._listener = None
        self._asked = False
        self._over = False
        #: Arguments of a ``draining`` that the conductor has not taken.
        self._untold = None

    def register(self):
        """Write that the host is there, unless the goodbye came before.

        :raises PeerUnavailable: when the conductor does not answer
        """
        with self._registering, rpc_client.at_most(RPC_WITHIN):
            if not self._over:
                self._asked = True
                self._write()

    def describe(self, facts, settings):
        """Write what the host has, and what of it is given out.

        :param facts: driver.HostFacts
        :param settings: the options of the group [compute]
        :raises PeerUnavailable: when the conductor does not answer
        """
        objects.ComputeNode.report(self._ctxt, self._host, dict(
            vars(facts),
            reserved_memory_mb=settings.reserved_host_memory_mb,
            ram_allocation_ratio=settings.ram_allocation_ratio,
            cpu_allocation_ratio=settings.cpu_allocation_ratio,
            disk_allocation_ratio=settings.disk_allocation_ratio))

    def follow(self, listener):
        """Pass on what the record says, now and whenever it was read.

        :param listener: callable(objects.Service)
        """
        with self._reading:
            self._listener = listener
            if self.service is not None:
                listener(self.service)

    def report(self, within=-1):
        """Beat, and pass on what the record says.

        One at a time, so that what was read last is passed on last.

        :param within: seconds to wait for another one to end, -1 for ever
        :returns: whether it was read
        :raises PeerUnavailable: when the conductor does not answer
        """
        if not self._reading.acquire(timeout=within):
            return False
        try:
            if self.service is None or not self.service.report():
                return False
            if self._listener is not None:
                self._listener(self.service)
            return True
        finally:
            self._reading.release()

    def draining(self, deadline):
        """Write that the host takes no new work.

        :param deadline: aware datetime of the process's end at the latest,
            or None
        """
        self._untold = (deadline,)
        self.repeat()

    def put_off(self, deadline):
        """Have the next heartbeat write another deadline of the stop."""
        self._untold = (deadline,)

    def repeat(self):
        """Write once more what was not taken; for the heartbeat.

        Otherwise a host whose broker was away for a moment would go on
        draining with everyone believing that it serves.
        """
        untold = self._untold
        if untold and not self._over and self._announce(
                fields.ServicePhase.DRAINING,
                'nova-compute is being stopped', *untold) and (
                    self._untold is untold):
            self._untold = None

    @property
    def in_doubt(self):
        """Whether a registration was sent that nobody has answered."""
        return self._asked and self.service is None

    def stopped(self):
        """Write that the process is gone; nothing is written after it."""
        self._over = True
        # What is on its way to the conductor would say "serving" afterwards.
        if self._registering.acquire(timeout=REGISTERED_WITHIN):
            self._registering.release()
        if self.in_doubt:
            self._register_to_leave()
        self._announce(fields.ServicePhase.STOPPED,
                       'nova-compute was stopped')

    def _register_to_leave(self):
        """Have a record in which it can be said that we are gone.

        What was sent before and comes through late then finds it, and leaves
        it as it is.
        """
        try:
            with rpc_client.at_most(REGISTERED_WITHIN):
                self._write()
        except exception.NovaGSException as error:
            LOG.info('The conductor could not be told that this host is '
                     'gone: %s', exception.reason_of(error))

    def _write(self):
        self.service = objects.Service.register(
            self._ctxt, self._host, fields.Binary.COMPUTE,
            catalogue.Topic.NEW_WORK.value, versions.SERVICE_VERSION,
            self._owner, self._zone)

    def _announce(self, phase, reason, deadline=None):
        """Write a phase; returns whether the conductor has taken it."""
        if self.service is None:
            return False
        try:
            with rpc_client.at_most(RPC_WITHIN):
                self.service.announce(phase, reason, deadline)
            return True
        except exception.NovaGSException as error:
            reason = exception.reason_of(error)
        # Not in the clause above: oslo.log would add the error again.
        LOG.warning('The service record could not be set to "%s": %s',
                    phase, reason)
        return False
