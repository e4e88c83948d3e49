"""The time that an operator's order leaves."""

import datetime

from nova_gs.shutdown import deadlines
from nova_gs.shutdown import phases
from nova_gs.shutdown import quiesce
from tests.fixtures import clock as clock_fixture
from tests.unit import base

E = phases.Event


class CutTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = clock_fixture.ManualClock()
        self.clock.advance(10)

    def cut(self, event, seconds=None):
        deadline = seconds and (
            self.clock.utcnow() + datetime.timedelta(seconds=seconds))
        return quiesce.cut(event, quiesce.Quiesce('r', deadline),
                           deadlines.Budget(180, 20, 25), self.clock)

    def test_table(self):
        for event, seconds, expected in (
                (E.QUIESCE, None, deadlines.Deadlines()),
                (E.QUIESCE, 60, deadlines.Deadlines(abort_at=70)),
                (E.QUIESCE, -60, deadlines.Deadlines(abort_at=10)),
                (E.ABORT_DUE, 60, deadlines.Deadlines(release_at=30)),
                (E.RESUME, 60, deadlines.Deadlines())):
            self.assertEqual(expected, self.cut(event, seconds), event)

    def test_what_is_due_in_a_quiesced_host(self):
        cut = self.cut(E.QUIESCE, 60)
        for now, event in ((69, None), (70, E.ABORT_DUE)):
            self.assertIs(event, deadlines.due(
                phases.Phase.QUIESCED, cut, now))
        self.assertEqual(60, deadlines.seconds_until_next(
            phases.Phase.QUIESCED, cut, 10))
