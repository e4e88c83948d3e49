"""Starts and ends the fake hypervisor of a host, for tests and devcloud."""

import os
import subprocess
import sys

from nova_gs.virt.fake import client
from nova_gs.virt.fake import journal
from nova_gs.virt.fake import world


class HypervisorProcess:
    """One hypervisor process; its files outlive it.

    :param name: name of the host
    :param directory: where NAME.sock, NAME.world and NAME.journal go; short
        enough for a UNIX socket (107 bytes with the name)
    :param arguments: further command line arguments
    """

    def __init__(self, name, directory, arguments=()):
        self.name = name
        self.socket, self._world, self._journal = (
            os.path.join(directory, '%s.%s' % (name, kind))
            for kind in ('sock', 'world', 'journal'))
        self._arguments = list(arguments)
        self._process = None

    def start(self):
        """Start it and return self once it answers; raises RuntimeError."""
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'nova_gs.virt.fake.hypervisor',
             '--name', self.name, '--socket', self.socket,
             '--world', self._world, '--journal', self._journal,
             *self._arguments], stdout=subprocess.PIPE)
        with self._process.stdout as stream:
            ready = stream.readline()
        if not ready.startswith(b'ready'):
            raise RuntimeError(
                'the fake hypervisor %s did not start (exit code %s); what '
                'it said stands on standard error'
                % (self.name, self._process.wait()))
        return self

    @property
    def pid(self):
        """The process id."""
        return self._process.pid

    @property
    def control(self):
        """Its client.Control."""
        return client.control(self.socket)

    def journal(self):
        """Return the journal's entries, whether or not it lives."""
        return journal.read(self._journal)

    def world(self):
        """Return the world's tables, whether or not it lives."""
        return world.read(self._world)

    def kill(self):
        """End it as ``kill -9`` does."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """End it by SIGTERM and return its exit code; may be repeated."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._process.wait(20)
