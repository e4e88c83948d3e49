"""A console server in the test's own process, with a screen behind it."""

import os
import socket
import threading

import fixtures

from nova_gs.consoles import finder
from nova_gs.consoles import outlook
from nova_gs.consoles import server
from tests.fixtures import viewer
from tests.unit import base

PATIENCE = viewer.PATIENCE


class FakeFinder:
    """Knows one token, ``good``, and what the test says of its guest."""

    def __init__(self):
        self.address = None
        self.console_type = 'novnc'
        self.why_not = None
        self.said = outlook.HERE
        self.at_the_end = outlook.LEAVING

    def find(self, token):
        """Stand in for finder.Finder.find."""
        why = self.why_not if token == 'good' else outlook.EXPIRED
        if why:
            raise finder.NotThere(why)
        return finder.Place('host1', self.address, self.console_type)

    def outlook(self, token):
        """Stand in for finder.Finder.outlook."""
        return self.said if token == 'good' else outlook.EXPIRED

    def end(self, token, before=None):
        """Stand in for finder.Finder.end."""
        return self.at_the_end


class ConsoleTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.web = self.useFixture(fixtures.TempDir()).path
        os.mkdir(os.path.join(self.web, 'core'))
        with open(os.path.join(self.web, 'core', 'rfb.js'), 'w') as script:
            script.write('export default 1;')
        self.finder = FakeFinder()
        self.guests = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self.guests.close)
        self.guests.settimeout(PATIENCE)
        self.finder.address = self.guests.getsockname()
        self.server = server.Server(
            socket.create_server(('127.0.0.1', 0)), self.finder, self.web,
            ['portal.example.org'])
        self.address = self.server.address
        self.server.start()
        self.addCleanup(self.server.close)

    def view(self, *args, **kwargs):
        """Return a Viewer that has asked for a screen."""
        one = viewer.Viewer(self.address, *args, **kwargs)
        self.addCleanup(one.leave)
        return one

    def screen(self):
        """Return the guest's end of the next connection to its screen."""
        connection, _address = self.guests.accept()
        self.addCleanup(connection.close)
        connection.settimeout(PATIENCE)
        return connection

    def read(self, screen, size):
        """Return so many bytes that came to a screen."""
        data = b''
        while len(data) < size and (more := screen.recv(size - len(data))):
            data += more
        return data

    def both(self):
        """Return a Viewer that sees a screen, and that screen's end."""
        one = self.view()
        return one, self.screen()

    def in_thread(self, function):
        """Run a function beside the test; return the thread."""
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        return thread
