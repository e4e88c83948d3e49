"""Fake hypervisors inside the test's own process, on real sockets."""

import os
import threading

import fixtures

from nova_gs import clock
from nova_gs import exception
from nova_gs import objects
from nova_gs.virt.fake import client
from nova_gs.virt.fake import journal
from nova_gs.virt.fake import protocol
from nova_gs.virt.fake import server
from nova_gs.virt.fake import switches
from nova_gs.virt.fake import world
from tests.unit import base

GUEST = '7e9a4a8c-0000-4000-8000-000000000001'


class Host(fixtures.Fixture):
    """One hypervisor that serves from a thread.

    :param name: name of the host
    :param directory: where its files go
    """

    def __init__(self, name, directory, memory_mb=1 << 20):
        self.name = name
        self.path = os.path.join(directory, name + '.sock')
        self.files = os.path.join(directory, name)
        self._memory_mb = memory_mb

    def _setUp(self):
        ticks = clock.Clock()
        self.world = world.World(self.files + '.world')
        self.journal = journal.Journal(
            self.files + '.journal', self.name, ticks)
        self.switches = switches.Switches(ticks)
        self.hypervisor = server.Hypervisor(
            self.world, self.journal, self.switches, ticks,
            {'name': self.name, 'vcpus': 4, 'local_gb': 100,
             'memory_mb': self._memory_mb})
        self.server = server.Server(self.path, self.hypervisor)
        thread = threading.Thread(
            target=self.server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.control = client.control(self.path)
        self.addCleanup(self._end, thread)

    def _end(self, thread):
        self.server.shutdown()
        thread.join()
        self.server.server_close()
        self.switches.stop()
        self.server.drain(5)
        os.unlink(self.path)
        self.journal.close()
        self.world.close()

    def call(self, verb, guest=GUEST, **args):
        """Send one call and return its result."""
        return client.Client(self.path).call(
            protocol.Call(verb, guest, args))


class TestCase(base.TestCase):
    """A test with a directory, an image file and hosts on demand."""

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.image_path = os.path.join(self.directory, 'image')
        with open(self.image_path, 'wb') as stream:
            stream.write(b'boot me')

    def host(self, name='source', **kwargs):
        """Start a hypervisor and return its ``Host``."""
        return self.useFixture(Host(name, self.directory, **kwargs))

    def spawn(self, host, guest=GUEST):
        """Put a guest of 128 MiB on a host."""
        host.call('spawn', guest, image_path=self.image_path, name='one',
                  memory_mb=128, vcpus=1, root_gb=1)

    def refused(self, call, *args, error=exception.HypervisorError, **kwargs):
        """Return what an expected error says."""
        return str(self.assertRaises(error, call, *args, **kwargs))
