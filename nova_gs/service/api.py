"""nova-api: HTTP in, records and messages out.

It needs no coordinator: what it has begun is a matter of moments, and what
it has accepted is in the database.
"""

import os
import threading

from oslo_log import log as logging

from nova_gs.api import app
from nova_gs.api import server
from nova_gs.compute import peers
from nova_gs.compute import rpcapi
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs import context
from nova_gs import offers
from nova_gs.rpc import transport
from nova_gs.service import database
from nova_gs.service import meditation
from nova_gs.service import options
from nova_gs import servicegroup
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import errand
from nova_gs.shutdown import inbox
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import signals
from nova_gs.shutdown import supervision
from nova_gs.shutdown import systemd

LOG = logging.getLogger(__name__)


class ApiService:
    """An API server; any number of them may run.

    :param conf: ConfigOpts
    :param clock: Clock
    :raises: ConfigurationError when the start cannot go on
    """

    def __init__(self, conf, clock):
        self._conf = conf
        self._clock = clock
        self._began = clock.utcnow()
        #: Set by a second SIGTERM: then nobody waits for a peer any more.
        self._leaving = threading.Event()
        self._stopping_since = None
        self._supervision = supervision.Supervision(clock, deadlines.Budget(
            conf.graceful_shutdown_timeout, 0, 0))
        self._reload = errand.Errand('reload', self._read_again)
        self._meditation = meditation.Meditation(
            conf, clock, {'Service': self._describe})
        # First of all: the address is what people get wrong most often.
        listener = server.listen(conf)
        self._server = server.Server(
            self._application(clock), listener, conf.api.threads, clock,
            conf.graceful_shutdown_timeout or None,
            systemd.Watchdog())
        self._supervision.meet()

    @property
    def address(self):
        """Return (host, port) that it listens on."""
        return self._server.address

    def run(self):
        """Serve until told to stop.

        :returns: the exit code
        """
        signals.deliver(self, self._meditation.write)
        LOG.info('nova-api listens on http://%s:%d/v2.1 (authentication: '
                 '%s).', *self.address, self._conf.api.auth_strategy)
        systemd.ready()
        left = self._server.run()
        transport.close((self._messages,))
        if left:
            LOG.warning('nova-api left %d requests without an answer. What '
                        'they had recorded is carried out all the same.',
                        left)
            return policy.ExitCode.LEFT_WORK
        LOG.info('nova-api has stopped; every request was answered.')
        return policy.ExitCode.CLEAN

    def put(self, notice):
        """Hear a signal; called in the thread that listens for them."""
        if notice is phases.Event.TERM:
            if self._stopping_since is not None:
                self._leaving.set()
            else:
                self._stopping_since = self._clock.utcnow()
            systemd.stopping('stopping: no new requests are taken')
            self._server.stop(self._supervision.lease())
        elif notice is phases.Event.QUIT:
            LOG.warning('nova-api leaves at once, with %d requests without '
                        'an answer. What they had recorded is carried out '
                        'all the same.', self._server.answering)
            os._exit(policy.ExitCode.FORCED)
        elif notice is inbox.Notice.RELOAD:
            self._reload.ask()

    def _read_again(self):
        with self._supervision.reloading():
            options.reload(self._conf)

    def _describe(self):
        """Return lines for a report."""
        since = self._stopping_since or self._began
        yield 'address: http://%s:%d' % self.address
        yield 'phase: %s since %s' % (
            'serving' if self._stopping_since is None else 'stopping',
            since.strftime('%Y-%m-%d %H:%M:%S UTC'))
        yield 'deadline: %s' % (
            'none' if self._stopping_since is None
            or not self._conf.graceful_shutdown_timeout
            else 'exit %d s after that' % (
                self._conf.graceful_shutdown_timeout))
        yield 'requests without an answer: %d' % self._server.answering

    def _application(self, clock):
        database.await_seat(self._conf)
        self._messages = transport.create(self._conf)
        compute = rpcapi.ComputeAPI(
            self._conf, self._messages, clock,
            peers.Peers(context.get_admin_context(), clock), self._leaving)
        conductor = conductor_rpcapi.ConductorAPI(
            self._conf, self._messages)
        return app.create(
            self._conf, offers.Publisher(compute, conductor), compute,
            servicegroup.ServiceGroup(self._conf))
