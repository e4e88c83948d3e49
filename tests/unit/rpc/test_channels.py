"""A channel to the broker: there is one, there is none, or it fails."""

import types

import amqp
import kombu.exceptions

from nova_gs.rpc import channels
from tests.fixtures import channels as fakes
from tests.unit import base


class TestChannels(base.TestCase):

    def open(self, driver):
        with channels.opened(
                types.SimpleNamespace(_driver=driver)) as channel:
            return channel

    def test_of_the_pool(self):
        connection = fakes.FakeConnection({})
        self.assertIs(connection, self.open(fakes.FakeDriver(connection)))

    def test_no_broker(self):
        for driver in (object(), fakes.FakeDriver(
                fakes.FakeConnection({}, driver_type='memory'))):
            self.assertIsNone(self.open(driver))

    def test_failures(self):
        for error in (kombu.exceptions.OperationalError('gone'),
                      ConnectionRefusedError(111, 'refused'),
                      amqp.ConnectionForced('shut down'),
                      TimeoutError('frozen')):
            self.assertRaises(channels.FAILURES, self.open,
                              fakes.FakeDriver(error=error))

    def test_only_what_knows_a_broker(self):
        driver = fakes.FakeDriver()
        self.assertIs(driver, channels.driver_of(
            types.SimpleNamespace(_driver=driver)))
        self.assertIsNone(channels.driver_of(
            types.SimpleNamespace(_driver=object())))
