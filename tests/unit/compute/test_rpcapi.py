"""Which server a message to a compute goes to."""

import threading

from nova_gs.compute import rpcapi
from nova_gs import exception
from tests.fixtures import clock
from tests.unit import base

NEW, OLD, UNKNOWN = 'new-host', 'old-host', 'unknown-host'


class FakePeers:
    """Hosts as they are recorded; ``learn`` is what a second look finds."""

    def __init__(self):
        self.alt = {NEW}
        self.draining = set()
        self.fleet = '6.5'
        self.learn = {}

    def has_alt(self, host):
        return host in self.alt

    def is_draining(self, host):
        return host in self.draining

    def fleet_version(self):
        return self.fleet

    def forget(self, host):
        if self.learn.get(host) == 'old':
            self.alt.discard(host)


class FakeLibraryClient:
    def prepare(self, **kwargs):
        return kwargs


class FakeClient:
    """Notes what would be sent; ``absent`` queues are undeliverable."""

    library_client = FakeLibraryClient()

    def __init__(self, clock):
        self.sent = []
        self.absent = {}
        self._clock = clock

    def patience(self, row):
        return {}

    def send(self, ctxt, row, prepared, host, version, arguments):
        topic = prepared['topic']
        self.sent.append(topic)
        if self.absent.get(topic, 0) > 0:
            self.absent[topic] -= 1
            self._clock.advance(1)
            raise exception.Undeliverable(
                service=topic, host=host, method=row.name, reason='no queue')
        return arguments


class TestChoiceOfServer(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.peers = FakePeers()
        self.api = rpcapi.ComputeAPI.__new__(rpcapi.ComputeAPI)
        self.client = FakeClient(self.clock)
        stopping = threading.Event()
        stopping.wait = lambda timeout: False
        self.api.__dict__.update(
            _conf=self.conf, _client=self.client, _clock=self.clock,
            _peers=self.peers, _stopping=stopping)

    def topics(self, method, host, *arguments):
        del self.client.sent[:]
        getattr(self.api, method)(None, host, *arguments)
        return self.client.sent

    def test_by_row_and_record(self):
        for method, host, topic in (
                ('reboot_instance', NEW, 'compute'),
                ('live_migration', NEW, 'compute-alt'),
                ('live_migration', OLD, 'compute'),
                ('live_migration', UNKNOWN, 'compute'),
                ('post_live_migration_at_source', NEW, 'compute-alt'),
                ('live_migration_abort', NEW, 'compute')):
            self.assertEqual([topic], self.topics(method, host, 'uuid'),
                             (method, host))

    def test_explicit_pin_keeps_everything_on_compute(self):
        self.flags(compute='6.4', group='upgrade_levels')
        self.assertEqual(['compute'],
                         self.topics('live_migration', NEW, 'uuid'))

    def test_pin_to_the_newest_does_not(self):
        self.flags(compute='6.5', group='upgrade_levels')
        self.assertEqual(['compute-alt'],
                         self.topics('live_migration', NEW, 'uuid'))

    def test_new_host_is_used_although_others_are_old(self):
        self.peers.fleet = '6.4'
        self.assertEqual(['compute-alt'],
                         self.topics('live_migration', NEW, 'uuid'))

    def test_abort_gets_through_to_a_draining_host(self):
        self.peers.draining = {NEW, OLD}
        self.assertEqual(['compute-alt'],
                         self.topics('live_migration_abort', NEW, 'uuid'))
        self.assertEqual(['compute'],
                         self.topics('live_migration_abort', OLD, 'uuid'))

    def test_publication_is_mandatory(self):
        prepared, _ = self.api.prepare_for_alt_rpcserver(
            self.client.library_client, NEW, '6.0')
        self.assertTrue(prepared['transport_options'].at_least_once)

    def test_absent_queue_of_a_host_that_turns_out_old(self):
        self.client.absent = {'compute-alt': 1}
        self.peers.learn = {NEW: 'old'}
        self.assertEqual(['compute-alt', 'compute'],
                         self.topics('live_migration', NEW, 'uuid'))

    def test_absent_queue_of_a_new_host_is_waited_for(self):
        self.client.absent = {'compute-alt': 3}
        self.assertEqual(['compute-alt'] * 4,
                         self.topics('live_migration', NEW, 'uuid'))

    def test_but_not_for_ever(self):
        self.client.absent = {'compute-alt': 1000}
        self.assertRaises(exception.PeerUnavailable, self.topics,
                          'live_migration', NEW, 'uuid')
        self.assertEqual({'compute-alt'}, set(self.client.sent))

    def test_what_the_fleet_does_not_know_is_not_sent(self):
        self.flags(compute='6.0', group='upgrade_levels')
        error = self.assertRaises(
            exception.PeerUnavailable, self.topics,
            'live_migration_force_complete', NEW, 'uuid')
        self.assertIn('[upgrade_levels]', str(error))
        self.assertEqual([], self.client.sent)
