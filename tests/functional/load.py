"""Clients that ask a cloud for work in a loop, and the account of it.

Each client has servers of its own and asks for one thing at a time for each
of them, so that every request is right in itself.  Whatever else is stopped
meanwhile: what was accepted must be done once, and what was not accepted
must not be done at all.
"""

import collections
import dataclasses
import http.client
import threading

from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors

#: Seconds that everything may take to come to rest on a busy machine.
PATIENCE = 120

#: Pause of a client that has asked something of all its servers (s).
ASK_EVERY = 0.1

#: How a request ended that nobody answered.
UNREACHABLE = 'unreachable'

BOOT, REBOOT, MIGRATE = 'boot', 'reboot', 'migrate'

#: Which verb of a hypervisor is begun once for each of them.
VERBS = {BOOT: 'spawn', REBOOT: 'reboot', MIGRATE: 'start_migration'}


class KeptClient(api_client.Client):
    """A client that asks all it asks on one connection."""

    def __init__(self, url):
        super().__init__(url)
        self._connection = None

    def _send(self, method, path, data, headers):
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self._address, timeout=self._timeout)
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            raise api_client.ApiUnreachable('%s %s: %r' % (
                method, path, error)) from error
        return api_client.Response(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            api_client._parse(content))


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: ``server`` is its uuid, or the name of one to be."""

    kind: str
    server: str
    status: object
    request_id: str | None = None
    said: str = ''


class Load:
    """Clients, each in a thread, that go on until told otherwise.

    :param url: of the API
    :param clients: how many
    :param kinds: what they ask for, in turn
    :param servers: {client's number: [uuid]} that they may ask things of
    """

    def __init__(self, url, clients, kinds, servers):
        self.requests = []
        self.failures = []
        self._url = url
        self._kinds = kinds
        self._changed = threading.Condition()
        self._enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, daemon=True,
                             args=(number, servers[number]))
            for number in range(clients)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Ask for nothing more; returns what was asked for."""
        self._enough.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        if self.failures:
            raise self.failures[0]
        return self.requests

    def wait_for(self, count, status=202):
        """Wait until so many more requests have ended in a way."""
        with self._changed:
            wanted = self._count(status) + count
            return self._changed.wait_for(
                lambda: self.failures or self._count(status) >= wanted,
                PATIENCE) and not self.failures

    def _count(self, status):
        return sum(one.status == status for one in self.requests)

    def _run(self, number, servers):
        # One in two keeps its connection, as libraries do.
        client = (KeptClient if number % 2 else api_client.Client)(self._url)
        try:
            image = client.image_id('ticker')
            turn = number
            while not self._enough.is_set():
                for server in servers:
                    request = self._ask(
                        client, self._kinds[turn % len(self._kinds)], server,
                        'load-%d-%d' % (number, turn), image)
                    turn += request.status == 202
                    self._note(request)
                self._enough.wait(ASK_EVERY)
        except Exception as error:
            with self._changed:
                self.failures.append(error)
                self._changed.notify_all()

    def _note(self, request):
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def _ask(self, client, kind, server, name, image):
        try:
            if kind == BOOT:
                server = name
                response = client.request('POST', 'servers', {'server': {
                    'name': name, 'imageRef': image, 'flavorRef': '1',
                    'networks': 'none'}})
                server = response.body['server']['id']
            elif kind == REBOOT:
                response = client.action(server, 'reboot', {'type': 'HARD'})
            else:
                response = client.live_migrate(server)
        except api_client.ApiError as error:
            return Request(kind, server, error.status, said=str(error))
        except errors.DevcloudError as error:
            return Request(kind, server, UNREACHABLE, said=str(error))
        return Request(kind, server, response.status, response.request_id)


class Account:
    """What was asked for, against what the hypervisors have begun.

    :param requests: list of Request
    :param journals: the entries of all hypervisors
    """

    def __init__(self, requests, journals):
        self.requests = requests
        self.accepted = [one for one in requests if one.status == 202]
        self._servers = {one.server for one in requests}
        self._begun = collections.Counter(
            (kind, entry['guest']) for entry in journals
            for kind, verb in VERBS.items()
            if entry['verb'] == verb and entry['event'] == 'begun'
            and entry['guest'] in self._servers)

    def statuses(self):
        """Return {status: how many requests ended so}."""
        return dict(collections.Counter(
            str(one.status) for one in self.requests))

    def lost_and_twice(self):
        """Return ([accepted and not begun], [begun and not accepted])."""
        wanted = collections.Counter(
            (one.kind, one.server) for one in self.accepted)
        # Those that were asked for something were there before.
        begun = collections.Counter({
            (kind, server): count
            for (kind, server), count in self._begun.items()
            if kind != BOOT or (kind, server) in wanted})
        return sorted(wanted - begun), sorted(begun - wanted)
