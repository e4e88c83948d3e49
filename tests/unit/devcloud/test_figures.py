"""Figures for "make verify"."""

import fixtures

from nova_gs.devcloud import figures
from tests.unit import base


class FiguresTestCase(base.TestCase):

    def test_nobody_wants_them(self):
        self.useFixture(fixtures.EnvironmentVariable('NOVA_GS_FIGURES'))
        figures.record('x', a_s=1)

    def test_recorded_and_loaded(self):
        path = self.useFixture(fixtures.TempDir()).join('figures')
        self.useFixture(fixtures.EnvironmentVariable(
            'NOVA_GS_FIGURES', path))
        self.assertEqual([], figures.load(path))
        figures.record('x', a_s=1)
        figures.record('y', b='z')
        self.assertEqual([{'scenario': 'x', 'a_s': 1},
                          {'scenario': 'y', 'b': 'z'}], figures.load(path))

    def test_full(self):
        for value, full in ((None, False), ('0', False), ('1', True)):
            self.useFixture(fixtures.EnvironmentVariable(
                'NOVA_GS_FULL', value))
            self.assertEqual(full, figures.is_full())

    def test_percentile(self):
        values = list(range(100, 0, -1))
        for percent, expected in ((0, 1), (50, 50), (95, 95), (100, 100)):
            self.assertEqual(expected, figures.percentile(values, percent))
        self.assertEqual(7, figures.percentile([7], 95))
        self.assertRaises(ValueError, figures.percentile, [], 50)
