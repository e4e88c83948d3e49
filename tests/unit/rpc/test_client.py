"""How long a message may take, and what its failures become."""

import dataclasses
import threading

import kombu.exceptions
import oslo_messaging
from oslo_messaging import conffixture

from nova_gs import context
from nova_gs.devcloud import waiting
from nova_gs import exception
from nova_gs.rpc import attempts
from nova_gs.rpc import catalogue
from nova_gs.rpc import client
from nova_gs.rpc import serializer
from nova_gs.rpc import transport
from tests.fixtures import clock
from tests.unit import base

CAST = catalogue.ROWS['reboot_instance']
SHORT = catalogue.ROWS['get_console_output']
LONG = catalogue.ROWS['pre_live_migration']


class FakePrepared:
    """Notes what is sent; raises ``error`` if there is one."""

    def __init__(self, error=None):
        self.error = error
        self.sent = []

    def cast(self, ctxt, name, **arguments):
        return self._send('cast', name, arguments)

    def call(self, ctxt, name, **arguments):
        return self._send('call', name, arguments)

    def _send(self, *what):
        self.sent.append(what)
        if self.error:
            raise self.error
        return 'answer'


class HangingPrepared:
    """Sends nothing until it may go on."""

    def __init__(self):
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.ended = threading.Event()

    def cast(self, ctxt, name, **arguments):
        self.begun.set()
        self.go_on.wait(60)
        self.ended.set()

    call = cast


class ClientTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(conffixture.ConfFixture(self.conf)).transport_url = (
            'fake:/')
        self.flags(rpc_response_timeout=60)
        self.client = client.Client(self.conf, transport.create(self.conf))

    def send(self, row, prepared, arguments, version='6.5'):
        return self.client.send(None, row, prepared, 'host2', version,
                                arguments)


class TestPatience(ClientTestCase):

    def test_table(self):
        retry = {'retry': 3}
        for row, limit, expected in (
                (CAST, None, {'retry': 0}),
                (CAST, 2, {'retry': 0}),
                (SHORT, None, retry),
                (SHORT, 2, {'retry': 0, 'timeout': 2}),
                (SHORT, 0, {'retry': 0, 'timeout': 0.05}),
                (SHORT, -1, {'retry': 0, 'timeout': 0.05}),
                (LONG, None, {'timeout': self.conf.long_rpc_timeout,
                              'call_monitor_timeout': 60, **retry}),
                (LONG, 2, {'retry': 0, 'timeout': 2})):
            with client.at_most(limit):
                self.assertEqual(expected, self.client.patience(row),
                                 (row.name, limit))

    def test_monitor_has_a_least_time(self):
        self.flags(rpc_response_timeout=1)
        self.assertEqual(
            2, self.client.patience(LONG)['call_monitor_timeout'])

    def test_bound_of_the_process(self):
        seconds = [None]
        self.client = client.Client(
            self.conf, transport.create(self.conf), lambda: seconds[0])
        self.assertNotIn('timeout', self.client.patience(SHORT))
        seconds[0] = 3
        for row in (SHORT, LONG):
            self.assertEqual(3, self.client.patience(row)['timeout'])
        with client.at_most(1):
            self.assertEqual(1, self.client.patience(SHORT)['timeout'])
        with client.at_most(5):
            self.assertEqual(3, self.client.patience(SHORT)['timeout'])

    def test_bound_ends_with_its_block(self):
        with client.at_most(5):
            with client.at_most(1):
                self.assertEqual(1, self.client.patience(SHORT)['timeout'])
            self.assertEqual(5, self.client.patience(SHORT)['timeout'])
        self.assertNotIn('timeout', self.client.patience(SHORT))


class TestSend(ClientTestCase):

    def test_by_kind(self):
        prepared = FakePrepared()
        self.send(CAST, prepared, {'operation_uuid': 'u'})
        answer = self.send(SHORT, prepared, {'instance': 'i',
                                             'tail_length': 1})
        self.assertEqual('answer', answer)
        self.assertEqual(
            [('cast', CAST.name, {'operation_uuid': 'u'}),
             ('call', SHORT.name, {'instance': 'i', 'tail_length': 1})],
            prepared.sent)

    def test_older_peers_get_what_they_know(self):
        row = dataclasses.replace(CAST, arguments='operation_uuid why@6.5')
        for version, names in (('6.4', {'operation_uuid'}),
                               ('6.5', {'operation_uuid', 'why'}),
                               ('6.10', {'operation_uuid', 'why'})):
            prepared = FakePrepared()
            self.send(row, prepared, {'operation_uuid': 'u', 'why': 'w'},
                      version)
            self.assertEqual(names, set(prepared.sent[0][2]), version)

    def test_unreachable(self):
        for error in (oslo_messaging.MessagingTimeout('m'),
                      oslo_messaging.MessageDeliveryFailure('m'),
                      kombu.exceptions.OperationalError('m'),
                      ConnectionRefusedError('m')):
            caught = self.assertRaises(
                exception.PeerUnavailable, self.send, SHORT,
                FakePrepared(error), {})
            self.assertNotIsInstance(caught, exception.Undeliverable)
            for word in ('compute', 'host2', SHORT.name,
                         type(error).__name__):
                self.assertIn(word, str(caught))

    def test_no_queue_is_told_apart(self):
        error = oslo_messaging.MessageUndeliverable(
            Exception(), 'exchange', 'key', 'message')
        caught = self.assertRaises(
            exception.Undeliverable, self.send, CAST, FakePrepared(error), {})
        self.assertIn('no queue', str(caught))

    def test_what_the_peer_raised_is_passed_on(self):
        error = exception.HostDraining(host='h', reason='r', deadline='d')
        caught = self.assertRaises(
            exception.HostDraining, self.send, SHORT, FakePrepared(error),
            {})
        self.assertIs(error, caught)

    def test_whether_the_last_one_got_through(self):
        self.assertTrue(self.client.got_through)
        for error, got_through in (
                (oslo_messaging.MessagingTimeout('m'), False),
                (exception.HostDraining(host='h', reason='r', deadline='d'),
                 True),
                (ConnectionRefusedError('m'), False),
                (None, True)):
            try:
                self.send(SHORT, FakePrepared(error), {})
            except exception.NovaGSException:
                pass
            self.assertEqual(got_through, self.client.got_through, error)

    def test_what_hangs_is_given_up(self):
        for row in (SHORT, LONG, CAST):
            prepared = HangingPrepared()
            self.addCleanup(prepared.go_on.set)
            with client.at_most(0.01):
                self.assertRaises(exception.PeerUnavailable, self.send, row,
                                  prepared, {})
            self.assertFalse(self.client.got_through)
            self.assertTrue(prepared.begun.is_set())

    def test_nothing_is_sent_when_too_much_hangs(self):
        hanging = HangingPrepared()
        self.addCleanup(hanging.go_on.set)
        self.client._attempts = attempts.Attempts(most=1)
        with client.at_most(0.01):
            self.assertRaises(exception.PeerUnavailable, self.send, SHORT,
                              hanging, {})
            prepared = FakePrepared()
            self.assertRaises(exception.PeerUnavailable, self.send, SHORT,
                              prepared, {})
            self.assertEqual([], prepared.sent)
            hanging.go_on.set()
            self.assertTrue(hanging.ended.wait(30))

        def gets_through():
            with client.at_most(30):
                return self.send(SHORT, prepared, {}) == 'answer'

        self.assertTrue(self.becomes_true(gets_through))

    def becomes_true(self, condition):
        def ask():
            try:
                return condition()
            except exception.PeerUnavailable:
                return False

        return waiting.until(ask, 30)

    def test_bugs_are_passed_on(self):
        self.assertRaises(KeyError, self.send, SHORT,
                          FakePrepared(KeyError('x')), {})

    def test_any_host(self):
        error = oslo_messaging.MessagingTimeout('m')
        caught = self.assertRaises(
            exception.PeerUnavailable, self.client.send,
            context.get_admin_context(), catalogue.ROWS['object_action'],
            FakePrepared(error), None, '1.0', {})
        self.assertIn('conductor on any host', str(caught))


class Doubting:
    """A prepared client whose servers doubt for a while that one waits.

    :param clock: ManualClock, moved by each call
    :param doubts: how often it is asked back; None for ever
    :param took: seconds until each answer
    """

    def __init__(self, clock, doubts=None, took=0):
        self._clock = clock
        self._doubts = doubts
        self._took = took
        #: (timeout that it was prepared with, freshness.Asked) of each call.
        self.heard = []
        self._timeout = 'as the row says'

    def prepare(self, timeout):
        self._timeout = timeout
        return self

    def call(self, ctxt, name, **arguments):
        self.heard.append((self._timeout, serializer._asked.get()))
        self._clock.advance(self._took)
        if self._doubts is not None and len(self.heard) > self._doubts:
            return arguments
        raise exception.AskAgain(
            service='compute', host='host2', method=name,
            proof='proof %d' % len(self.heard))

    cast = call


class TestAskedBack(ClientTestCase):

    def setUp(self):
        super().setUp()
        self.flags(long_rpc_timeout=1800)
        self.clock = clock.ManualClock()
        self.client = client.Client(
            self.conf, transport.create(self.conf), clock=self.clock)

    def test_how_long_it_waits(self):
        for row, limit, waits in (
                (SHORT, None, 60), (SHORT, 2, 2), (SHORT, 90, 90),
                (LONG, None, 60), (LONG, 2, 2), (LONG, -1, 0.05)):
            prepared = Doubting(self.clock, doubts=0)
            with client.at_most(limit):
                self.send(row, prepared, {})
            [(_timeout, asked)] = prepared.heard
            self.assertEqual((waits, ()), (asked.waits, asked.proofs),
                             (row.name, limit))
            self.assertIsNone(serializer._asked.get())

    def test_casts_say_nothing(self):
        prepared = Doubting(self.clock, doubts=0)
        self.send(CAST, prepared, {})
        self.assertIsNone(prepared.heard[0][1])

    def test_whoever_waits_asks_again(self):
        """With all proofs, since several servers may read a queue."""
        prepared = Doubting(self.clock, doubts=2, took=20)
        answer = self.send(SHORT, prepared, {'instance': 'i'})
        self.assertEqual({'instance': 'i'}, answer)
        self.assertTrue(self.client.got_through)
        self.assertEqual(
            [('as the row says', 60, ()), (40, 40, ('proof 1',)),
             (20, 20, ('proof 1', 'proof 2'))],
            [(timeout, asked.waits, asked.proofs)
             for timeout, asked in prepared.heard])

    def test_long_calls_wait_for_a_sign_each_time(self):
        prepared = Doubting(self.clock, doubts=2, took=50)
        self.send(LONG, prepared, {})
        self.assertEqual(
            [('as the row says', 60), (1750, 60), (1700, 60)],
            [(timeout, asked.waits) for timeout, asked in prepared.heard])

    def test_until_it_has_waited_long_enough(self):
        prepared = Doubting(self.clock, took=30)
        error = self.assertRaises(
            exception.AskAgain, self.send, SHORT, prepared, {})
        self.assertEqual(2, len(prepared.heard))
        self.assertTrue(self.client.got_through)
        self.assertIn('Nothing was begun', exception.reason_of(error))

    def test_not_for_ever(self):
        prepared = Doubting(self.clock)
        self.assertRaises(
            exception.AskAgain, self.send, SHORT, prepared, {})
        self.assertEqual(client._ASKED_AT_MOST, len(prepared.heard))

    def test_whoever_has_left_does_not(self):
        prepared = Doubting(self.clock)
        self.assertRaises(
            exception.AskAgain, self.client.send, None, SHORT, prepared,
            'host2', '6.5', {}, is_wanted=lambda: False)
        self.assertEqual(1, len(prepared.heard))
