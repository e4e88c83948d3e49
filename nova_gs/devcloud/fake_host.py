"""A simulated hypervisor host: the fake driver's process."""

import os
import socket
import sys

from nova_gs.devcloud import environment
from nova_gs.devcloud import parts


class FakeHost(parts.Part):
    """A process that holds simulated guests, for tests.

    :param layout: the cloud's files
    :param host: name of the host
    """

    def __init__(self, layout, host):
        super().__init__(layout, 'hypervisor@' + host)
        self.host = host

    @property
    def socket(self):
        """Return the path of the UNIX socket that it listens on."""
        return os.path.join(self.layout.hypervisor(self.host), 'socket')

    @property
    def journal(self):
        """Return the path of the journal of begun and ended calls."""
        return os.path.join(self.layout.hypervisor(self.host), 'journal')

    def launch(self, owner=None):
        """Start it; with the guests of an earlier one."""
        directory = self.layout.hypervisor(self.host)
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self.process.launch(
            [sys.executable, '-m', 'nova_gs.virt.fake.hypervisor',
             '--socket', self.socket, '--journal', self.journal,
             '--world', os.path.join(directory, 'world'),
             '--name', self.host],
            environment.of_services(), owner)

    def ready(self):
        """Return whether it accepts connections."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket)
            except OSError:
                return False
        return True
