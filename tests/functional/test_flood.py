"""A server that detaches in a flood of messages loses none of them.

This guards the private attributes of oslo.messaging that rpc/server.py uses.
"""

import collections
import threading

import fixtures
import oslo_messaging
import testtools

from nova_gs import clock
from nova_gs import context
from nova_gs.devcloud import figures
from nova_gs.devcloud import waiting
from nova_gs import objects
from nova_gs.rpc import backlog
from nova_gs.rpc import catalogue
from nova_gs.rpc import serializer
from nova_gs.rpc import server as rpc_server
from nova_gs.rpc import transport
from tests.fixtures import broker

CASTS = 4000 if figures.is_full() else 1000
HOST = 'flooded'


class Counter:
    """A manager whose one method counts; the others are not called."""

    def __init__(self):
        self.seen = collections.Counter()
        self.changed = threading.Condition()

    def __getattr__(self, name):
        return self._count

    def _count(self, ctxt, operation_uuid):
        with self.changed:
            self.seen[operation_uuid] += 1
            self.changed.notify_all()

    def wait_for(self, number):
        with self.changed:
            return self.changed.wait_for(
                lambda: sum(self.seen.values()) >= number, 120)


def invoke(row, method, ctxt, **arguments):
    return method(ctxt, **arguments)


class TestFlood(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        objects.register_all()
        self.fixture = self.useFixture(broker.Broker())
        self.counter = Counter()

    def transport(self):
        """Return a transport that goes before the broker does."""
        made = transport.create(self.fixture.conf)
        self.addCleanup(made.cleanup)
        return made

    def server(self):
        server = rpc_server.create(
            self.transport(), catalogue.Topic.NEW_WORK, HOST, self.counter,
            invoke)
        server.start(override_pool_size=4)
        return server

    def client(self):
        return oslo_messaging.get_rpc_client(
            self.transport(), oslo_messaging.Target(
                topic=catalogue.Topic.NEW_WORK.value, server=HOST,
                version='6.0'),
            serializer=serializer.RequestSerializer(), timeout=30)

    def flood(self, method='reboot_instance', count=CASTS):
        client, ctxt = self.client(), context.get_admin_context()
        for number in range(count):
            client.cast(ctxt, method,
                        operation_uuid='operation-%d' % number)

    def test_nothing_lost_nothing_twice(self):
        first = self.server()
        flood = threading.Thread(target=self.flood)
        flood.start()
        self.assertTrue(self.counter.wait_for(CASTS // 8))
        first.detach()
        self.assertEqual(0, self.fixture.broker.consumers(
            'compute.' + HOST))
        self.assertTrue(first.wait_answered(60))
        handled_by_first = sum(self.counter.seen.values())
        flood.join()
        self.assertLess(handled_by_first, CASTS)
        self.assertEqual(
            CASTS - handled_by_first,
            self.fixture.broker.messages('compute.' + HOST))
        second = self.server()
        self.assertTrue(self.counter.wait_for(CASTS))
        second.detach()
        self.assertEqual(CASTS, len(self.counter.seen))
        self.assertEqual({1}, set(self.counter.seen.values()))

    def test_what_has_no_row_cannot_be_called(self):
        self.addCleanup(self.server().detach)
        client, ctxt = self.client(), context.get_admin_context()
        for name in ('wait_for', 'target', 'build_server', '_count'):
            error = self.assertRaises(
                oslo_messaging.RemoteError, client.call, ctxt, name)
            self.assertEqual('NoSuchMethod', error.exc_type)

    def clear(self, within=30):
        """Clear the queue; returns (how many are gone, how many are left)."""
        queue = 'compute.' + HOST
        cleared = backlog.clear(
            self.transport(), queue, clock.Clock(), within)
        return cleared, self.fixture.broker.messages(queue)

    def test_what_has_waited_in_vain(self):
        """Only what the records say anyhow goes; the rest keeps its order."""
        self.assertEqual((0, None), self.clear())
        self.server().detach()
        self.flood(count=backlog.WORTH_IT - 1)
        self.assertEqual((0, backlog.WORTH_IT - 1), self.clear())
        asked = threading.Thread(target=self.ask)
        asked.start()
        self.assertTrue(waiting.until(
            lambda: self.fixture.broker.messages('compute.' + HOST) ==
            backlog.WORTH_IT, 30, every=0.1))
        self.flood('rollback_live_migration_at_destination', 2)
        self.flood()
        needless = CASTS + backlog.WORTH_IT - 1
        cleared, left = self.clear(within=0)
        self.assertEqual(needless + 3, cleared + left)
        self.assertEqual((needless - cleared, 3), self.clear())
        self.addCleanup(self.server().detach)
        self.assertTrue(self.counter.wait_for(3))
        asked.join()
        self.assertEqual({'operation-0': 1, 'operation-1': 1, 'asked': 1},
                         self.counter.seen)

    def ask(self):
        self.client().call(context.get_admin_context(), 'pre_live_migration',
                           operation_uuid='asked')
