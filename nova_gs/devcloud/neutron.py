"""The stand-in for Neutron as a part of a cloud."""

import http.client
import sys

from nova_gs.devcloud import environment
from nova_gs.devcloud import parts


class Neutron(parts.Part):
    """See ``neutron_server``.

    :param layout: the cloud's files
    :param port: that it listens on
    :param nova: URL of nova-api
    :param delay: seconds from a port's binding to its event
    """

    def __init__(self, layout, port, nova, delay):
        super().__init__(layout, 'neutron')
        self._address = '127.0.0.1:%d' % port
        self._arguments = ['--port', str(port), '--nova', nova,
                           '--delay', str(delay)]

    @property
    def url(self):
        """Return where it is."""
        return 'http://' + self._address

    def launch(self, owner=None):
        """Start it; it knows nothing of an earlier one."""
        self.process.launch(
            [sys.executable, '-m', 'nova_gs.devcloud.neutron_server',
             *self._arguments], environment.of_services(), owner)

    def ready(self):
        """Return whether it answers."""
        connection = http.client.HTTPConnection(self._address, timeout=5)
        try:
            connection.request('GET', '/')
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
