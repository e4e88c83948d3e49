"""What a quiesce's deadline finds under way, and what comes after it."""

import types

from nova_gs.compute.live_migration import overdue
from nova_gs.shutdown import deadlines
from nova_gs.shutdown import phases
from tests.unit import base
from tests.unit.compute.live_migration import test_calling_off as fakes

P = phases.Phase


class OverdueTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.coordinator = types.SimpleNamespace(
            phase=P.QUIESCED, deadlines=deadlines.Deadlines(release_at=10))
        self.overdue = overdue.Overdue(self.coordinator)
        self.side = fakes.FakeSide(fakes.FakeMigration('early'))
        self.those = self.overdue.of(self.side)

    def uuids(self):
        return [one.uuid for one in self.those.under_way()]

    def test_only_those_of_the_first_look(self):
        self.assertEqual(['early'], self.uuids())
        self.side.migrations['late'] = fakes.FakeMigration('late')
        self.assertEqual(['early'], self.uuids())

    def test_until_the_last_of_them_is_over(self):
        other = self.overdue.of(fakes.FakeSide())
        other.under_way()
        self.uuids()
        self.assertTrue(self.overdue.calls_off)
        self.side.migrations = {'late': fakes.FakeMigration('late')}
        self.assertEqual([], self.uuids())
        self.assertFalse(self.overdue.calls_off)

    def test_a_side_that_cannot_tell_is_not_over(self):
        self.side.away = KeyError('a bug')
        self.assertRaises(KeyError, self.uuids)
        self.assertTrue(self.overdue.calls_off)

    def test_until_it_is_taken_back_or_stopped(self):
        self.uuids()
        for change in ({'phase': P.DRAINING}, {'phase': P.SERVING},
                       {'deadlines': deadlines.Deadlines(release_at=10)}):
            self.assertTrue(self.overdue.calls_off)
            before = vars(self.coordinator).copy()
            vars(self.coordinator).update(change)
            self.assertFalse(self.overdue.calls_off, change)
            vars(self.coordinator).update(before)

    def test_taken_back_before_it_began(self):
        self.coordinator.deadlines = deadlines.Deadlines()
        self.assertFalse(overdue.Overdue(self.coordinator).calls_off)

    def test_verbs(self):
        self.uuids()
        self.those.abort('early', 'late')
        self.those.force_complete('early')
        self.those.leave('early', 'gone')
        self.assertEqual(['abort', 'force_complete', 'leave'], [
            self.side.calls.get()[0] for _ in range(3)])
