"""Every pair of signals in every phase, through the real coordinator.

A run brings a coordinator to a phase, sends one signal, lets something
happen, sends another, and goes on to the end.  What must hold whatever was
sent is looked at after every step.
"""

import dataclasses
import itertools
import signal

import fixtures
from testtools import content

from nova_gs.shutdown import coordinator
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import signals
from nova_gs.shutdown import tracker
from tests.fixtures import clock as clock_fixture
from tests.unit import base

A, E, P = phases.Action, phases.Event, phases.Phase

TOTAL, ABORT_RESERVE, RELEASE_RESERVE = 180, 20, 20

#: Phases in the only order in which they may follow each other.
ORDER = [P.SERVING, P.QUIESCED, P.DRAINING, P.ABORTING, P.RELEASING,
         P.STOPPED, P.FORCED]

#: How far the gate is open, from the widest on.
OPENNESS = list(policy.Openness)

#: What brings a coordinator to each phase; 'due' is its next deadline,
#: 'idle' the end of all work, 'released' that of the release.
WAYS = {
    P.SERVING: (),
    P.QUIESCED: (E.QUIESCE,),
    P.DRAINING: (E.TERM,),
    P.ABORTING: (E.TERM, E.TERM),
    P.RELEASING: (E.TERM, 'idle'),
    P.STOPPED: (E.TERM, 'idle', 'released'),
    P.FORCED: (E.QUIT,),
}

#: Phases in which work may still end.
_WAITING = (P.SERVING, P.QUIESCED, P.DRAINING, P.ABORTING)

#: Phases of a process that stays.
_STAYS = (P.SERVING, P.QUIESCED)

#: What the coordinator does itself.
_OWN = (A.LET_GO, A.OPEN_GATE, A.NARROW_GATE, A.CLOSE_GATE)

#: SIGUSR2 never comes here: a report is made without the coordinator.
SIGNALS = tuple(signals.NOTICES)


@dataclasses.dataclass(frozen=True)
class Case:
    """What a run does."""

    phase: phases.Phase     # in which the first signal comes
    first: signal.Signals
    between: str            # 'nothing', 'due' or 'idle'
    second: signal.Signals
    works: bool             # whether there is work, which ends only by 'idle'
    hangs: bool             # whether the release never ends
    total: int              # budget in seconds, 0 for an endless one


CASES = [Case(*choice) for choice in itertools.product(
    WAYS, SIGNALS, ('nothing', 'due', 'idle'), SIGNALS, (False, True),
    (False, True), (TOTAL, 0))]


class Run:
    """One coordinator, driven by hand."""

    def __init__(self, case):
        self.case = case
        self.clock = clock_fixture.ManualClock()
        self.tracker = tracker.Tracker(self.clock)
        self.gate = tracker.Gate(self.tracker, 'host1')
        self.asked = []
        self.exits = []
        self.release_hangs = case.hangs
        self.left = False
        self.work = None
        if case.works:
            self.work = self.gate.enter(
                'work', policy.WhileDraining.NEVER, policy.OnShutdown.FINISH)
        doers = {action: lambda action=action: self.asked.append(action)
                 for action in A if action not in _OWN}
        self.coordinator = coordinator.Coordinator(
            self.clock, deadlines.Budget(
                case.total, ABORT_RESERVE, RELEASE_RESERVE),
            self.gate, self.tracker, doers, exit=self.exits.append,
            spawn=self.spawn)

    def spawn(self, name, function):
        """Run a thread's function at once, or never."""
        if name.endswith(A.RELEASE.value) and self.release_hangs:
            self.asked.append(A.RELEASE)
        else:
            function()

    @property
    def phase(self):
        return self.coordinator.phase

    def do(self, step):
        """Let something happen."""
        before, works = self.phase, not self.tracker.empty()
        self._do(step)
        # What runs then is settled as left, even if it ends in a moment.
        if before in _WAITING and self.phase not in _WAITING:
            self.left = works and step != 'idle'

    def _do(self, step):
        if step == 'idle':
            self.end_work()
        elif step == 'due':
            self.pass_time()
        elif step == 'released':
            self.coordinator.handle(E.RELEASED)
        elif step != 'nothing':
            self.coordinator.handle(step)

    def end_work(self):
        if self.work is not None and self.phase not in phases.TERMINAL:
            self.work.release()
        self.coordinator.handle(E.IDLE)

    def pass_time(self):
        """Let the next deadline come, if there is one."""
        seconds = deadlines.seconds_until_next(
            self.phase, self.coordinator.deadlines, self.clock.now())
        if seconds is not None:
            self.clock.advance(seconds)
            event = deadlines.due(
                self.phase, self.coordinator.deadlines, self.clock.now())
            self.coordinator.handle(event)

    def finish(self):
        """Lead a stop to its end, whatever is in its way.

        :returns: the exit code; None when no stop was asked for
        """
        if self.phase in _STAYS:
            return None
        while self.phase is not P.RELEASING and self.phase not in (
                phases.TERMINAL):
            before = self.phase
            self.do('due')
            if self.phase is before:
                # Endless patience: then it is up to the work.
                self.do('idle')
        if self.phase is P.RELEASING:
            self.do('due' if self.release_hangs else 'released')
        return self.coordinator.run()


class PairsTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.shutdown.coordinator.LAST_WORDS', 0))

    def test_all(self):
        reached = set()
        for case in CASES:
            run = Run(case)
            try:
                reached |= self.check(run)
            except Exception:
                self.addDetail('case', content.text_content(
                    '%s\n%s' % (case, run.coordinator.history)))
                raise
        # Else the walk would prove less than it says.
        self.assertEqual({*ORDER}, reached)

    def check(self, run):
        """Do what a case says; return the phases it has gone through."""
        case = run.case
        if case.phase is P.STOPPED:
            run.release_hangs = False
        looks = [self.look(run)]
        for step in WAYS[case.phase]:
            run.do(step)
            looks.append(self.look(run))
        self.assertIs(case.phase, run.phase)
        for step in (case.first, case.between, case.second):
            before = self.look(run)
            self.step(run, step)
            looks.append(self.look(run))
            self.compare(case, step, before, looks[-1])
        ended_in_time = self.end(run)
        looks.append(self.look(run))
        self.assert_only_forward(looks)
        self.assert_asked_once(run)
        self.assertTrue(ended_in_time)
        return {entry.phase for entry in run.coordinator.history}

    def step(self, run, step):
        run.do(step if isinstance(step, str) else signals.NOTICES[step])

    def end(self, run):
        """Lead it to its end; return whether that came in time."""
        began = [entry.at for entry in run.coordinator.history
                 if entry.phase not in _STAYS]
        code = run.finish()
        if code is None:
            self.assertEqual([], began)
            self.assertEqual(
                [] if run.phase is P.SERVING else [A.SET_ASIDE], run.asked)
            return True
        self.assertIn(run.phase, phases.TERMINAL)
        self.assertIs(policy.Openness.CLOSED, run.gate.openness)
        self.assert_code(run, code)
        limit = run.case.total or ABORT_RESERVE + RELEASE_RESERVE
        return run.clock.now() - began[0] <= limit

    def assert_code(self, run, code):
        forced = run.phase is P.FORCED
        self.assertEqual(4 if forced else 3 if run.left else 0, code)
        self.assertEqual([4] if forced else [], run.exits)
        self.assertEqual(code, run.coordinator.report().exit_code)
        self.assertEqual(
            run.left,
            bool(run.coordinator.report().with_fate(policy.Fate.LEFT)))

    def look(self, run):
        """Return what may only change in one direction."""
        return (run.phase, run.gate.openness, run.coordinator.deadlines,
                len(run.asked))

    def compare(self, case, step, before, after):
        """What one signal may do, whatever was before it."""
        if step is signal.SIGHUP or before[0] in phases.TERMINAL:
            self.assertEqual(before, after)
        elif step is signal.SIGQUIT:
            self.assertIs(P.FORCED, after[0])
        elif step in (signal.SIGTERM, signal.SIGINT):
            self.assertIs(dict.fromkeys(_STAYS, P.DRAINING).get(
                before[0], P.RELEASING if before[0] is P.RELEASING
                else P.ABORTING), after[0])

    def assert_only_forward(self, looks):
        """Never back to an earlier phase, nor a wider gate, nor more time."""
        for one, other in itertools.pairwise(looks):
            self.assertGreaterEqual(
                ORDER.index(other[0]), ORDER.index(one[0]))
            self.assertGreaterEqual(
                OPENNESS.index(other[1]), OPENNESS.index(one[1]))
            for name in ('abort_at', 'release_at', 'exit_at'):
                earlier = getattr(one[2], name)
                self.assertLessEqual(
                    _or_never(getattr(other[2], name)), _or_never(earlier))

    def assert_asked_once(self, run):
        """Nothing is done twice, and nothing that does not belong there."""
        self.assertEqual(len(set(run.asked)), len(run.asked))
        seen = {entry.phase for entry in run.coordinator.history}
        self.assertEqual(P.RELEASING in seen, A.RELEASE in run.asked)
        self.assertEqual(P.DRAINING in seen, A.CLOSE_INTAKE in run.asked)
        self.assertEqual(P.ABORTING in seen, A.CALL_OFF in run.asked)
        self.assertEqual(P.FORCED in seen, A.REPORT_FORCED in run.asked)


def _or_never(at):
    return float('inf') if at is None else at
