"""Seconds to pixels, and labels that do not overlap."""

from nova_gs.report import geometry
from nova_gs.report import story
from tests.fixtures import reports
from tests.unit import base


class ScaleTestCase(base.TestCase):

    def test_x(self):
        scale = geometry.Scale(-10, 90, 100, 500)
        for seconds, x in ((-10, 100), (0, 150), (90, 600), (-99, 100),
                           (99, 600)):
            self.assertEqual(x, scale.x(seconds))

    def test_ticks_are_round_and_few(self):
        for first, last, ticks in (
                (-1, 10, [0, 2, 4, 6, 8, 10]),
                (0, 0.5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
                (-20, 185, [0, 30, 60, 90, 120, 150, 180])):
            found = geometry.Scale(first, last, 0, 100).ticks()
            self.assertIn(0, found)
            self.assertLessEqual(len(found), 10)
            self.assertEqual([tick for tick in ticks if tick >= 0],
                             [tick for tick in found if tick >= 0])

    def test_ticks_of_any_length(self):
        for last in (0.3, 1, 7, 61, 3601, 9e4, 3e6, 9e8):
            found = geometry.Scale(-last / 9, last, 0, 100).ticks()
            self.assertLessEqual(len(found), 12)
            self.assertIn(0, found)


class WindowTestCase(base.TestCase):

    def window(self, *works, **others):
        return geometry.window(story.tell(reports.stop(works, **others)))

    def test_far_deadlines_are_left_out(self):
        first, last = self.window()
        self.assertTrue(-1 < first < 0, first)
        self.assertTrue(10.25 < last < 11, last)

    def test_near_deadlines_are_in(self):
        told = story.tell(reports.troubled())
        self.assertTrue(180 < geometry.window(told)[1] < 190)

    def test_the_past_takes_its_part_only(self):
        first, _ = self.window(reports.work(1, -1, 5))
        self.assertTrue(-1.5 < first < -1, first)
        first, _ = self.window(reports.work(1, -9999, 5))
        self.assertTrue(-3 < first < -2, first)

    def test_a_stop_at_once(self):
        first, last = self.window(steps=(('forced', 0, 'quit'),))
        self.assertTrue(first < 0 < last)


class LanesTestCase(base.TestCase):

    def test_lanes(self):
        self.assertEqual([], geometry.lanes([]))
        self.assertEqual([0, 0], geometry.lanes([(0, 10), (20, 30)]))
        self.assertEqual([0, 1, 2, 0], geometry.lanes(
            [(0, 10), (5, 15), (6, 40), (50, 60)]))

    def test_no_line_runs_through_a_label(self):
        spans = [(0, 100), (70, 150), (110, 200), (300, 400)]
        lanes = geometry.lanes(spans)
        for (_, line), own in zip(spans, lanes):
            for (left, right), lane in zip(spans, lanes):
                self.assertFalse(lane < own and left < line < right)
