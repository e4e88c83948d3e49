"""The two queues of a host are taken up and left, whatever hangs."""

import threading

import fixtures
from oslo_messaging import conffixture

from nova_gs import clock
from nova_gs import context
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import transport
from nova_gs.service import queues
from tests.unit import base

NEW_WORK, ONGOING = catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING


class Manager:
    """Has a method for whatever it is asked."""

    def __getattr__(self, name):
        return lambda ctxt, **arguments: name


class TestQueues(base.TestCase):
    """On a broker that is simulated in memory."""

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.useFixture(conffixture.ConfFixture(self.conf)).transport_url = (
            'fake:/')
        self.transport = transport.create(self.conf)
        self.stopping = threading.Event()
        self.came_by = []
        self.queues = queues.Queues(
            self.conf, 'host1', Manager(),
            {topic: self.transport for topic in (NEW_WORK, ONGOING)},
            {topic: self.invoker(topic) for topic in (NEW_WORK, ONGOING)},
            self.stopping, clock.Clock())
        self.addCleanup(self.leave_all)

    def leave_all(self):
        for topic in self.queues.topics:
            self.queues.leave(topic, 1)

    def invoker(self, topic):
        def invoke(row, method, ctxt, **arguments):
            self.came_by.append(topic)
            return method(ctxt, **arguments)
        return invoke

    def call(self, topic, name='pre_live_migration'):
        client = rpc_client.Client(
            self.conf, self.transport).library_client.prepare(
                topic=topic.value, server='host1', version='6.0', timeout=30)
        return client.call(context.get_admin_context(), name,
                           operation_uuid='u', instance='i', migrate_data='d')

    def test_begun_work_is_answered_on_both(self):
        for topic in (ONGOING, NEW_WORK):
            self.queues.open(topic)
            self.assertEqual('pre_live_migration', self.call(topic))
        self.assertEqual([ONGOING, NEW_WORK], self.came_by)
        self.assertEqual([ONGOING, NEW_WORK], self.queues.topics)

    def test_left_and_taken_up_again(self):
        self.queues.open(NEW_WORK)
        self.queues.leave(NEW_WORK, None)
        self.assertEqual([], self.queues.topics)
        self.queues.leave(NEW_WORK, None)
        self.stopping.set()
        self.queues.take_up(NEW_WORK)
        self.assertEqual('pre_live_migration', self.call(NEW_WORK))
        self.queues.leave(NEW_WORK, 30)
        self.assertEqual([], self.queues.topics)

    def test_stop_comes_before(self):
        self.stopping.set()
        self.queues.open(NEW_WORK)
        self.assertEqual([], self.queues.topics)

    def test_start_that_hangs_keeps_nobody(self):
        hangs, begun = threading.Event(), threading.Event()

        def create(*args):
            begun.set()
            hangs.wait(30)
            raise RuntimeError('never mind')

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.rpc.server.create', create))
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.queues.ATTACHED_WITHIN', 0.01))
        opening = threading.Thread(
            target=lambda: self.assertRaises(
                RuntimeError, self.queues.open, NEW_WORK))
        opening.start()
        self.addCleanup(opening.join)
        self.addCleanup(hangs.set)
        self.assertTrue(begun.wait(30))
        self.queues.leave(NEW_WORK, None)
        self.assertFalse(hangs.is_set())
