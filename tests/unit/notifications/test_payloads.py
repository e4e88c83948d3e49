"""No payload changes its shape without a new version.

When ``test_fingerprints`` fails after a change of fields, raise the payload's
VERSION, say so in the release notes, and put the new fingerprint here.
"""

import json

from oslo_versionedobjects import fixture

from nova_gs.notifications import payloads
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import quiesce
from tests.fixtures import drained
from tests.unit import base

FINGERPRINTS = {
    'DrainOperationPayload': '1.0-1dd8a8e1bccd34d32de0f012aa11f8d4',
    'ServiceDrainPayload': '1.0-8aa4aa7e4877b491471e3511aed9eb52',
}


class TestShape(base.TestCase):

    def test_fingerprints(self):
        checker = fixture.ObjectVersionChecker(
            {cls.obj_name(): [cls] for cls in payloads.ALL})
        expected, found = checker.test_hashes(FINGERPRINTS)
        self.assertEqual(expected, found)

    def test_each_field_has_a_sentence(self):
        for cls in payloads.ALL:
            self.assertEqual(set(cls.fields), set(cls.SENTENCES),
                             cls.obj_name())


class TestDrainPayload(base.TestCase):

    def setUp(self):
        super().setUp()
        self.daemon = drained.Drained(self.conf)

    def payload(self, ends=False):
        return payloads.ServiceDrainPayload.of(
            self.daemon, self.daemon.coordinator.history[-1], ends)

    def data(self, ends=False):
        """Return what a reader gets, through JSON."""
        wire = json.loads(json.dumps(self.payload(ends).obj_to_primitive()))
        self.assertEqual(('ServiceDrainPayload', 'nova_gs', '1.0'), tuple(
            wire['nova_gs_object.' + word]
            for word in ('name', 'namespace', 'version')))
        return wire['nova_gs_object.data']

    def test_of_a_drain(self):
        work = self.daemon.enter(operation_uuid='op', instance_uuid='vm')
        work.request_id = 'req-1'
        work.say('pre-copy, 120 MiB left', 40, 120 << 20, 30)
        self.daemon.ties = ['build of instance i']
        self.daemon.lead(phases.Event.TERM)
        self.daemon.refuse('start_instance')
        self.daemon.gate.hand_back('not-begun')
        data = self.data()
        operation, = data.pop('operations')
        self.assertEqual({
            'host': 'host1', 'binary': 'nova-compute', 'phase': 'draining',
            'why': 'term', 'reason': 'it is being stopped',
            'since': '2030-01-01T00:00:00+00:00',
            'deadline': '2030-01-01T00:03:00+00:00',
            'calls_off_at': '2030-01-01T00:02:20+00:00',
            'elsewhere': ['build of instance i'], 'finished': 0,
            'aborted': 0, 'left': 0, 'refused': 1,
            'handed_back': ['not-begun'], 'exit_code': None}, data)
        self.assertEqual({
            'operation_uuid': 'op', 'kind': 'live-migration',
            'step': 'live_migration', 'instance_uuid': 'vm',
            'request_id': 'req-1', 'began_at': '2030-01-01T00:00:00+00:00',
            'phase': 'pre-copy, 120 MiB left', 'progress': 40,
            'remaining_bytes': 120 << 20,
            'estimated_end': '2030-01-01T00:00:30+00:00',
            'at_deadline': 'abort'}, operation['nova_gs_object.data'])

    def test_of_a_host_that_is_quiesced_and_taken_back(self):
        self.daemon.lead(quiesce.Quiesce('new memory'))
        self.assertEqual(('quiesced', 'quiesce', 'new memory', None), tuple(
            self.data()[name]
            for name in ('phase', 'why', 'reason', 'deadline')))
        self.daemon.lead(phases.Event.RESUME)
        self.assertEqual(('serving', 'resume', None), tuple(
            self.data()[name] for name in ('phase', 'why', 'reason')))

    def test_reads_are_not_waited_for(self):
        self.daemon.enter('get_console_output', None, policy.OnShutdown.DROP)
        self.assertEqual([], self.data()['operations'])

    def test_of_the_end(self):
        fates = (policy.Fate.FINISHED, policy.Fate.FINISHED,
                 policy.Fate.ABORTED, policy.Fate.LEFT)
        works = [self.daemon.enter() for _ in fates]
        self.daemon.lead(phases.Event.TERM)
        for work, fate in zip(works, fates):
            work.release(fate)
        self.daemon.lead(phases.Event.IDLE)
        data = self.data(ends=True)
        self.assertEqual(
            ('releasing', 2, 1, 1, 3),
            tuple(data[name] for name in (
                'phase', 'finished', 'aborted', 'left', 'exit_code')))

    def test_facts(self):
        """What differs only by when it was looked at is no news."""
        self.daemon.lead(phases.Event.TERM)
        facts = self.payload().facts()
        self.daemon.clock.advance(0.4)
        self.assertEqual(facts, self.payload().facts())
        self.daemon.refuse('start_instance')
        self.assertNotEqual(facts, self.payload().facts())

    def test_a_time_that_is_over(self):
        self.daemon.lead(phases.Event.TERM)
        self.daemon.clock.advance(140)
        self.assertIsNone(self.data()['calls_off_at'])
