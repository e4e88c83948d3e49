"""The bounds of a transport, and what a wrong URL does."""

import oslo_messaging
from oslo_messaging._drivers import amqpdriver
from oslo_messaging import conffixture

from nova_gs import exception
from nova_gs.rpc import transport
from tests.unit import base


class TestTransport(base.TestCase):

    def create(self, url):
        self.useFixture(conffixture.ConfFixture(self.conf)).transport_url = (
            url)
        created = transport.create(self.conf)
        self.addCleanup(created.cleanup)
        return created

    def test_polls_often_enough_to_stop_soon(self):
        transport.prepare()
        self.assertEqual(transport.LONGEST_POLL,
                         amqpdriver.ACK_REQUEUE_EVERY_SECONDS_MAX)

    def test_defaults_of_the_driver(self):
        # It does not connect before it has something to send.
        self.create('rabbit://127.0.0.1:1/')
        for name, value in transport.DEFAULTS.items():
            self.assertEqual(
                value, getattr(self.conf.oslo_messaging_rabbit, name), name)

    def test_options_may_say_otherwise(self):
        self.create('rabbit://127.0.0.1:1/')
        self.flags(group='oslo_messaging_rabbit',
                   rabbit_qos_prefetch_count=3)
        self.assertEqual(
            3, self.conf.oslo_messaging_rabbit.rabbit_qos_prefetch_count)

    def test_each_has_connections_of_its_own(self):
        first, second = self.create('fake:/'), transport.create(self.conf)
        self.assertIsNot(first._driver, second._driver)

    def test_our_errors_keep_their_class(self):
        self.assertIn(exception.__name__, transport.REMOTE_EXCEPTION_MODULES)

    def test_no_such_driver(self):
        self.assertRaises(oslo_messaging.DriverLoadFailure, self.create,
                          'pigeon://127.0.0.1/')

    def test_no_url(self):
        self.assertRaises(oslo_messaging.InvalidTransportURL, self.create,
                          'no URL at all')
