"""Asking whether there is a broker."""

import contextlib
import types

import kombu.exceptions
from oslo_messaging._drivers import amqpdriver

from nova_gs import exception
from nova_gs.rpc import broker
from tests.unit import base


class FakeDriver(amqpdriver.AMQPDriverBase):
    """A driver whose connections fail as told."""

    def __init__(self, error=None):
        self._error = error
        self._url = types.SimpleNamespace(hosts=[
            types.SimpleNamespace(hostname='one', port=None),
            types.SimpleNamespace(hostname='two', port=5673)])

    @contextlib.contextmanager
    def _get_connection(self, retry=None):
        self.retry = retry
        if self._error:
            raise self._error
        yield


class TestReach(base.TestCase):

    def reach(self, driver):
        return broker.reach(types.SimpleNamespace(_driver=driver))

    def test_there(self):
        driver = FakeDriver()
        self.assertTrue(self.reach(driver))
        self.assertEqual(1, driver.retry)

    def test_other_drivers_are_not_asked(self):
        self.assertTrue(self.reach(object()))

    def test_away(self):
        for failure, said in (
                (kombu.exceptions.OperationalError('gone'), 'gone'),
                (ConnectionRefusedError(111, 'Connection refused'),
                 'Connection refused'),
                (OSError(), 'OSError')):
            error = self.assertRaises(
                exception.PeerUnavailable, self.reach, FakeDriver(failure))
            self.assertIn('transport_url', str(error))
            self.assertIn('one:5672, two:5673', str(error))
            self.assertIn(said, str(error))
