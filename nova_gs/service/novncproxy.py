"""nova-novncproxy: lets browsers see guests' screens.

It has no part in any operation: a stop costs who looks a moment, and the
guests nothing.
"""

import os
import queue
import threading

from oslo_log import log as logging

from nova_gs.compute import peers
from nova_gs.compute import rpcapi
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs.consoles import finder
from nova_gs.consoles import server
from nova_gs import context
from nova_gs.rpc import transport
from nova_gs.service import meditation
from nova_gs.service import options
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import errand
from nova_gs.shutdown import inbox
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import signals
from nova_gs.shutdown import supervision
from nova_gs.shutdown import systemd

LOG = logging.getLogger(__name__)

#: How often a stop looks whether all have left, in seconds.
_LOOK_EVERY = 0.05


class NoVncProxyService:
    """A console proxy; any number of them may run.

    :param conf: ConfigOpts
    :param clock: Clock
    :raises: ConfigurationError when the start cannot go on
    """

    def __init__(self, conf, clock):
        self._conf = conf
        self._clock = clock
        #: Set by a second SIGTERM: then nobody waits for a peer any more.
        self._leaving = threading.Event()
        self._inbox = inbox.Inbox(clock, systemd.Watchdog())
        self._supervision = supervision.Supervision(clock, deadlines.Budget(
            conf.vnc.stop_grace + server.ENDED_WITHIN, 0, 0))
        self._reload = errand.Errand('reload', self._read_again)
        self._meditation = meditation.Meditation(
            conf, clock, {'Service': self._describe})
        server.require_novnc(conf)
        listener = server.listen(conf)
        self._messages = transport.create(conf)
        conductor_rpcapi.seat_records(conf, self._messages, lambda: None)
        self._server = server.Server(
            listener, finder.Finder(rpcapi.ComputeAPI(
                conf, self._messages, clock, peers.Peers(
                    context.get_admin_context(), clock), self._leaving)),
            conf.vnc.novnc_web, conf.vnc.allowed_origins)
        self._supervision.meet()

    @property
    def address(self):
        """Return (host, port) that it listens on."""
        return self._server.address

    def run(self):
        """Serve until told to stop.

        :returns: the exit code
        """
        signals.deliver(self._inbox, self._meditation.write)
        self._server.start()
        LOG.info('nova-novncproxy listens on http://%s:%d/.',
                 *self._server.address)
        systemd.ready()
        self._await_stop()
        systemd.stopping('stopping: no new consoles are opened')
        self._server.close()
        self._let_end()
        left = self._server.end_screens()
        self._leaving.set()
        transport.close((self._messages,))
        LOG.info('nova-novncproxy has stopped%s.', left and (
            '; %d browsers did not hear of it in time' % left) or '')
        return policy.ExitCode.CLEAN

    def _await_stop(self):
        while True:
            notice = self._inbox.get()
            if notice is phases.Event.TERM:
                return
            self._hear(notice)

    def _let_end(self):
        """Wait for those who look, for a while, unless hurried."""
        grace = self._conf.vnc.stop_grace
        lease = self._supervision.lease()
        if lease is not None:
            grace = min(grace, max(0, lease - server.ENDED_WITHIN))
        end = self._clock.now() + grace
        while not self._server.wait_idle(0) and self._clock.now() < end:
            try:
                notice = self._inbox.get(_LOOK_EVERY)
            except queue.Empty:
                continue
            if notice is phases.Event.TERM:
                return
            self._hear(notice)

    def _hear(self, notice):
        if notice is phases.Event.QUIT:
            LOG.warning('nova-novncproxy leaves at once; %d consoles end '
                        'without a word.', self._server.open_screens)
            os._exit(policy.ExitCode.FORCED)
        if notice is inbox.Notice.RELOAD:
            self._reload.ask()

    def _read_again(self):
        with self._supervision.reloading():
            options.reload(self._conf)

    def _describe(self):
        """Return lines for a report."""
        yield 'address: http://%s:%d/' % self._server.address
        yield 'open consoles: %d' % self._server.open_screens
