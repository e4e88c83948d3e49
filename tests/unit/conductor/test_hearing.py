"""After a silence tasks wait until hosts have reported, and no longer."""

import threading

import fixtures
import testtools

from nova_gs.conductor import hearing
from nova_gs.db import dialects
from nova_gs.db import models
from nova_gs import exception
from tests.unit.conductor import base


class ExpectedTestCase(testtools.TestCase):

    def test_table(self):
        # Nobody had been heard for 100 s, and 5 s ago that was over.
        for age, expected in (
                (4, False),       # it has reported
                (60, False),      # it does not look down
                (61, True),
                (105, True),      # it was heard last of all
                (165, True),
                (166, False)):    # it was down before
            self.assertEqual(expected, hearing.is_expected(
                age, elapsed=5, silence=100, service_down_time=60), age)

    def test_host_that_died_under_a_conductor_is_not_waited_for(self):
        self.assertFalse(hearing.is_expected(
            80, elapsed=5, silence=9, service_down_time=60))


class HearingTestCase(base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.flags(report_interval=10, service_down_time=60)
        self.clock = self.means.clock
        self.hearing = hearing.Hearing(
            self.context, self.conf, self.clock, self.stopping)

    def silent_for(self, seconds, *hosts):
        """Let hosts have been heard so long ago."""
        table = models.services
        with self.store.database.writer() as connection:
            connection.execute(
                table.update().where(table.c.host.in_(hosts))
                .values(last_seen_at=dialects.now(-seconds)))

    def test_without_a_silence_nobody_waits(self):
        self.hearing.begin()
        self.assertTrue(self.hearing.is_over())

    def test_host_that_comes_to_look_down_meanwhile(self):
        self.silent_for(59, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.assertTrue(self.hearing.is_over())
        self.silent_for(61, 'host1')
        self.assertFalse(self.hearing.is_over())

    def test_over_when_all_have_reported(self):
        self.silent_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.clock.advance(0.5)
        for host in ('host1', 'host2', 'host3'):
            self.assertFalse(self.hearing.is_over())
            self.services[host].report()
        self.assertTrue(self.hearing.is_over())

    def test_over_when_all_had_the_time(self):
        self.silent_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.clock.advance(29)
        self.assertFalse(self.hearing.is_over())
        self.clock.advance(1)
        self.assertTrue(self.hearing.is_over())

    def test_who_was_away_before_or_has_said_so_is_not_waited_for(self):
        self.silent_for(100, 'host1', 'host2')
        self.silent_for(200, 'host3')
        self.services['host2'].announce('stopped')
        self.hearing.begin()
        self.clock.advance(0.5)
        self.assertFalse(self.hearing.is_over())
        self.services['host1'].report()
        self.assertTrue(self.hearing.is_over())

    def test_wait_ends_by_itself(self):
        self.silent_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.hearing.LOOK_EVERY', 0.001))
        waiting = threading.Thread(
            target=self.hearing.wait, daemon=True)
        waiting.start()
        self.clock.advance(30)
        waiting.join(60)
        self.assertFalse(waiting.is_alive())

    def test_conductor_that_has_to_go_does_not_wait(self):
        self.silent_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.stopping.set()
        self.assertRaises(exception.CalledOff, self.hearing.wait)
