"""After a silence tasks wait until hosts have reported, and no longer."""

import threading

import fixtures
import testtools

from nova_gs.conductor import hearing
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

    def test_without_a_silence_nobody_waits(self):
        self.hearing.begin()
        self.assertTrue(self.hearing.is_over())

    def test_host_that_comes_to_look_down_meanwhile(self):
        self.unheard_for(59, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.assertTrue(self.hearing.is_over())
        self.unheard_for(61, 'host1')
        self.assertFalse(self.hearing.is_over())

    def test_over_when_all_have_reported(self):
        self.unheard_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.clock.advance(0.5)
        for host in ('host1', 'host2', 'host3'):
            self.assertFalse(self.hearing.is_over())
            self.services[host].report()
        self.assertTrue(self.hearing.is_over())

    def test_over_when_all_had_the_time(self):
        self.unheard_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.services['host1'].report()
        self.clock.advance(29)
        self.assertFalse(self.hearing.is_over())
        self.clock.advance(1)
        self.assertTrue(self.hearing.is_over())

    def test_who_was_away_before_or_has_said_so_is_not_waited_for(self):
        self.unheard_for(100, 'host1', 'host2')
        self.unheard_for(200, 'host3')
        self.services['host2'].announce('stopped')
        self.hearing.begin()
        self.clock.advance(0.5)
        self.assertFalse(self.hearing.is_over())
        self.services['host1'].report()
        self.assertTrue(self.hearing.is_over())

    def test_wait_ends_by_itself(self):
        self.unheard_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.hearing.LOOK_EVERY', 0.001))
        waiting = threading.Thread(
            target=self.hearing.wait, daemon=True)
        waiting.start()
        self.clock.advance(30)
        waiting.join(60)
        self.assertFalse(waiting.is_alive())

    def observe(self, age):
        """Look while nobody has been heard for so long."""
        self.unheard_for(age, 'host1', 'host2', 'host3')
        self.hearing.look()

    def test_silence_that_comes_and_goes(self):
        self.observe(10)
        self.assertTrue(self.hearing.is_over())
        for age, over in ((31, True), (61, False), (70, False)):
            self.observe(age)
            self.assertEqual(over, self.hearing.is_over())
        # The first is heard again; the others are let report.
        for host in ('host1', 'host2', 'host3'):
            self.assertFalse(self.hearing.is_over())
            self.services[host].report()
        self.assertTrue(self.hearing.is_over())

    def test_host_that_died_in_a_silence(self):
        self.observe(70)
        self.services['host1'].report()
        self.services['host2'].report()
        self.assertFalse(self.hearing.is_over())
        self.clock.advance(30)
        self.assertTrue(self.hearing.is_over())

    def test_nobody_has_to_be_heard_for_ever(self):
        self.observe(70)
        self.assertFalse(self.hearing.is_over())
        self.observe(601)
        self.clock.advance(30)
        self.assertTrue(self.hearing.is_over())

    def test_without_hosts_there_is_no_silence(self):
        self.observe(70)
        for service in self.services.values():
            service.announce('stopped')
        self.clock.advance(30)
        self.assertTrue(self.hearing.is_over())

    def test_wait_in_a_silence_ends_by_itself(self):
        self.observe(70)
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.hearing.LOOK_EVERY', 0.001))
        waiting = threading.Thread(target=self.hearing.wait, daemon=True)
        waiting.start()
        while waiting.is_alive():
            self.clock.advance(30)
            waiting.join(0.01)
        self.assertFalse(self.hearing.is_over())

    def test_conductor_that_has_to_go_does_not_wait(self):
        self.unheard_for(100, 'host1', 'host2', 'host3')
        self.hearing.begin()
        self.stopping.set()
        self.assertRaises(exception.CalledOff, self.hearing.wait)
