"""Which messages are watched, and what ends the wait for an answer."""

import datetime
import types

from nova_gs.compute import questions
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.rpc import answers
from nova_gs.rpc import catalogue
from nova_gs.rpc import client
from tests.fixtures import clock
from tests.unit import base

PHASE = fields.ServicePhase
SHORT = catalogue.ROWS['get_console_output']
LONG = catalogue.ROWS['pre_live_migration']
CAST = catalogue.ROWS['reboot_instance']
COMPUTE = catalogue.Topic.NEW_WORK


class QuestionsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.flags(service_down_time=60)
        self.service = self.record()
        #: Whether somebody reads a queue, by its name.
        self.readers = {'compute.host1': 1, 'compute-alt.host1': 1}
        self.asked = []
        self.questions = questions.Questions(
            self.conf, types.SimpleNamespace(_driver=object()),
            clock.ManualClock(), self.read)
        original = answers.readers
        answers.readers = lambda transport, queue: self.readers[queue]
        self.addCleanup(setattr, answers, 'readers', original)

    def record(self, **values):
        return objects.Service(**{
            'host': 'host1', 'phase': PHASE.SERVING, 'forced_down': False,
            'seconds_since_seen': 1.0, 'owner': 'one', **values})

    def read(self, host):
        self.asked.append((host, client.is_bounded()))
        return self.service

    def check(self):
        self.questions._check('host1')


class TestCheck(QuestionsTestCase):

    def test_what_is_no_reason(self):
        for values in ({}, {'phase': PHASE.QUIESCED},
                       {'seconds_since_seen': 60.0}):
            self.service = self.record(**values)
            self.check()
        self.service = None
        self.check()

    def test_reading_the_record_is_bounded(self):
        self.check()
        self.assertEqual([('host1', True)], self.asked)

    def test_draining(self):
        self.service = self.record(
            phase=PHASE.DRAINING, phase_reason='it is being stopped',
            phase_deadline=datetime.datetime(
                2030, 1, 1, tzinfo=datetime.timezone.utc))
        error = self.assertRaises(exception.HostDraining, self.check)
        for word in ('host1', 'it is being stopped', '2030-01-01'):
            self.assertIn(word, str(error))

    def test_gone(self):
        for values in ({'phase': PHASE.STOPPED}, {'forced_down': True},
                       {'seconds_since_seen': 61.0}):
            self.service = self.record(**values)
            self.assertRaises(exception.HostUnavailable, self.check)


class AskTestCase(QuestionsTestCase):

    def setUp(self):
        super().setUp()
        self.watched = []
        self.error = None
        original = answers.ask
        answers.ask = self.fake_ask
        self.addCleanup(setattr, answers, 'ask', original)

    def fake_ask(self, send, watch):
        self.watched.append(watch)
        if self.error:
            raise self.error
        return send(lambda: True)

    def ask(self, row=SHORT, topic=COMPUTE):
        return self.questions.ask(
            lambda is_wanted=None: 'answer', row, topic, 'host1')


class TestAsk(AskTestCase):

    def test_who_has_started_since_is_given_a_moment(self):
        self.check()
        self.refuse()
        self.readers['compute.host1'] = 0
        self.service = self.record(owner='another')
        self.assertEqual('answer', self.ask())
        self.assertEqual(1, len(self.watched))

    def refuse(self):
        self.error = exception.HostUnavailable(host='host1', state='gone')
        self.assertRaises(exception.HostUnavailable, self.ask)
        self.error = None
        del self.watched[:]

    def test_which_are_watched(self):
        for row, watched in ((SHORT, 1), (LONG, 1), (CAST, 0)):
            del self.watched[:]
            self.assertEqual('answer', self.ask(row))
            self.assertEqual(watched, len(self.watched), row.name)

    def test_bounded_ones_are_not(self):
        with client.at_most(1):
            self.assertEqual('answer', self.ask())
        self.assertEqual([], self.watched)

    def test_queue_of_the_topic(self):
        self.readers = {'compute-alt.host1': 0}
        self.ask(topic=catalogue.Topic.ONGOING)
        self.assertRaises(exception.HostUnavailable, self.watched[0].look,
                          patience=0)

    def test_nothing_is_looked_up_before_the_question(self):
        self.ask()
        self.assertEqual([], self.asked)

    def test_silent_host_is_looked_at_first(self):
        self.check()
        self.refuse()
        self.readers['compute.host1'] = 0
        for _ in range(2):
            self.assertRaises(exception.HostUnavailable, self.ask)
        self.assertEqual([], self.watched)

    def test_until_it_is_there_again(self):
        self.refuse()
        self.assertEqual('answer', self.ask())
        del self.asked[:]
        self.assertEqual('answer', self.ask())
        self.assertEqual([], self.asked)

    def test_what_may_last_is_watched_by_the_owner_of_the_record(self):
        self.ask(LONG)
        self.assertIsInstance(self.watched[0], answers.Vigil)
        self.assertEqual([('host1', True)], self.asked)
        self.assertEqual('one', self.watched[0]._owner)
        self.service = None
        self.assertIsNone(self.questions._owner('host1'))
