"""Which server a message to a compute goes to."""

import threading

from nova_gs.compute import rpcapi
from nova_gs import exception
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client
from tests.fixtures import clock
from tests.unit import base
from tests.unit.compute import test_peers

NEW, OLD = test_peers.NEW, test_peers.OLD
UNKNOWN = test_peers.UNKNOWN


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
        self.versions = []
        self.absent = {}
        self.silent = False
        self._clock = clock

    def patience(self, row):
        return {}

    def send(self, ctxt, row, prepared, host, version, arguments):
        topic = prepared['topic']
        self.sent.append(topic)
        self.versions.append(version)
        if self.silent:
            raise exception.PeerUnavailable(
                service=topic, host=host, method=row.name, reason='timeout')
        if self.absent.get(topic, 0) > 0:
            self.absent[topic] -= 1
            self._clock.advance(1)
            raise exception.Undeliverable(
                service=topic, host=host, method=row.name, reason='no queue')
        return arguments


class FakeQuestions:
    """Sends; what goes to a ``left`` topic is refused as unread."""

    def __init__(self):
        self.left = set()

    def ask(self, send, row, topic, host):
        answer = send()
        if topic in self.left:
            raise exception.HostDraining(host=host, reason='r', deadline='d')
        return answer


class TestChoiceOfServer(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.peers = FakePeers()
        self.api = rpcapi.ComputeAPI.__new__(rpcapi.ComputeAPI)
        self.client = FakeClient(self.clock)
        self.questions = FakeQuestions()
        stopping = threading.Event()
        stopping.wait = lambda timeout: False
        self.api.__dict__.update(
            _conf=self.conf, _client=self.client, _clock=self.clock,
            _peers=self.peers, _stopping=stopping,
            _questions=self.questions)

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

    def test_abort_that_a_host_has_left_unread_goes_to_its_other_queue(self):
        self.questions.left = {catalogue.Topic.NEW_WORK}
        is_draining = self.peers.is_draining
        self.peers.is_draining = lambda host: (
            bool(self.client.sent) and is_draining(host))
        self.peers.draining = {NEW, OLD}
        self.assertEqual(['compute', 'compute-alt'],
                         self.topics('live_migration_abort', NEW, 'uuid'))
        for method, host in (('live_migration_abort', OLD),
                             ('check_can_live_migrate_source', NEW)):
            self.assertRaises(exception.HostDraining, self.topics, method,
                              host, 'uuid')
            self.assertEqual(['compute'], self.client.sent)

    def test_refusal_of_the_last_queue_is_final(self):
        self.questions.left = set(catalogue.Topic)
        self.peers.draining = {NEW}
        self.assertRaises(exception.HostDraining, self.topics,
                          'live_migration_abort', NEW, 'uuid')
        self.assertEqual(['compute-alt'], self.client.sent)

    def test_a_host_that_gives_a_reason_is_let_in_whatever_happens(self):
        for host, topic in ((NEW, 'compute-alt'), (OLD, 'compute')):
            self.assertEqual([topic], self.topics(
                'live_migration_abort', host, 'uuid', 'host-b must stop'))

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

    def test_nor_longer_than_the_sender_may_take(self):
        self.client.absent = {'compute-alt': 1000}
        with rpc_client.at_most(2):
            self.assertRaises(exception.Undeliverable, self.topics,
                              'pre_live_migration', NEW, 'u', 'i', 'd')
        self.assertEqual(['compute-alt'] * 2, self.client.sent)

    def test_unanswered_call_is_not_sent_again(self):
        """It may have got there, on whichever queue."""
        self.client.silent = True
        self.peers.learn = {NEW: 'old'}
        for host in (NEW, OLD, UNKNOWN):
            self.assertRaises(exception.PeerUnavailable, self.topics,
                              'pre_live_migration', host, 'u', 'i', 'd')
            self.assertEqual(1, len(self.client.sent), host)
        # What is said next goes by what the host is by then.
        self.client.silent = False
        self.assertEqual(['compute'], self.topics(
            'rollback_live_migration_at_destination', NEW, 'u'))

    def test_version_is_what_the_fleet_allows(self):
        """Also to a host that could be told more."""
        for pin, fleet, version in (
                ('auto', '6.4', '6.4'), ('auto', '6.5', '6.5'),
                ('6.4', '6.5', '6.4'), ('6.5', '6.4', '6.5')):
            self.flags(compute=pin, group='upgrade_levels')
            self.peers.fleet = fleet
            self.topics('live_migration', NEW, 'uuid')
            self.assertEqual(version, self.client.versions[-1], (pin, fleet))

    def test_what_the_fleet_does_not_know_is_not_recorded(self):
        for pin, fleet, knows in (('auto', '6.6', True),
                                  ('auto', '6.5', False),
                                  ('6.5', '6.6', False)):
            self.flags(compute=pin, group='upgrade_levels')
            self.peers.fleet = fleet
            self.api.require_known('reboot_instance')
            if knows:
                self.api.require_known('pause_instance')
                continue
            error = self.assertRaises(
                exception.ComputesTooOld, self.api.require_known,
                'pause_instance')
            self.assertIn('needs RPC version 6.6', str(error))

    def test_what_the_fleet_does_not_know_is_not_sent(self):
        self.flags(compute='6.0', group='upgrade_levels')
        error = self.assertRaises(
            exception.PeerUnavailable, self.topics,
            'live_migration_force_complete', NEW, 'uuid')
        self.assertIn('[upgrade_levels]', str(error))
        self.assertEqual([], self.client.sent)


class TestBetweenTwoMessages(test_peers.PeersTestCase):
    """A host that is not what it was when it was sent the last message."""

    def setUp(self):
        super().setUp()
        self.client = FakeClient(self.clock)
        self.api = rpcapi.ComputeAPI.__new__(rpcapi.ComputeAPI)
        self.api.__dict__.update(
            _conf=self.conf, _client=self.client, _clock=self.clock,
            _peers=self.peers, _stopping=threading.Event(),
            _questions=FakeQuestions())

    def topics(self, host):
        del self.client.sent[:]
        self.api.post_live_migration_at_destination(None, host, 'u')
        return self.client.sent

    def test_upgraded(self):
        """It may drain already: nobody reads its "compute" then."""
        self.assertEqual(['compute'], self.topics(OLD))
        self.records.versions[OLD] = 3
        self.assertEqual(['compute-alt'], self.topics(OLD))

    def test_upgraded_and_not_listening_yet(self):
        self.assertEqual(['compute'], self.topics(OLD))
        self.records.versions[OLD] = 3
        self.client.absent = {'compute-alt': 2}
        self.api._stopping.wait = lambda timeout: False
        self.assertEqual(['compute-alt'] * 3, self.topics(OLD))

    def test_downgraded(self):
        del self.records.versions[OLD]
        self.assertEqual(['compute-alt'], self.topics(NEW))
        self.assertEqual('6.5', self.client.versions[-1])
        self.records.versions[NEW] = 2
        self.client.absent = {'compute-alt': 1}
        self.assertEqual(['compute-alt', 'compute'], self.topics(NEW))
        self.assertEqual(['compute'], self.topics(NEW))
        self.assertEqual('6.4', self.client.versions[-1])

    def test_removed_from_the_records(self):
        self.assertEqual(['compute-alt'], self.topics(NEW))
        del self.records.versions[NEW]
        self.client.absent = {'compute-alt': 1}
        self.assertEqual(['compute-alt', 'compute'], self.topics(NEW))

    def test_conductor_cannot_say_what_it_is_now(self):
        """Then it is what it was: never to a "compute" that is closed."""
        self.assertEqual(['compute-alt'], self.topics(NEW))
        self.records.away = True
        self.client.absent = {'compute-alt': 1000}
        self.api._stopping.wait = lambda timeout: False
        self.assertRaises(exception.Undeliverable, self.topics, NEW)
        self.assertEqual({'compute-alt'}, set(self.client.sent))
