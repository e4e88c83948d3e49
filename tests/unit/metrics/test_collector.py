"""What Prometheus reads of a host that serves, drains, and hangs."""

import datetime
import threading

import prometheus_client

from nova_gs.metrics import collector
from nova_gs.metrics import families
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import quiesce
from tests.fixtures import drained
from tests.unit import base

_Event = phases.Event


class CollectorTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.daemon = drained.Drained(self.conf)
        self.registry = prometheus_client.CollectorRegistry()
        self.registry.register(collector.Collector(self.daemon))

    def samples(self, family):
        """Return {label values in the family's order: value}."""
        names = family.labels.split()
        return {
            tuple(sample.labels[name] for name in names): sample.value
            for metric in self.registry.collect()
            for sample in metric.samples if sample.name == family.full_name}

    def ones(self, family):
        return [labels[0] for labels, value in self.samples(family).items()
                if value]


class TestService(CollectorTestCase):

    def test_who_it_is(self):
        (binary, host, version), = self.samples(families.SERVICE)
        self.assertEqual(('nova-compute', 'host1'), (binary, host))
        self.assertTrue(version)

    def test_serving(self):
        self.assertEqual(['serving'], self.ones(families.PHASE))
        self.assertEqual(len(phases.Phase),
                         len(self.samples(families.PHASE)))
        self.assertEqual(['open'], self.ones(families.OPENNESS))
        self.assertEqual({}, self.samples(families.DEADLINE))
        self.assertEqual({}, self.samples(families.OPERATIONS))
        self.assertEqual({}, self.samples(families.REFUSED))


class TestOperations(CollectorTestCase):

    def test_counted_by_what_they_are(self):
        for left in (120, 7):
            work = self.daemon.enter()
            work.say('pre-copy, %d MiB left' % left, 10, left << 20)
            self.daemon.clock.advance(5)
        self.daemon.enter('get_console_output', None,
                          policy.OnShutdown.DROP).say('called by req-0a1b')
        move = ('live-migration', 'live_migration', 'running', 'pre-copy')
        read = ('none', 'get_console_output', 'read', 'called by')
        self.assertEqual({move: 2, read: 1},
                         self.samples(families.OPERATIONS))
        self.assertEqual({move: 10, read: 0}, self.samples(families.OLDEST))
        self.assertEqual({move[:2]: 127 << 20},
                         self.samples(families.REMAINING))
        self.assertEqual({('here',): 2, ('elsewhere',): 0},
                         self.samples(families.WAITS_FOR))

    def test_those_that_have_ended_are_gone(self):
        self.daemon.enter().release()
        self.assertEqual({}, self.samples(families.OPERATIONS))

    def test_what_waits_for_a_thread(self):
        self.daemon.queue = ['u1', 'u2']
        self.assertEqual(
            {('none', 'any', 'accepted', collector.WAITS): 2},
            self.samples(families.OPERATIONS))

    def test_phase_of(self):
        for note, phase in (
                ('', ''), ('queued', 'queued'), ('taken up again',) * 2,
                ('pre-copy, 120 MiB left', 'pre-copy'),
                ('called by req-7c3f-aa', 'called by'),
                ('pid 4711', 'pid'), ('12 of 40', ''),
                ('post-copy', 'post-copy')):
            self.assertEqual(phase, collector.phase_of(note), note)


class TestDrain(CollectorTestCase):

    def setUp(self):
        super().setUp()
        self.daemon.enter()
        self.daemon.clock.advance(10)
        self.began = self.daemon.clock.utcnow().timestamp()

    def test_stop(self):
        self.daemon.lead(_Event.TERM)
        self.assertEqual(['draining'], self.ones(families.PHASE))
        self.assertEqual(['steps_only'], self.ones(families.OPENNESS))
        self.assertEqual({(): self.began}, self.samples(families.PHASE_SINCE))
        deadlines = {('abort',): self.began + 140,
                     ('release',): self.began + 160,
                     ('exit',): self.began + 180}
        self.assertEqual(deadlines, self.samples(families.DEADLINE))
        self.daemon.clock.advance(60)
        self.assertEqual(deadlines, self.samples(families.DEADLINE))

    def test_refusals_and_what_is_handed_back(self):
        self.daemon.lead(_Event.TERM)
        for name in ('build_instance', 'build_instance', 'start_instance'):
            self.daemon.refuse(name)
        self.daemon.gate.hand_back('op')
        self.assertEqual({('build_instance',): 2, ('start_instance',): 1},
                         self.samples(families.REFUSED))
        self.assertEqual({(): 1}, self.samples(families.HANDED_BACK))

    def test_elsewhere(self):
        self.daemon.ties = ['live-migration of instance i']
        self.assertEqual({('here',): 1, ('elsewhere',): 1},
                         self.samples(families.WAITS_FOR))

    def test_quiesced_and_taken_back(self):
        until = self.daemon.clock.utcnow() + datetime.timedelta(seconds=60)
        self.daemon.lead(quiesce.Quiesce('new memory', until))
        self.assertEqual(['quiesced'], self.ones(families.PHASE))
        self.assertEqual({('abort',): self.began + 60},
                         self.samples(families.DEADLINE))
        self.daemon.lead(_Event.RESUME)
        self.assertEqual(['serving'], self.ones(families.PHASE))
        self.assertEqual(['open'], self.ones(families.OPENNESS))
        self.assertEqual({}, self.samples(families.DEADLINE))

    def test_whoever_holds_the_lock_holds_up_nobody(self):
        """A host that hangs is watched all the same."""
        answered = threading.Event()

        def ask():
            list(self.registry.collect())
            answered.set()

        with self.daemon.tracker.lock:
            threading.Thread(target=ask, daemon=True).start()
            self.assertTrue(answered.wait(60))
