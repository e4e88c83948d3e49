"""What a server answers, counts and gives back."""

import contextlib
import socket
import threading
import types

import fixtures
import oslo_messaging
from oslo_messaging._drivers import amqp as rpc_amqp
from oslo_messaging import conffixture

from nova_gs import clock
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import freshness
from nova_gs.rpc import serializer
from nova_gs.rpc import server
from nova_gs.rpc import times
from nova_gs.rpc import transport
from tests.unit import base

CONSOLE = catalogue.ROWS['get_console_output']


class Manager:
    """Has a method for whatever it is asked."""

    def __getattr__(self, name):
        return lambda ctxt, **arguments: (name, arguments)


class Incoming(types.SimpleNamespace):
    """One as the library's listener brings it."""

    __hash__ = object.__hash__


def raising(error):
    def invoke(row, method, ctxt, **arguments):
        raise error
    return invoke


class TestGuarded(base.TestCase):

    def guarded(self, invoke):
        return server._guarded(invoke, CONSOLE, Manager().x, 'ctxt',
                               instance='i')

    def test_answer(self):
        def invoke(row, method, ctxt, **arguments):
            self.assertEqual((CONSOLE, 'ctxt'), (row, ctxt))
            return method(ctxt, **arguments)

        self.assertEqual(('x', {'instance': 'i'}), self.guarded(invoke))

    def test_our_errors_are_answers(self):
        error = exception.HostDraining(host='h', reason='r', deadline='d')
        expected = self.assertRaises(
            oslo_messaging.ExpectedException, self.guarded, raising(error))
        self.assertIs(error, expected.exc_info[1])

    def test_what_would_end_the_worker_is_an_answer_too(self):
        for error in (SystemExit(3), KeyboardInterrupt()):
            caught = self.assertRaises(
                RuntimeError, self.guarded, raising(error))
            self.assertIn(CONSOLE.name, str(caught))
            self.assertIs(error, caught.__cause__)

    def test_bugs_are_passed_on(self):
        self.assertRaises(KeyError, self.guarded, raising(KeyError('x')))


class TestPolicy(base.TestCase):

    def test_only_rows_of_the_topic(self):
        policy = server.CataloguePolicy()
        for topic in catalogue.Topic:
            endpoint = server.Endpoint(Manager(), topic, raising(None))
            allowed = {name for name in list(catalogue.ROWS) + dir(endpoint)
                       if policy.is_allowed(endpoint, name)}
            self.assertEqual(
                {row.name for row in catalogue.rows_served_on(topic)},
                allowed)

    def test_what_must_get_through_is_on_both(self):
        endpoint = server.Endpoint(
            Manager(), catalogue.Topic.ONGOING, raising(None))
        for name, there in (('live_migration_abort', True),
                            ('reboot_instance', False),
                            ('check_can_live_migrate_source', False)):
            self.assertEqual(there, name in endpoint.exposed, name)

    def test_endpoint_announces_its_version(self):
        for topic in catalogue.Topic:
            endpoint = server.Endpoint(Manager(), topic, raising(None))
            self.assertEqual(catalogue.version_of(topic),
                             endpoint.target.version)


class TestServer(base.TestCase):
    """On a broker that is simulated in memory."""

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.useFixture(conffixture.ConfFixture(self.conf)).transport_url = (
            'fake:/')
        self.transport = transport.create(self.conf)
        self.entered, self.proceed = threading.Event(), threading.Event()
        self.addCleanup(self.proceed.set)
        self.error = None

    def invoke(self, row, method, ctxt, **arguments):
        self.entered.set()
        self.proceed.wait(60)
        if self.error:
            raise self.error
        return method(ctxt, **arguments)

    def serve(self):
        served = server.create(self.transport, catalogue.Topic.NEW_WORK,
                               'host1', Manager(), self.invoke)
        served.start(override_pool_size=2)
        return served

    def client(self, **kwargs):
        return rpc_client.Client(
            self.conf, self.transport).library_client.prepare(
                topic='compute', server='host1', version='6.0', **kwargs)

    def call(self):
        return self.client(timeout=60).call(
            context.get_admin_context(), CONSOLE.name, instance='i',
            tail_length=None)

    def test_what_is_accepted_is_counted_until_it_is_answered(self):
        served = self.serve()
        self.client().cast(context.get_admin_context(), 'reboot_instance',
                           operation_uuid='u')
        self.assertTrue(self.entered.wait(60))
        self.assertEqual(1, served.pending)
        self.assertFalse(served.wait_answered(0.01))
        self.assertEqual(0, served.detach())
        self.assertEqual(1, served.pending)
        self.proceed.set()
        self.assertTrue(served.wait_answered(60))
        self.assertEqual(0, served.pending)

    def test_call(self):
        served = self.serve()
        self.proceed.set()
        self.assertEqual(
            [CONSOLE.name, {'instance': 'i', 'tail_length': None}],
            list(self.call()))
        served.detach()

    def test_refusal_reaches_the_caller(self):
        self.error = exception.HostDraining(
            host='host1', reason='r', deadline='d')
        served = self.serve()
        self.proceed.set()
        self.assertRaises(exception.HostDraining, self.call)
        served.detach()

    def ask(self, **kwargs):
        """Call as those do who say how long they wait."""
        row = CONSOLE
        client = rpc_client.Client(self.conf, self.transport)
        return client.send(
            context.get_admin_context(), row, client.library_client.prepare(
                topic='compute', server='host1', version='6.0', **kwargs),
            'host1', '6.0', {'instance': 'i', 'tail_length': None})

    def test_who_waits_is_answered_and_does_not_notice(self):
        served, seen = self.serve(), []
        self.proceed.set()
        times.seat_observer(lambda side, row, result, seconds: seen.append(
            (side.value, result.value)), clock.Clock())
        self.addCleanup(times.seat_observer, None, None)
        for _ in range(2):
            self.assertEqual(
                [CONSOLE.name, {'instance': 'i', 'tail_length': None}],
                list(self.ask(timeout=60)))
        self.assertEqual(
            [('server', 'stale'), ('server', 'done'), ('client', 'done'),
             ('server', 'done'), ('client', 'done')], seen)
        served.detach()

    def test_who_does_not_ask_again_is_not_served(self):
        """Neither gate nor tracker nor driver ever hear of it."""
        served = self.serve()
        self.proceed.set()
        asked = freshness.Asked(60)
        with serializer.saying(asked):
            doubt = self.assertRaises(exception.AskAgain, self.call)
        self.assertFalse(self.entered.is_set())
        self.assertEqual(('compute', 'host1', CONSOLE.name), tuple(
            doubt.kwargs[name] for name in ('service', 'host', 'method')))
        with serializer.saying(freshness.Asked(
                60, (doubt.kwargs['proof'],))):
            self.call()
        self.assertTrue(self.entered.is_set())
        served.detach()

    def test_servers_that_share_a_queue(self):
        """Each may doubt once; a proof for one is none for the other."""
        self.proceed.set()
        servers = [server.create(
            self.transport, catalogue.Topic.CONDUCTOR, host, Manager(),
            self.invoke) for host in ('one', 'two', 'three')]
        for served in servers:
            served.start(override_pool_size=2)
        client = rpc_client.Client(self.conf, self.transport)
        row = catalogue.ROWS['object_action']
        arguments = dict.fromkeys(row.arguments_at('1.0'), 'x')
        for _ in range(10):
            self.assertEqual([row.name, arguments], list(client.send(
                context.get_admin_context(), row,
                client.library_client.prepare(
                    topic='conductor', version='1.0', timeout=60),
                None, '1.0', arguments)))
        for served in servers:
            served.detach()

    def test_what_has_waited_for_too_long_is_not_begun(self):
        served = self.serve()
        served._freshness.may_begin = lambda receipt: False
        replies = []
        message = Incoming(
            message={'method': 'pre_live_migration', 'version': '6.0',
                     'args': {}}, client_timeout=60, msg_id='m', ctxt={},
            reply=lambda result=None, failure=None: replies.append(failure),
            acknowledge=lambda: None, receipt=None)
        served._process_incoming([message])
        [(kind, _error, _traceback)] = replies
        self.assertIs(exception.AskAgain, kind)
        # Or a thread would tell its caller for ever that it is worked on.
        self.assertIsNone(message.client_timeout)
        served.detach()

    def test_answers_that_cannot_be_sent_are_not_waited_for(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.rpc.server.STUCK_AFTER', 0.01))
        served = self.serve()
        sending, broker_back = threading.Event(), threading.Event()
        self.addCleanup(broker_back.set)

        def reply(*args, **kwargs):
            sending.set()
            broker_back.wait(60)

        message = Incoming(
            message={'method': CONSOLE.name, 'version': '6.0', 'args': {
                'instance': 'i', 'tail_length': None}},
            client_timeout=None, msg_id='m', reply=reply, ctxt={},
            acknowledge=lambda: None)
        served._on_incoming([message])
        self.assertTrue(self.entered.wait(60))
        self.assertFalse(served.wait_answered(0.05), 'it is being executed')
        self.proceed.set()
        self.assertTrue(sending.wait(60))
        self.assertFalse(served.wait_answered(None))
        self.assertEqual(1, served.pending)
        broker_back.set()
        self.assertTrue(served.wait_answered(60))
        served.detach()

    def test_a_broker_that_says_nothing_is_left_without_its_word(self):
        served = self.serve()
        one, other = socket.socketpair()
        self.addCleanup(one.close)
        self.addCleanup(other.close)
        consumer = FakeConsumer()
        conn = types.SimpleNamespace(connection=types.SimpleNamespace(
            _consumers={consumer: 1}, channel=types.SimpleNamespace(
                connection=types.SimpleNamespace(sock=one))))
        # A broker that says nothing: whoever reads from it is kept.
        real = served.listener
        served.listener = types.SimpleNamespace(
            stop=lambda: one.recv(1), cleanup=lambda: None,
            _poll_style_listener=types.SimpleNamespace(
                conn=conn, incoming=[]))
        self.assertEqual(0, served.detach(within=0.01))
        self.assertEqual(b'', other.recv(1), 'the connection is not cut')
        consumer.consume(None, tag=1)
        consumer.declare(None)
        self.assertEqual([], consumer.asked)
        real.stop()

    def test_method_without_a_row_ends_no_monitor_for_ever(self):
        served = self.serve()
        seen = []
        message = Incoming(
            message={'method': 'no_such_row'}, client_timeout=60, msg_id='m',
            acknowledge=lambda: seen.append(message.client_timeout),
            ctxt={}, reply=lambda *args, **kwargs: None)
        served._process_incoming([message])
        self.assertEqual([None], seen)
        served.detach()


class FakeDriver:
    """Lends out connections that are nothing but their number."""

    def __init__(self):
        self.lent = 0

    @contextlib.contextmanager
    def _get_connection(self):
        self.lent += 1
        yield self.lent


class TestTriedOnce(base.TestCase):

    def message(self, send):
        self.driver = FakeDriver()
        return types.SimpleNamespace(
            message={'method': CONSOLE.name}, _send_reply=send,
            listener=types.SimpleNamespace(driver=self.driver))

    def test_answer(self):
        sent = []
        message = self.message(lambda *what: sent.append(what))
        server._tried_once(message)('r', failure='f')
        self.assertEqual([(1, 'r', 'f')], sent)

    def test_nobody_is_there(self):
        for error in (
                oslo_messaging.MessageUndeliverable(None, None, None, None),
                rpc_amqp.AMQPDestinationNotFound()):
            def send(*what, error=error):
                raise error

            server._tried_once(self.message(send))(failure='f')
            self.assertEqual(1, self.driver.lent)

    def test_other_drivers(self):
        message = types.SimpleNamespace(reply='as it is')
        self.assertEqual('as it is', server._tried_once(message))


class TestGivenBack(base.TestCase):

    def test_table(self):
        for info, given_back in (({'redelivered': True}, True),
                                 ({'redelivered': False}, False), ({}, False)):
            message = types.SimpleNamespace(message=types.SimpleNamespace(
                _raw_message=types.SimpleNamespace(delivery_info=info)))
            self.assertEqual(given_back, server._was_given_back(message))
        self.assertFalse(server._was_given_back(
            types.SimpleNamespace(message={})))


class FakeConsumer:
    """Notes what it is asked for."""

    def __init__(self):
        self.asked = []

    def consume(self, conn, tag):
        self.asked.append('consume')

    def declare(self, conn):
        self.asked.append('declare')

    def cancel(self, tag):
        pass


class Message(dict):
    """One that was delivered and not read."""

    requeued = False

    def requeue(self):
        self.requeued = True


class FakeListener:
    """A listener with unread messages, which cancelling hands over."""

    def __init__(self, unread, error=None):
        self.incoming = []
        self.cancelled = []
        self._unread = unread
        self._error = error
        self.conn = types.SimpleNamespace(connection=types.SimpleNamespace(
            _consumers={self: 'tag'}))

    def __call__(self, message):
        self.incoming.append(message)

    def cancel(self, tag):
        for message in self._unread:
            self.callback(message)
        self.cancelled.append(tag)
        if self._error:
            raise self._error


class TestReturnUnread(base.TestCase):

    def test_casts_go_back_and_calls_are_to_be_answered(self):
        casts = [Message(method='reboot_instance') for _ in range(3)]
        call = Message(method='get_console_output', _msg_id='m')
        listener = FakeListener(casts + [call])
        self.assertEqual(3, server._return_unread(listener))
        self.assertEqual(['tag'], listener.cancelled)
        self.assertTrue(all(cast.requeued for cast in casts))
        self.assertFalse(call.requeued)
        self.assertEqual([call], listener.incoming)

    def test_lost_connection(self):
        listener = FakeListener([], error=ConnectionResetError('gone'))
        self.assertEqual(0, server._return_unread(listener))
