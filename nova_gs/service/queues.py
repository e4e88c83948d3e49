"""The two queues of a compute host, with an RPC server on each."""

import threading

from oslo_log import log as logging

from nova_gs.rpc import backlog
from nova_gs.rpc import catalogue
from nova_gs.rpc import server as rpc_server

LOG = logging.getLogger(__name__)

#: How long leaving a queue waits for a start that is just attaching it, in
#: seconds.
ATTACHED_WITHIN = 2

#: How long a start may clear a queue, in seconds; it manages some thousand
#: messages in each of them.
CLEARED_WITHIN = 5


class Queues:
    """Takes queues up and leaves them.

    :param conf: ConfigOpts
    :param host: name of the host
    :param manager: ComputeManager
    :param transports: {Topic: transport}
    :param invokers: {Topic: what ``rpc.server.create`` calls with a message}
    :param stopping: Event; set when a start must attach nothing more
    :param clock: Clock
    """

    def __init__(self, conf, host, manager, transports, invokers, stopping,
                 clock):
        self._clock = clock
        self._host = host
        self._manager = manager
        self._transports = transports
        self._invokers = invokers
        self._stopping = stopping
        self._workers = {
            catalogue.Topic.NEW_WORK: conf.compute.rpc_workers,
            catalogue.Topic.ONGOING: conf.compute.rpc_alt_workers}
        self._servers = {}
        self._opening = threading.Lock()

    @property
    def topics(self):
        """The Topics of the queues that are attached, as a list."""
        return list(self._servers)

    def open(self, topic):
        """Attach one queue, unless the stop has come before."""
        with self._opening:
            if not self._stopping.is_set():
                self.take_up(topic)

    def clear(self, topic):
        """Take out of a queue, before it is attached, what nobody needs."""
        cleared = backlog.clear(
            self._transports[topic], topic.queue(self._host), self._clock,
            CLEARED_WITHIN)
        if cleared:
            LOG.info('%d messages that waited in "%s" are dropped: their '
                     'steps are recorded, and taken up from there.',
                     cleared, topic.value)

    def take_up(self, topic):
        """Attach one queue, also during a stop."""
        server = rpc_server.create(
            self._transports[topic], topic, self._host, self._manager,
            self._invokers[topic])
        server.start(override_pool_size=self._workers[topic])
        self._servers[topic] = server

    def leave(self, topic, within):
        """Leave a queue, then wait until what came in by it is answered.

        :param within: seconds for that, or None for no limit
        """
        # A start that is just attaching this server finishes that first, or
        # sees that it must not; if it hangs there, nothing was taken in.
        if not self._opening.acquire(timeout=ATTACHED_WITHIN):
            return
        try:
            server = self._servers.pop(topic, None)
        finally:
            self._opening.release()
        if server is None:
            return
        given_back = server.detach() if within is None else server.detach(
            min(within, rpc_server.CONFIRMED_WITHIN))
        LOG.info('"%s" is detached: %d messages are back with the broker.',
                 topic.value, given_back)
        server.wait_answered(within)
