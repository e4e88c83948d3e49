"""Nothing is left behind: neither in the process nor on the broker.

Of what a service has on the broker, the queues that bear its name stay, as
messages may wait there for it; the others go with it, or soon after.
"""

import gc
import os
import re
import socket
import threading

from nova_gs.conductor import rpcapi
from nova_gs import context
from nova_gs import exception
from nova_gs.rpc import answers
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import server as rpc_server
from nova_gs.rpc import transport
from tests.fixtures import requester
from tests.functional import base

HOST = 'host-a'

#: Longest life of a process' own queues after its end, in seconds.
AFTER_STOP, AFTER_KILL = 60, 300

#: Cycles after which every cache and pool has what it wants.
WARM_UP = 5

#: What the memory of a process may grow by, besides noise: objects of
#: Python, and KiB of the kernel's count, for each cycle. A server that is
#: left behind has thousands of objects, and more than 100 KiB.
OBJECTS, MEMORY, NOISE = 100, 16, 12288

#: Queues that belong to a process, not to a service.
_OWN = re.compile('reply_|.*_fanout_')

#: A call for each server of a compute: topic -> (method, its arguments).
_CALLS = {
    catalogue.Topic.NEW_WORK: (
        'get_console_output', {'instance': 'i', 'tail_length': 1}),
    catalogue.Topic.ONGOING: (
        'pre_live_migration', {'operation_uuid': 'u', 'instance': 'i',
                               'migrate_data': 'd'}),
}


class Manager:
    """Has a method for whatever it is asked."""

    def __getattr__(self, name):
        return lambda ctxt, **arguments: name


def invoke(row, method, ctxt, **arguments):
    """Stand in for steps.StepRunner.invoke."""
    return method(ctxt, **arguments)


def memory():
    """Return what this process occupies, in KiB."""
    with open('/proc/self/status', encoding='ascii') as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith('VmRSS:'))


class TestLeaks(base.CloudTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 1}

    def setUp(self):
        super().setUp()
        # Those of earlier tests may end at any time.
        self.others = set(threading.enumerate())
        self.requester = self.useFixture(requester.Requester(self.cloud))

    # -- in a process

    def transport(self):
        made = transport.create(self.requester.conf)
        self.addCleanup(transport.close, (made,), 5)
        return made

    def cycle(self):
        """Open both servers of a compute, call each, close everything."""
        transports = {
            topic: transport.create(self.requester.conf) for topic in _CALLS}
        servers = [self._serve(*item) for item in transports.items()]
        for item in transports.items():
            self._call(*item)
        for server in servers:
            server.detach()
            self.assertTrue(server.wait_answered(5))
        self.assertTrue(transport.close(transports.values(), 5))

    def _serve(self, topic, made):
        server = rpc_server.create(made, topic, 'leaky', Manager(), invoke)
        server.start(override_pool_size=2)
        return server

    def _call(self, topic, made):
        client = rpc_client.Client(self.requester.conf, made).library_client
        method, arguments = _CALLS[topic]
        self.assertEqual(method, client.prepare(
            topic=topic.value, server='leaky', version='6.0', timeout=30,
            call_monitor_timeout=10).call(
                context.get_admin_context(), method, **arguments))

    def count(self):
        """Return threads, descriptors, objects, KiB: when all is at rest."""
        gc.collect()
        # Workers of a server that is gone end when they see that.
        self.await_that('no worker is left', lambda: not [
            thread for thread in threading.enumerate()
            if type(thread).__name__ == 'ThreadWorker'])
        gc.collect()
        return (len(set(threading.enumerate()) - self.others),
                len(os.listdir('/proc/self/fd')), len(gc.get_objects()),
                memory())

    def test_open_and_close(self):
        """A process that opens and closes servers stays as it was."""
        cycles = self.times(10, 1000)
        for _ in range(WARM_UP):
            self.cycle()
        before, began = self.count(), self.clock.now()
        for _ in range(cycles):
            self.cycle()
        seconds, after = self.clock.now() - began, self.count()
        threads, descriptors, objects, kib = (
            new - old for new, old in zip(after, before))
        self.figure('7 open and close', cycles=cycles, threads=threads,
                    descriptors=descriptors, objects=objects,
                    memory_kib=kib, ms_per_cycle=round(
                        1000 * seconds / cycles))
        self.assertEqual((0, 0), (threads, descriptors))
        self.assertLess(objects, cycles * OBJECTS)
        self.assertLess(kib, NOISE + cycles * MEMORY)
        ours = ':%d:' % os.getpid()
        self.await_that('no connection is left', lambda: not [
            name for name in self.cloud.broker.connections() if ours in name])

    def test_late_user(self):
        """Who asks after the end hears of nobody, without an accident."""
        made = transport.create(self.requester.conf)
        client = rpc_client.Client(self.requester.conf, made)
        asked = client.library_client.prepare(
            topic='compute', server='nobody', version='6.0', timeout=0.2)
        for _ in range(2):
            self.assertRaises(
                exception.PeerUnavailable, client.send,
                self.requester.context, catalogue.ROWS['get_console_output'],
                asked, 'nobody', '6.0', {})
            self.assertTrue(transport.close((made,), 5))

    def test_dead_connections(self):
        """What has died costs one message, not all for a while."""
        made = self.transport()
        conductor = rpcapi.ConductorAPI(self.requester.conf, made)
        pool, before = made._driver._connection_pool, None
        for _ in range(self.times(5, 100)):
            self.ask(conductor)
            with made._driver._get_connection(retry=0) as connection:
                connection.connection.channel.connection.sock.shutdown(
                    socket.SHUT_RDWR)
            with rpc_client.at_most(5):
                self.assertRaises(
                    exception.PeerUnavailable, self.ask, conductor)
                self.ask(conductor)
            self.assertEqual((1, 1), (len(pool._items), pool._current_size))
            if before is None:
                before = self.count()[:2]
        self.await_that('nothing is left of them',
                        lambda: self.count()[:2] <= before)

    def ask(self, conductor):
        conductor.object_class_action_versions(
            self.requester.context, 'ServiceList', 'get_minimum_version',
            {'ServiceList': '1.0', 'Service': '1.0'}, ('nova-compute',), {})

    def test_readers(self):
        """A queue says at once whether anybody reads it."""
        asking, made = self.transport(), self.transport()

        def count():
            return answers.readers(asking, 'compute.reader')

        self.assertEqual(0, count())
        server = rpc_server.create(made, catalogue.Topic.NEW_WORK, 'reader',
                                   Manager(), invoke)
        server.start(override_pool_size=2)
        # It registers itself when its thread first polls.
        self.await_that('the server reads its queue', lambda: 1 == count())
        server.detach()
        self.assertEqual(0, count())

    # -- on the broker

    def _look(self):
        """Look at the broker's queues.

        :returns: the names of those that last; how many belong to processes
            that run; {name: what queues() says} of those whose process is
            gone
        """
        queues = self.cloud.broker.queues()
        own = {name: found for name, found in queues.items()
               if _OWN.match(name)}
        abandoned = {name: found for name, found in own.items()
                     if not found['consumers']}
        return set(queues) - set(own), len(own) - len(abandoned), abandoned

    def _check(self, before, what, at_most):
        """What was left is little and goes in time; returns its names.

        :param before: what ``_look`` returned before
        :param at_most: seconds
        """
        ended = self.clock.now()
        lasting, used, abandoned = self._look()
        self.assertEqual(before[:2], (lasting, used))
        self.assertEqual({}, {
            name: found for name, found in abandoned.items()
            if not (found['expires'] and found['expires'] < at_most)})
        if self.times(False, True):
            self.await_that(
                'the last of %d queues is gone' % len(abandoned),
                lambda: not self._look()[2], at_most, every=1)
            self.figure('7 ' + what, left_behind=len(abandoned),
                        gone_after_s=round(self.clock.now() - ended))
        return set(abandoned) - set(before[2])

    def test_stops(self):
        """A minute after a stop nothing is left of a process."""
        self.ensure_up(HOST)
        before = self._look()
        for name, times in ((HOST, self.times(1, 30)),
                            ('conductor', self.times(1, 10)),
                            ('api', self.times(1, 10))):
            for _ in range(times):
                self.assertEqual(0, self.cloud.stop(name)['exit_code'])
                self.cloud.start(name)
        abandoned = self._check(before, 'restarts', AFTER_STOP)
        # All but those for answers are removed at once.
        self.assertEqual([], [name for name in abandoned
                              if not name.startswith('reply_')])

    def test_kills(self):
        """Nobody tidies up after a kill; five minutes later all is gone."""
        self.ensure_up(HOST)
        before = self._look()
        for name in self.times((HOST,), (HOST, 'conductor', 'api') * 5):
            self.cloud.kill(name)
            self.cloud.start(name)
        self._check(before, 'kills', AFTER_KILL)
