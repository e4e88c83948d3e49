"""How long things took that are over."""

import threading

import prometheus_client

from nova_gs.metrics import families
from nova_gs.metrics import histograms
from nova_gs.rpc import catalogue
from nova_gs.rpc import times
from nova_gs.shutdown import policy
from tests.fixtures import drained
from tests.unit import base


class HistogramsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.daemon = drained.Drained(self.conf)
        self.registry = prometheus_client.CollectorRegistry()

    def sample(self, family, ending, *labels):
        """Return the value of a sample, None when there is none."""
        return self.registry.get_sample_value(
            families.PREFIX + family.name + ending,
            dict(zip(family.labels.split(), labels)))


class TestEndings(HistogramsTestCase):

    def begin(self):
        histograms.Endings(self.daemon.tracker, self.daemon.clock,
                           self.registry).begin()

    def ended(self, *labels):
        """Return (how many, seconds in all)."""
        return tuple(self.sample(families.ENDED, ending, *labels)
                     for ending in ('_count', '_sum'))

    def test_fates(self):
        self.begin()
        for fate, seconds in ((None, 3), (None, 4),
                              (policy.Fate.ABORTED, 50)):
            work = self.daemon.enter()
            self.daemon.clock.advance(seconds)
            work.say('pre-copy')
            work.release(fate)
        what = ('live-migration', 'live_migration')
        self.assertEqual((2, 7), self.ended(*what, 'finished'))
        self.assertEqual((1, 50), self.ended(*what, 'aborted'))
        self.assertEqual((None, None), self.ended(*what, 'left'))

    def test_those_under_way_at_the_beginning(self):
        work = self.daemon.enter()
        self.daemon.clock.advance(9)
        self.begin()
        work.release()
        self.assertEqual((1, 9), self.ended(
            'live-migration', 'live_migration', 'finished'))

    def test_a_kind_that_nobody_knew(self):
        """An operation that could not be claimed has a step only."""
        self.begin()
        self.daemon.enter('reboot_instance', None).release()
        self.assertEqual(
            (1, 0), self.ended('none', 'reboot_instance', 'finished'))

    def test_none_is_missed_or_counted_twice(self):
        self.begin()
        start = threading.Barrier(8)

        def work():
            start.wait(60)
            for _ in range(50):
                with self.daemon.enter() as one:
                    one.say('moving')

        threads = [threading.Thread(target=work, daemon=True)
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(400, self.ended(
            'live-migration', 'live_migration', 'finished')[0])


class TestRpcTimes(HistogramsTestCase):

    def test_observed(self):
        self.addCleanup(times.seat_observer, None, None)
        row = catalogue.ROWS['live_migration']
        histograms.RpcTimes(self.registry).begin(self.daemon.clock)
        for _ in range(2):
            with times.measured(times.Side.CLIENT, row):
                self.daemon.clock.advance(0.25)
        labels = ('client', 'live_migration', 'step', 'done')
        self.assertEqual(2, self.sample(families.RPC, '_count', *labels))
        self.assertEqual(0.5, self.sample(families.RPC, '_sum', *labels))
