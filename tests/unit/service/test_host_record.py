"""The service record of a compute host, written at the start and the end."""

import threading

import fixtures

from nova_gs import exception
from nova_gs.service import host_record
from tests.unit import base

AWAY = exception.PeerUnavailable(
    service='conductor', host='any host', method='m', reason='away')


class FakeConductor:
    """Stands in for ``objects.Service``, as a class and as a record."""

    def __init__(self):
        self.written = []
        self.error = None
        self.is_owner = True
        self.reports = 0
        self.patience = 60
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.answer.set()

    def register(self, *arguments):
        self.registered = arguments
        patience = self.patience
        self.asked.set()
        if not self.answer.wait(patience):
            raise AWAY
        self._write('serving')
        return self

    def report(self):
        self.reports += 1
        if self.error:
            raise self.error
        return self.is_owner

    def announce(self, phase, reason, deadline=None):
        self._write(phase)

    def _write(self, phase):
        if self.error:
            raise self.error
        self.written.append(phase)


class HostRecordTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.conductor = FakeConductor()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Service', self.conductor))
        self.record = host_record.HostRecord(None, 'host1', 'owner1')

    def in_thread(self, function):
        thread = threading.Thread(target=function)
        thread.start()
        self.addCleanup(thread.join, 60)
        self.addCleanup(self.conductor.answer.set)
        return thread

    def test_zone(self):
        for zone in (None, 'east'):
            host_record.HostRecord(None, 'h', 'o', zone).register()
            self.assertEqual(('o', zone), self.conductor.registered[-2:])

    def test_a_life(self):
        self.record.register()
        self.record.draining(None)
        self.record.stopped()
        self.assertEqual(['serving', 'draining', 'stopped'],
                         self.conductor.written)

    def test_draining_is_repeated_until_it_is_taken(self):
        self.record.register()
        self.record.repeat()
        self.conductor.error = AWAY
        self.record.draining(None)
        self.record.repeat()
        self.conductor.error = None
        for _ in range(2):
            self.record.repeat()
        self.assertEqual(['serving', 'draining'], self.conductor.written)

    def test_another_deadline_is_told_by_the_next_heartbeat(self):
        self.record.register()
        self.record.draining(None)
        self.record.put_off('later')
        for _ in range(2):
            self.record.repeat()
        self.assertEqual(['serving', 'draining', 'draining'],
                         self.conductor.written)

    def test_nothing_is_repeated_after_the_goodbye(self):
        self.record.register()
        self.conductor.error = AWAY
        self.record.draining(None)
        self.conductor.error = None
        self.record.stopped()
        self.record.repeat()
        self.assertEqual(['serving', 'stopped'], self.conductor.written)

    def test_what_is_read_is_passed_on(self):
        seen = []
        self.record.follow(seen.append)
        self.assertFalse(self.record.report())
        self.record.register()
        self.assertTrue(self.record.report())
        self.record.follow(seen.append)
        self.assertEqual([self.conductor] * 2, seen)
        self.conductor.is_owner = False
        self.assertFalse(self.record.report())
        self.conductor.error = AWAY
        self.assertRaises(exception.PeerUnavailable, self.record.report)
        self.assertEqual(2, len(seen))
        self.assertEqual(3, self.conductor.reports)

    def test_one_reads_at_a_time(self):
        self.record.register()
        entered, go_on = threading.Event(), threading.Event()

        def slowly(service):
            entered.set()
            go_on.wait(60)

        self.addCleanup(go_on.set)
        self.in_thread(lambda: self.record.follow(slowly))
        self.assertTrue(entered.wait(60))
        self.assertFalse(self.record.report(0.01))
        self.assertEqual(0, self.conductor.reports)
        go_on.set()
        self.assertTrue(self.record.report(60))

    def test_goodbye_during_the_registration(self):
        """It is written after what the registration writes."""
        self.conductor.answer.clear()
        starting = self.in_thread(self.record.register)
        self.conductor.asked.wait(60)
        leaving = self.in_thread(self.record.stopped)
        self.conductor.answer.set()
        starting.join(60)
        leaving.join(60)
        self.assertEqual(['serving', 'stopped'], self.conductor.written)

    def test_no_registration_after_the_goodbye(self):
        self.record.stopped()
        self.record.register()
        self.assertEqual([], self.conductor.written)
        self.assertIsNone(self.record.service)

    def test_goodbye_does_not_wait_for_a_conductor_that_is_away(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.service.host_record.REGISTERED_WITHIN', 0.01))
        self.conductor.answer.clear()
        self.in_thread(self.record.register)
        self.conductor.asked.wait(60)
        self.conductor.patience = 0.01
        self.record.stopped()
        self.assertEqual([], self.conductor.written)

    def test_goodbye_after_a_registration_without_an_answer(self):
        """It may come through late, and then finds that we are gone."""
        self.conductor.error = AWAY
        self.assertRaises(exception.PeerUnavailable, self.record.register)
        self.assertTrue(self.record.in_doubt)
        self.conductor.error = None
        self.record.stopped()
        self.assertEqual(['serving', 'stopped'], self.conductor.written)

    def test_nobody_is_told_of_what_was_never_asked_for(self):
        self.record.stopped()
        self.assertFalse(self.record.in_doubt)
        self.assertEqual([], self.conductor.written)

    def test_away(self):
        self.record.register()
        self.conductor.error = AWAY
        self.record.draining(None)
        self.record.stopped()
        self.assertEqual(['serving'], self.conductor.written)

    def test_away_from_the_start(self):
        self.conductor.error = AWAY
        self.assertRaises(exception.PeerUnavailable, self.record.register)
        self.record.draining(None)
        self.record.stopped()
        self.assertEqual([], self.conductor.written)
