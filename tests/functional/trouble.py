"""Work under way on hosts that are stopped while their broker is in trouble.

Each compute reaches the broker by a proxy of its own, so that one host can
be in trouble while the others are not.
"""

import collections
import contextlib
import fcntl
import os
import signal
import threading

from nova_gs.devcloud import proxy
from nova_gs.service import compute
from tests.fixtures import records
from tests.functional import base

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 90


def patience(total, reserve, *hosts):
    """Return the settings of hosts that may take so long for their stop.

    :param total: seconds in all
    :param reserve: seconds kept for calling work off, and for leaving
    """
    return ['%s:%s=%d' % (host, option, seconds) for host in hosts
            for option, seconds in (
                ('DEFAULT.graceful_shutdown_timeout', total),
                ('shutdown.abort_reserve', reserve),
                ('shutdown.release_reserve', reserve))]


class TroubleTestCase(base.CloudTestCase):
    """A cloud whose computes reach the broker by ``proxies[host]``."""

    HOSTS = ()
    SETTINGS = ()

    @classmethod
    def setUpClass(cls):
        cls.proxies = {}
        for host in cls.HOSTS:
            cls.proxies[host] = proxy.Proxy(lambda: cls.cloud.broker.port)
            cls.addClassCleanup(cls.proxies[host].close)
        cls.OPTIONS = dict(
            cls.OPTIONS, hosts=len(cls.HOSTS), settings=[
                '%s:DEFAULT.transport_url=rabbit://guest:guest@127.0.0.1:%d/'
                % (host, cls.proxies[host].port) for host in cls.HOSTS
            ] + ['operations.sweep_interval=1', *cls.SETTINGS])
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)
        self.addCleanup(self.heal_all)

    def heal_all(self):
        """End every trouble that a test has left."""
        for each in self.proxies.values():
            each.heal()

    # -- stops

    def drain(self, *hosts, knows=()):
        """Send SIGTERM to hosts and wait until that is on record.

        :param knows: those that must have learned what holds them elsewhere
        :returns: {host: moment, wall clock s}
        """
        logs = {host: self.cloud.part(host).process.log for host in knows}
        seen = {host: os.path.getsize(log) for host, log in logs.items()}
        sent = {host: self.terminate(host) for host in hosts}
        for host in hosts:
            self.await_that('%s drains' % host, lambda: self.records.phase(
                host) == 'draining')
        for host in knows:
            self.await_that('%s knows what it waits for' % host, lambda: (
                b'(on another host)' in _read(logs[host], seen[host])))
        return sent

    # -- troubles, each a context; what it is left with has no trouble

    @contextlib.contextmanager
    def refused(self, *hosts):
        """The hosts' connections are cut and new ones refused."""
        for host in hosts:
            self.proxies[host].refuse()
        yield
        for host in hosts:
            self.proxies[host].heal()

    @contextlib.contextmanager
    def swallowed(self, *hosts):
        """Nothing gets through between the hosts and the broker."""
        for host in hosts:
            self.proxies[host].swallow()
        yield
        for host in hosts:
            self.proxies[host].heal()

    @contextlib.contextmanager
    def frozen(self, name='broker'):
        """A process stands still."""
        process = self.cloud.part(name).process
        process.send_signal(signal.SIGSTOP)
        self.addCleanup(process.send_signal, signal.SIGCONT)
        yield
        process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def stopped(self, name='broker', number=signal.SIGTERM):
        """A process is stopped, and started again."""
        self.cloud.stop(name, number)
        yield
        self.cloud.start(name)

    @contextlib.contextmanager
    def unwritable(self):
        """The database takes no change; who wants one waits for its turn."""
        with open(self.cloud.layout.path('nova.sqlite-turn'), 'ab') as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def cut(self, *hosts):
        """The hosts' connections are cut; new ones work."""
        for host in hosts:
            self.proxies[host].cut()
        yield

    def trouble(self, kind, *hosts):
        """Return the context of a trouble.

        :param kind: one of the methods above
        :param hosts: whom it concerns, if it is not the broker itself
        """
        return kind() if kind in (self.frozen, self.stopped) else kind(*hosts)

    def last(self, seconds):
        """Let a trouble last: that is what is to be borne."""
        last(seconds)

    # -- what the hosts have at the end

    def left(self, host):
        """Return the names of the works that a host's last stop left."""
        return [work['name'] for work in self.report(host)['works']
                if work['fate'] == 'left']

    def unrecorded(self, host):
        """Return how many outcomes there are in a host's outbox."""
        return unrecorded(self.cloud, host)

    def ensure_all_up(self):
        """Start every compute that does not run."""
        for host in self.HOSTS:
            if not self.cloud.part(host).process.pid():
                self.cloud.start(host, wait=False)
        for host in self.HOSTS:
            self.cloud.part(host).await_ready()
        self.ensure_up(*self.HOSTS)


class Move:
    """A live migration that is held while memory is being copied."""

    def __init__(self, test, uuid, source, destination):
        self.uuid, self.source, self.destination = uuid, source, destination
        self._test = test
        self._began = self._counts()
        test.hypervisor(source).hold('start_migration', uuid)
        self.request_id = test.api.live_migrate(uuid, destination).request_id
        test.hypervisor(source).wait_for(
            'start_migration', guest=uuid, timeout=PATIENCE,
            count=self._began[source, 'start_migration'] + 1)
        test.await_that('the migration is known to run', lambda: any(
            one['status'] == 'running' for one
            in test.api.live_migrations(uuid)), PATIENCE)

    def let_go(self):
        """Let it end, with the guest at the destination."""
        self._test.hypervisor(self.source).release(
            'start_migration', self.uuid)

    def await_arrival(self):
        """Wait until the hypervisor has the guest at the destination."""
        self._test.hypervisor(self.source).wait_for(
            'start_migration', 'ended', self.uuid, timeout=PATIENCE,
            count=self._began[self.source, 'start_migration'] + 1)

    def check(self):
        """It has ended well, once, and one host has the guest."""
        test = self._test
        test.api.await_server(self.uuid, PATIENCE, status='ACTIVE',
                              task_state=None, host=self.destination)
        test.assertEqual('completed',
                         test.api.migrations(self.uuid)[0]['status'])
        action = test.api.instance_action(self.uuid, self.request_id)
        test.assertIsNone(action['message'])
        self.check_place(self.destination)
        ends = self._counts()
        ends.subtract(self._began)
        test.assertEqual({
            (self.source, 'start_migration'): 1,
            (self.destination, 'accept_migration'): 1,
            (self.destination, 'finish_migration'): 1,
            (self.source, 'finish_migration'): 1,
        }, {key: count for key, count in ends.items() if count})

    def check_place(self, host):
        """One hypervisor of the two has the guest."""
        have = [each for each in (self.source, self.destination)
                if self.uuid in self._test.hypervisor(each).world()['guests']]
        self._test.assertEqual([host], have)

    def _counts(self):
        """Return how often each step has begun, by (host, verb)."""
        return begun(self._test, self.uuid, (self.source, self.destination),
                     ('accept_migration', 'start_migration',
                      'finish_migration'))


class Reboot:
    """A reboot that is held in the driver."""

    def __init__(self, test, uuid, host):
        self.uuid, self.host = uuid, host
        self._test = test
        self._hypervisor = test.hypervisor(host)
        self._before = len(self._hypervisor.journal('reboot', 'begun', uuid))
        self._hypervisor.hold('reboot', uuid)
        self.request_id = test.api.action(
            uuid, 'reboot', {'type': 'HARD'}).request_id
        self._hypervisor.wait_for('reboot', guest=uuid, timeout=PATIENCE,
                                  count=self._before + 1)

    def let_go(self):
        """Let it end; returns when it did, wall clock s."""
        self._hypervisor.release('reboot', self.uuid)
        return self._hypervisor.wait_for(
            'reboot', 'ended', self.uuid, self._before + 1, PATIENCE)['t']

    def check(self, message=None):
        """It was begun once, and the user was told how it ended.

        :param message: regular expression; None for a success
        """
        test = self._test
        test.api.await_server(self.uuid, PATIENCE, status='ACTIVE',
                              task_state=None)
        action = test.api.instance_action(self.uuid, self.request_id)
        if message is None:
            test.assertIsNone(action['message'])
        else:
            test.assertRegex(action['message'] or '', message)
        test.assertEqual(self._before + 1, len(
            self._hypervisor.journal('reboot', 'begun', self.uuid)))


def last(seconds):
    """Let a trouble last: that is what is to be borne."""
    threading.Event().wait(seconds)


class Heard:
    """What services say from now on, and that they are the same still.

    :param cloud: the Cloud
    :param names: of the services
    """

    def __init__(self, cloud, *names):
        self._parts = {name: cloud.part(name) for name in names}
        self._pids = self._running()
        self._begin = {name: os.path.getsize(part.process.log)
                       for name, part in self._parts.items()}

    def said(self, name):
        """Return what a service has said since."""
        return _read(self._parts[name].process.log,
                     self._begin[name]).decode('utf-8', 'replace')

    def repeated(self, name):
        """Return the warnings that a service has said more than once."""
        said = collections.Counter(
            line.partition('] ')[2] for line in self.said(name).splitlines()
            if ' WARNING ' in line)
        return '\n'.join(line for line, count in said.items() if count > 1)

    def check_same(self, test):
        """None has ended, nor left a traceback."""
        test.assertEqual(self._pids, self._running())
        for name in self._parts:
            test.assertNotIn('Traceback', self.said(name), name)

    def _running(self):
        return {name: part.process.pid()
                for name, part in self._parts.items()}


def _read(path, begin):
    """Return the bytes of a file from a place on."""
    with open(path, 'rb') as stream:
        stream.seek(begin)
        return stream.read()


def unrecorded(cloud, host):
    """Return how many outcomes there are in the outbox of a cloud's host."""
    directory = os.path.join(
        cloud.layout.state_path(host), compute.UNRECORDED)
    names = os.listdir(directory) if os.path.isdir(directory) else ()
    # One that is just being written has another name yet.
    return sum(name.endswith('.json') for name in names)


def begun(test, uuid, hosts, verbs):
    """Return a Counter of a guest's journal, by (host, verb)."""
    return collections.Counter(
        (host, entry['verb']) for host in hosts
        for entry in test.hypervisor(host).journal(event='begun', guest=uuid)
        if entry['verb'] in verbs)
