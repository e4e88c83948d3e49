"""What is done with a migration that a stop does not wait for: tables."""

from nova_gs.compute.live_migration import deadline
from nova_gs.conf import shutdown as shutdown_conf
from tests.unit import base

ABORT, FORCE = shutdown_conf.ABORT, shutdown_conf.FORCE_COMPLETE
RESUME = shutdown_conf.RESUME
POLICIES = (ABORT, FORCE, RESUME)
S, V = deadline.Stage, deadline.Verdict
NEVER = deadline.NEVER
MIB = 1 << 20


class TestDecide(base.TestCase):
    """20 s are left, 5 of them for a rollback, unless a test says else."""

    def verdicts(self, stage=S.COPYING, needed=NEVER, left=20, **more):
        return [deadline.decide(policy, stage, needed, left, 5, **more)
                for policy in POLICIES]

    def test_what_has_not_begun_is_cancelled(self):
        for more in ({}, {'left': 1}, {'hurried': True}, {'needed': 1}):
            self.assertEqual([V.ABORT] * 3,
                             self.verdicts(S.WAITING, **more))

    def test_what_is_past_the_point_is_seen_through(self):
        for more in ({}, {'left': -1}, {'hurried': True}):
            self.assertEqual([V.WAIT] * 3, self.verdicts(S.PAST, **more))

    def test_what_never_ends_goes_by_policy(self):
        self.assertEqual([V.ABORT, V.FORCE, V.LEAVE], self.verdicts())

    def test_what_ends_in_time_is_left_to_end(self):
        for needed in (0, 14.9, 15, None):
            self.assertEqual([V.WAIT] * 3, self.verdicts(needed=needed))

    def test_what_ends_too_late_for_a_rollback_does_not(self):
        self.assertEqual([V.ABORT, V.FORCE, V.LEAVE],
                         self.verdicts(needed=15.1))

    def test_a_wrong_estimate_is_acted_on_while_there_is_time(self):
        for needed in (0, 1, None, NEVER):
            for forced in (False, True):
                for left in (5, 4, 0, -3):
                    self.assertEqual(
                        [V.ABORT, V.ABORT, V.LEAVE], self.verdicts(
                            needed=needed, left=left, forced=forced))

    def test_forced_once(self):
        self.assertEqual([V.ABORT, V.WAIT, V.LEAVE],
                         self.verdicts(forced=True))

    def test_second_sigterm_does_not_ask_for_estimates(self):
        for needed in (0, 1, None, NEVER):
            self.assertEqual([V.ABORT, V.FORCE, V.LEAVE], self.verdicts(
                needed=needed, hurried=True))
        self.assertEqual([V.ABORT, V.WAIT, V.LEAVE], self.verdicts(
            hurried=True, forced=True))

    def test_margin(self):
        for reserve, margin in ((0, 0), (2, 1), (10, 5), (600, 5)):
            self.assertEqual(margin, deadline.margin_of(reserve))


class TestEstimate(base.TestCase):

    def estimate(self, remaining, every=0.5, since=0.0):
        """Return the estimate after looks that saw so many MiB left.

        :param since: seconds since the last look
        """
        samples = [deadline.Sample(number * every, left * MIB)
                   for number, left in enumerate(remaining)]
        return deadline.estimate(samples, samples[-1].at + since)

    def test_too_early(self):
        self.assertIsNone(deadline.estimate([], 10))
        self.assertIsNone(self.estimate([100, 90]))
        self.assertIsNone(self.estimate([100], since=5))

    def test_remaining_over_the_rate(self):
        self.assertAlmostEqual(4, self.estimate([100, 90, 80]))
        self.assertAlmostEqual(1, self.estimate([100, 90, 80, 70, 60, 50,
                                                 40, 30, 20]))

    def test_the_rate_is_that_of_now(self):
        fast = [1000 - 50 * number for number in range(11)]
        slow = [500 - number for number in range(1, 11)]
        self.assertAlmostEqual(245, self.estimate(fast + slow))

    def test_what_stands_still_never_ends(self):
        self.assertEqual(NEVER, self.estimate([100, 100, 100]))
        self.assertEqual(NEVER, self.estimate([100, 50] + [10] * 8))

    def test_between_two_looks_it_goes_on(self):
        self.assertAlmostEqual(3.2, self.estimate([100, 90, 80], since=0.8))
        self.assertEqual(0, self.estimate([20, 10, 1], since=0.8))

    def test_what_is_not_seen_to_move_needs_longer_and_longer(self):
        first, second, third = (
            self.estimate([100, 90, 80], since=since) for since in (1, 2, 3))
        self.assertTrue(first < second < third, (first, second, third))

    def test_looks_that_are_far_apart(self):
        self.assertAlmostEqual(10, self.estimate([100, 50], every=10))

    def test_each_pass_is_as_much_smaller_as_the_last(self):
        # 100 at 20 MiB/s, and a quarter of it comes back: 25, 6.25 ...
        seen = [100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 0, 25]
        needed = self.estimate(seen)
        self.assertAlmostEqual((25 + 25 / 3) / 20, needed, 0)
        self.assertGreater(needed, 25 / 20)

    def test_a_guest_that_writes_as_fast_never_ends(self):
        saw = [100, 80, 60, 40, 20, 0]
        self.assertEqual(NEVER, self.estimate(saw + saw))
        self.assertEqual(NEVER, self.estimate(saw * 3 + [100, 80]))

    def test_lows_and_peaks_between_looks(self):
        # A peak that took two looks to rise is one pass.
        self.assertEqual(NEVER, self.estimate(
            [100, 70, 40, 10, 60, 98, 70, 40]))
