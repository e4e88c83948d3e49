"""What is remembered of the other computes, and for how long."""

import fixtures

from nova_gs.compute import peers
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import clock
from tests.unit import base

NEW, OLD, UNKNOWN = 'new-host', 'old-host', 'unknown-host'


class FakeRecords:
    """What the conductor knows: service versions by host."""

    def __init__(self, **versions):
        self.versions = {name + '-host': version
                         for name, version in versions.items()}
        self.phases = {}
        self.away = False
        self.reads = 0

    def service(self, cls, ctxt, host, binary):
        self._read()
        if host not in self.versions:
            raise exception.ServiceNotFound(service_id=host)
        return objects.Service(
            host=host, version=self.versions[host],
            phase=self.phases.get(host, 'serving'))

    def minimum(self, cls, ctxt, binary):
        self._read()
        return min(self.versions.values(), default=0)

    def _read(self):
        self.reads += 1
        if self.away:
            raise exception.PeerUnavailable(
                service='conductor', host='any host', method='x',
                reason='away')


class PeersTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.records = FakeRecords(new=3, old=2)
        for name, fake in (
                ('Service.get_by_host_and_binary', self.records.service),
                ('ServiceList.get_minimum_version', self.records.minimum)):
            self.useFixture(fixtures.MonkeyPatch(
                'nova_gs.objects.' + name, classmethod(fake)))
        self.clock = clock.ManualClock()
        self.peers = peers.Peers(None, self.clock)


class TestPeers(PeersTestCase):

    def reads_of(self, ask, *arguments):
        """Return (answer, how many records were read for it)."""
        before = self.records.reads
        return ask(*arguments), self.records.reads - before

    def test_second_server_is_remembered_for_a_while(self):
        self.assertEqual((True, 1), self.reads_of(self.peers.has_alt, NEW))
        self.assertEqual((True, 0), self.reads_of(self.peers.has_alt, NEW))
        self.clock.advance(self.peers.FRESH_FOR)
        self.assertEqual((True, 1), self.reads_of(self.peers.has_alt, NEW))

    def test_its_absence_is_not(self):
        for host in (OLD, UNKNOWN):
            for _ in range(2):
                self.assertEqual((False, 1),
                                 self.reads_of(self.peers.has_alt, host))

    def test_conductor_is_away(self):
        """What was known holds on; what is unknown is taken for old."""
        self.assertTrue(self.peers.has_alt(NEW))
        self.records.away = True
        for _ in range(2):
            self.peers.forget(NEW)
            self.clock.advance(self.peers.FRESH_FOR)
            self.assertTrue(self.peers.has_alt(NEW))
        self.assertFalse(self.peers.has_alt(OLD))
        self.assertFalse(self.peers.is_draining(OLD))

    def test_record_that_is_gone_is_not_remembered(self):
        self.assertTrue(self.peers.has_alt(NEW))
        self.records.versions.clear()
        self.peers.forget(NEW)
        self.assertFalse(self.peers.has_alt(NEW))
        self.records.away = True
        self.assertFalse(self.peers.has_alt(NEW))

    def test_draining_is_looked_up_each_time(self):
        self.assertFalse(self.peers.is_draining(NEW))
        self.records.phases[NEW] = 'draining'
        self.assertTrue(self.peers.is_draining(NEW))

    def test_hosts_without_are_looked_up_each_time(self):
        hosts = {NEW, OLD, UNKNOWN}
        self.assertEqual({OLD, UNKNOWN}, self.peers.without_alt(hosts))
        self.records.versions.update({NEW: 2, OLD: 3})
        self.assertEqual({NEW, UNKNOWN}, self.peers.without_alt(hosts))
        self.assertEqual(set(), self.peers.without_alt(()))

    def test_fleet_is_not_known_at_first(self):
        self.assertEqual((False, 0),
                         self.reads_of(self.peers.fleet_has_alt))

    def test_fleet(self):
        for lowest, spoken, has in ((3, '6.5', True), (2, '6.4', False),
                                    (1, '6.0', False)):
            self.records.versions[OLD] = lowest
            self.clock.advance(self.peers.FRESH_FOR)
            self.assertEqual((spoken, 1),
                             self.reads_of(self.peers.fleet_version))
            self.assertEqual((spoken, 0),
                             self.reads_of(self.peers.fleet_version))
            self.assertEqual((has, 0),
                             self.reads_of(self.peers.fleet_has_alt))

    def test_fleet_while_the_conductor_is_away(self):
        self.records.versions[OLD] = 3
        self.peers.fleet_version()
        self.records.away = True
        self.clock.advance(self.peers.FRESH_FOR)
        self.assertEqual('6.5', self.peers.fleet_version())
        self.assertTrue(self.peers.fleet_has_alt())

    def test_old_host_that_has_come_since(self):
        self.records.versions[OLD] = 3
        self.assertEqual('6.5', self.peers.fleet_version())
        self.records.versions[OLD] = 1
        self.assertFalse(self.peers.has_alt(OLD))
        self.assertFalse(self.peers.fleet_has_alt())
        self.assertEqual(('6.0', 1), self.reads_of(self.peers.fleet_version))
