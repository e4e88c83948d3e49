"""nova-api: HTTP in, records and messages out.

It needs no coordinator: what it has begun is a matter of moments, and what
it has accepted is in the database.
"""

import os
import threading

from oslo_log import log as logging

from nova_gs.api import app
from nova_gs.api import server
from nova_gs.compute import rpcapi
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs import context
from nova_gs import offers
from nova_gs.rpc import transport
from nova_gs.service import database
from nova_gs import servicegroup
from nova_gs.shutdown import inbox
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import signals
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
        #: Set by a second SIGTERM: then nobody waits for a peer any more.
        self._leaving = threading.Event()
        self._stopping = False
        # First of all: the address is what people get wrong most often.
        listener = server.listen(conf)
        self._server = server.Server(
            self._application(clock), listener, conf.api.threads, clock,
            conf.graceful_shutdown_timeout or None)

    @property
    def address(self):
        """Return (host, port) that it listens on."""
        return self._server.address

    def run(self):
        """Serve until told to stop.

        :returns: the exit code
        """
        signals.deliver(self)
        LOG.info('nova-api listens on http://%s:%d/v2.1 (authentication: '
                 '%s).', *self.address, self._conf.api.auth_strategy)
        systemd.ready()
        left = self._server.run()
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
            if self._stopping:
                self._leaving.set()
            self._stopping = True
            systemd.stopping('stopping: no new requests are taken')
            self._server.stop()
        elif notice is phases.Event.QUIT:
            os._exit(policy.ExitCode.FORCED)
        elif notice is inbox.Notice.RELOAD:
            self._reload()

    def _reload(self):
        try:
            self._conf.mutate_config_files()
        except Exception:
            # The thread that hears signals has to outlive a bad file.
            LOG.exception('The options could not be read again; those in '
                          'force stay.')

    def _application(self, clock):
        database.seat(self._conf)
        messages = transport.create(self._conf)
        compute = rpcapi.ComputeAPI(
            self._conf, messages, clock,
            rpcapi.Peers(context.get_admin_context(), clock), self._leaving)
        conductor = conductor_rpcapi.ConductorAPI(self._conf, messages)
        return app.create(
            self._conf, offers.Publisher(compute, conductor), compute,
            servicegroup.ServiceGroup(self._conf))
