"""The bounds of a transport, what a wrong URL does, and its end."""

import collections
import threading
import types

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


class FakeDriver(amqpdriver.AMQPDriverBase):
    """Notes what is closed; ``hold`` keeps a close from ending."""

    def __init__(self, has_asked=True, error=None):
        self.closed = []
        self.hold = threading.Event()
        self.hold.set()
        self.error = error
        self._connection_pool = types.SimpleNamespace(
            empty=self._closer('pool'))
        self._reply_q_lock = threading.Lock()
        self._waiter = self._reply_q_conn = None
        if has_asked:
            self._waiter = types.SimpleNamespace(stop=self._closer('waiter'))
            self._reply_q_conn = types.SimpleNamespace(
                close=self._closer('answers'))

    def _closer(self, name):
        def close():
            self.hold.wait(60)
            if self.error:
                raise self.error
            self.closed.append(name)
        return close


class TestClose(base.TestCase):

    def close(self, *drivers, within=60):
        return transport.close(
            [types.SimpleNamespace(_driver=driver) for driver in drivers],
            within)

    def test_everything(self):
        drivers = FakeDriver(), FakeDriver(has_asked=False)
        self.assertTrue(self.close(*drivers))
        # Who waits for answers is told before the connection goes.
        self.assertEqual([['pool', 'waiter', 'answers'], ['pool']],
                         [driver.closed for driver in drivers])

    def test_late_users_find_what_they_need(self):
        driver = FakeDriver()
        self.close(driver)
        self.assertIsNotNone(driver._connection_pool)
        self.assertIsNotNone(driver._waiter)

    def test_frozen_broker_holds_nobody(self):
        frozen, other = FakeDriver(), FakeDriver()
        frozen.hold.clear()
        self.addCleanup(frozen.hold.set)
        self.assertFalse(self.close(frozen, other, within=0.2))
        self.assertEqual(['pool', 'waiter', 'answers'], other.closed)
        self.assertEqual([], frozen.closed)

    def test_connection_that_is_lost_already(self):
        self.assertTrue(self.close(FakeDriver(error=OSError('reset'))))

    def test_other_drivers(self):
        cleaned = []
        self.assertTrue(transport.close([types.SimpleNamespace(
            _driver=object(), cleanup=lambda: cleaned.append(1))]))
        self.assertEqual([1], cleaned)

    def test_nothing(self):
        self.assertTrue(self.close())


class FakeConnection:
    """One of the driver's; notes when it is closed."""

    def __init__(self, connected=True, channel=None, default=None,
                 error=None):
        self.connection = types.SimpleNamespace(
            connected=connected, _default_channel=self._channel(default))
        self.channel = self._channel(channel)
        self.error = error
        self.closed = threading.Event()

    def _channel(self, state):
        # One that is closed forgets its connection.
        return state and types.SimpleNamespace(
            connection=self if state == 'open' else None)

    def close(self):
        self.closed.set()
        if self.error:
            raise self.error


class TestDropDead(base.TestCase):

    def drop(self, *connections):
        """Return what is left in the pool, and how many may still come."""
        driver = FakeDriver()
        driver._connection_pool = pool = types.SimpleNamespace(
            _cond=threading.Condition(), _current_size=4,
            _items=collections.deque(
                (object(), connection) for connection in connections))
        count = transport.drop_dead(types.SimpleNamespace(_driver=driver))
        self.assertEqual(len(connections) - len(pool._items), count)
        return [item[1] for item in pool._items], 4 - pool._current_size

    def test_living_ones_stay(self):
        living = [FakeConnection(channel='open', default='open'),
                  FakeConnection()]
        self.assertEqual((living, 0), self.drop(*living))

    def test_dead_ones_go(self):
        living = FakeConnection(channel='open')
        dead = [FakeConnection(connected=False, channel='open'),
                FakeConnection(connected=False),
                FakeConnection(default='closed'),
                FakeConnection(channel='closed', error=OSError('reset'))]
        self.assertEqual(([living], 4), self.drop(dead[0], living, *dead[1:]))
        for connection in dead:
            self.assertTrue(connection.closed.wait(60))
        self.assertFalse(living.closed.is_set())

    def test_other_drivers(self):
        self.assertEqual(0, transport.drop_dead(
            types.SimpleNamespace(_driver=object())))
