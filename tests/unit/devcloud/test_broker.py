"""The private broker's settings; it runs for real in tests/functional."""

import os
import stat

import fixtures

from nova_gs.devcloud import broker
from nova_gs.devcloud import errors
from nova_gs.devcloud import layout
from tests.unit import base


class BrokerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.layout = layout.Layout(self.useFixture(fixtures.TempDir()).path)
        self.broker = broker.Broker(self.layout, 20000)

    def test_everything_is_its_own(self):
        environ = self.broker._environ()
        below = self.layout.directory + '/'
        for name in ('HOME', 'RABBITMQ_MNESIA_BASE', 'RABBITMQ_LOG_BASE',
                     'RABBITMQ_PID_FILE', 'RABBITMQ_CONFIG_FILE',
                     'RABBITMQ_ENABLED_PLUGINS_FILE'):
            self.assertTrue(environ[name].startswith(below), name)
        ports = [int(environ[name]) for name in (
            'RABBITMQ_NODE_PORT', 'RABBITMQ_DIST_PORT', 'ERL_EPMD_PORT',
            'RABBITMQ_CTL_DIST_PORT_MIN', 'RABBITMQ_CTL_DIST_PORT_MAX')]
        self.assertEqual(len(ports), len(set(ports)))
        self.assertIn(str(ports[0]), self.broker.url)

    def test_configure_twice(self):
        self.broker._configure('/scripts')
        cookie = self.layout.path('broker', '.erlang.cookie')
        with open(cookie) as first:
            before = first.read()
        self.broker._configure('/scripts')
        with open(cookie) as second:
            self.assertEqual(before, second.read())
        self.assertEqual(0o400, stat.S_IMODE(os.stat(cookie).st_mode))
        self.assertTrue(os.access(self.broker.control, os.X_OK))

    def test_not_ready_where_nobody_listens(self):
        self.broker.port = 1
        self.assertFalse(self.broker.ready())


class TestLists(BrokerTestCase):
    """What rabbitmqctl says, in a script that stands for it."""

    def answer(self, text, code=0):
        os.makedirs(os.path.dirname(self.broker.control), exist_ok=True)
        with open(self.broker.control, 'w') as script:
            script.write('#!/bin/sh\ncat <<END\n%s\nEND\nexit %d\n' % (
                text, code))
        os.chmod(self.broker.control, 0o700)

    def test_queues(self):
        self.answer("""[
{"name": "reply_1", "consumers": 1, "messages_ready": 2,
 "messages_unacknowledged": 3,
 "arguments": [["x-expires", "signedint", 50000]]},
{"name": "compute", "consumers": 0, "messages_ready": 0,
 "messages_unacknowledged": 0, "arguments": []}]""")
        self.assertEqual(
            {'reply_1': {'consumers': 1, 'ready': 2, 'unacked': 3,
                         'expires': 50.0},
             'compute': {'consumers': 0, 'ready': 0, 'unacked': 0,
                         'expires': None}}, self.broker.queues())

    def test_connections(self):
        self.answer("""[{"client_properties": [
["product", "longstr", "py-amqp"],
["connection_name", "longstr", "nova-api:1:a"]]},
{"client_properties": []}]""")
        self.assertEqual(['nova-api:1:a', ''], self.broker.connections())

    def test_no_answer(self):
        self.answer('', code=69)
        for ask in (self.broker.queues, self.broker.connections):
            self.assertRaises(errors.DevcloudError, ask)
