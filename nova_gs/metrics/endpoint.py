"""The port that Prometheus asks.

It listens while the service starts, serves and drains, up to the exit.
"""

import threading

from oslo_log import log as logging
import prometheus_client

from nova_gs import exception
from nova_gs.metrics import collector
from nova_gs.metrics import histograms

LOG = logging.getLogger(__name__)


class Endpoint:
    """Serves the figures of one daemon.

    :param daemon: ``service.daemon.Daemon``
    """

    def __init__(self, daemon):
        self._daemon = daemon
        self._server = None

    def begin(self):
        """Listen on the daemon's port, in a thread.

        A port that is taken keeps no service from starting: it is tried
        again, as long as the daemon does not stop.

        :returns: the Thread
        """
        registry = self.gather()
        thread = threading.Thread(
            target=self._daemon.patiently, name='metrics', daemon=True,
            args=('the metrics port', lambda: self.listen(registry),
                  exception.ConfigurationError))
        thread.start()
        return thread

    def gather(self):
        """Begin to measure.

        :returns: the ``prometheus_client.CollectorRegistry``
        """
        registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=registry)
        registry.register(collector.Collector(self._daemon))
        histograms.Endings(self._daemon.tracker, self._daemon.clock,
                           registry).begin()
        histograms.RpcTimes(registry).begin(self._daemon.clock)
        return registry

    def listen(self, registry):
        """Answer on the port from now on.

        :returns: the port, as the system knows it
        :raises ConfigurationError: when the port or address cannot be had
        """
        host = self._daemon.conf.metrics.host
        port = self._daemon.metrics_port()
        try:
            self._server, _ = prometheus_client.start_http_server(
                port, host, registry)
        except (OSError, OverflowError) as error:
            raise exception.ConfigurationError(
                option='[metrics] host and port',
                problem='%s:%d cannot be listened on (%s)' % (
                    host, port, getattr(error, 'strerror', None) or error),
                remedy='Choose a port that is free on this machine.'
            ) from error
        LOG.info('Metrics are at http://%s:%d/metrics.', host,
                 self._server.server_port)
        return self._server.server_port

    def close(self):
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
