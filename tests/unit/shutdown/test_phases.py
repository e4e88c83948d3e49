"""The table of phases, each row and each gap."""

import itertools

from nova_gs.shutdown import phases
from tests.unit import base

A, E, P = phases.Action, phases.Event, phases.Phase

LET_GO = (A.CLOSE_GATE, A.RELEASE)
LEAVE = (A.REPORT_FORCED,)
QUIESCE = (A.LET_GO, A.SET_ASIDE)
BEGIN = (A.NARROW_GATE, A.CLOSE_INTAKE, A.ANNOUNCE, A.STOP_PERIODIC, A.FOLLOW)

#: All that moves, written down once more: phase -> event -> (phase, actions)
MOVES = {
    P.SERVING: {
        E.QUIESCE: (P.QUIESCED, QUIESCE),
        E.TERM: (P.DRAINING, BEGIN),
        E.QUIT: (P.FORCED, LEAVE),
        E.EXIT_DUE: (P.FORCED, LEAVE),
    },
    P.QUIESCED: {
        E.QUIESCE: (P.QUIESCED, QUIESCE),
        E.RESUME: (P.SERVING, (A.OPEN_GATE, A.TAKE_UP)),
        E.ABORT_DUE: (P.QUIESCED, (A.CALL_OFF,)),
        E.TERM: (P.DRAINING, BEGIN),
        E.QUIT: (P.FORCED, LEAVE),
        E.EXIT_DUE: (P.FORCED, LEAVE),
    },
    P.DRAINING: {
        E.IDLE: (P.RELEASING, LET_GO),
        E.TERM: (P.ABORTING, (A.CALL_OFF,)),
        E.ABORT_DUE: (P.ABORTING, (A.CALL_OFF,)),
        E.QUIT: (P.FORCED, LEAVE),
        E.EXIT_DUE: (P.FORCED, LEAVE),
    },
    P.ABORTING: {
        E.IDLE: (P.RELEASING, LET_GO),
        E.RELEASE_DUE: (P.RELEASING, LET_GO),
        E.QUIT: (P.FORCED, LEAVE),
        E.EXIT_DUE: (P.FORCED, LEAVE),
    },
    P.RELEASING: {
        E.RELEASED: (P.STOPPED, ()),
        E.QUIT: (P.FORCED, LEAVE),
        E.EXIT_DUE: (P.FORCED, LEAVE),
    },
    P.STOPPED: {},
    P.FORCED: {},
}


class FollowTestCase(base.TestCase):

    def test_each_phase_with_each_event(self):
        for phase, event in itertools.product(P, E):
            expected = MOVES[phase].get(event, (phase, ()))
            self.assertEqual(expected, phases.follow(phase, event),
                             '%s, %s' % (phase, event))

    def test_every_phase_is_reached_and_ends(self):
        for phase in P:
            seen, waiting = {phase}, [phase]
            while waiting:
                for event in E:
                    then, _ = phases.follow(waiting[-1], event)
                    if then not in seen:
                        seen.add(then)
                        waiting.append(then)
                        break
                else:
                    waiting.pop()
            if phase is P.SERVING:
                self.assertEqual(set(P), seen)
            self.assertTrue(seen & phases.TERMINAL, phase)

    def test_every_action_is_on_some_way(self):
        used = {action for phase, event in itertools.product(P, E)
                for action in phases.follow(phase, event)[1]}
        self.assertEqual(set(A), used)

    def test_the_gate_goes_first(self):
        for phase, event in itertools.product(P, E):
            actions = phases.follow(phase, event)[1]
            for action in (A.LET_GO, A.OPEN_GATE, A.NARROW_GATE,
                           A.CLOSE_GATE):
                if action in actions:
                    self.assertEqual(0, actions.index(action))
