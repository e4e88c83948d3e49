"""What goes out, on a broker that is simulated in memory."""

import socket
import threading

import oslo_messaging
from oslo_messaging import conffixture

from nova_gs import exception
from nova_gs.notifications import payloads
from nova_gs.notifications import sender
from tests.fixtures import drained
from tests.unit import base


class Endpoint:
    """Reads notifications."""

    def __init__(self):
        self.read, self.came = [], threading.Event()

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self.read.append((publisher_id, event_type, payload))
        self.came.set()


class TestSender(base.TestCase):

    def setUp(self):
        super().setUp()
        self.messaging = self.useFixture(conffixture.ConfFixture(self.conf))
        self.messaging.transport_url = 'fake:/'
        daemon = drained.Drained(self.conf)
        self.payload = payloads.ServiceDrainPayload.of(
            daemon, daemon.coordinator.history[-1], False)

    def test_send(self):
        self.flags('notifications', topics=['one'])
        made = sender.Sender(self.conf, 'nova-compute:host1')
        endpoint = Endpoint()
        listener = oslo_messaging.get_notification_listener(
            made._transport, [oslo_messaging.Target(topic='one')],
            [endpoint], executor='threading')
        listener.start()
        self.addCleanup(listener.stop)
        made.send('compute.drain.begin', self.payload)
        self.assertTrue(endpoint.came.wait(60))
        publisher, event_type, payload = endpoint.read[0]
        self.assertEqual(('nova-compute:host1', 'compute.drain.begin'),
                         (publisher, event_type))
        self.assertEqual(self.payload.obj_to_primitive(), payload)
        made.close()

    def test_no_broker(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.messaging.transport_url = 'rabbit://u:p@127.0.0.1:%d/' % port
        made = sender.Sender(self.conf, 'nova-compute:host1')
        self.assertRaises(exception.PeerUnavailable, made.send,
                          'compute.drain.begin', self.payload)
        made.close()

    def test_a_url_that_is_none(self):
        self.messaging.transport_url = 'pigeon://roof/'
        error = self.assertRaises(
            exception.ConfigurationError, sender.Sender, self.conf, 'me')
        self.assertIn('[oslo_messaging_notifications] transport_url',
                      str(error))
        self.assertNotIn('pigeon', str(error))
