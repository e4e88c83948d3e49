"""Who is let in, what is waited for, how the process ends."""

from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from tests.unit import base

O, W = policy.Openness, policy.WhileDraining


class PolicyTestCase(base.TestCase):

    def test_admits(self):
        for openness, while_draining, expected in (
                (O.OPEN, W.ALWAYS, True),
                (O.OPEN, W.OPEN_OPERATION, True),
                (O.OPEN, W.NEVER, True),
                (O.STEPS_ONLY, W.ALWAYS, True),
                (O.STEPS_ONLY, W.OPEN_OPERATION, True),
                (O.STEPS_ONLY, W.NEVER, False),
                (O.CLOSED, W.ALWAYS, False),
                (O.CLOSED, W.OPEN_OPERATION, False),
                (O.CLOSED, W.NEVER, False)):
            self.assertEqual(expected, policy.admits(openness, while_draining),
                             '%s, %s' % (openness, while_draining))

    def test_what_a_quiesced_host_takes(self):
        for while_draining, lets_go, expected in (
                (W.ALWAYS, False, True), (W.OPEN_OPERATION, False, True),
                (W.NEVER, False, False), (W.NEVER, True, True)):
            self.assertEqual(expected, policy.admits(
                O.LETTING_GO, while_draining, lets_go))

    def test_what_is_let_go_counts_only_then(self):
        for openness in O:
            self.assertEqual(
                openness in (O.OPEN, O.LETTING_GO),
                policy.admits(openness, W.NEVER, lets_go=True), openness)

    def test_only_reads_do_not_hold(self):
        self.assertEqual(
            [policy.OnShutdown.DROP],
            [on_shutdown for on_shutdown in policy.OnShutdown
             if not policy.holds(on_shutdown)])

    def test_exit_codes_are_what_the_manual_says(self):
        self.assertEqual(
            {'CLEAN': 0, 'FAILED_TO_START': 1, 'LEFT_WORK': 3, 'FORCED': 4},
            {code.name: int(code) for code in policy.ExitCode})

    def test_exit_code(self):
        for phase, left, expected in (
                (phases.Phase.STOPPED, False, 0),
                (phases.Phase.STOPPED, True, 3),
                (phases.Phase.RELEASING, True, 3),
                (phases.Phase.FORCED, False, 4),
                (phases.Phase.FORCED, True, 4)):
            self.assertEqual(expected, policy.exit_code(phase, left))
