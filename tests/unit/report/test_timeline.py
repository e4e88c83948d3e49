"""The picture, as far as a program can see it."""

from xml.etree import ElementTree

from nova_gs.report import story
from nova_gs.report import timeline
from tests.fixtures import reports
from tests.unit import base


class TimelineTestCase(base.TestCase):

    def draw(self, report):
        """Return the picture as an element; it must be well-formed."""
        text = timeline.render(story.tell(report))
        return ElementTree.fromstring(text)

    @staticmethod
    def of_kind(picture, kind):
        return [one for one in picture.iter()
                if kind in one.get('class', '').split()]

    def bars(self, picture):
        """Return {fate: [(left, right)]} of the bars."""
        found = {}
        for group in self.of_kind(picture, 'bar'):
            span, = self.of_kind(group, 'span')
            left = float(span.get('x'))
            found.setdefault(group.get('class').split()[1], []).append(
                (left, left + float(span.get('width'))))
        return found

    def test_a_bar_for_each_work_by_its_fate(self):
        bars = self.bars(self.draw(reports.troubled()))
        self.assertEqual({'left': 1, 'aborted': 2, 'finished': 4},
                         {fate: len(spans) for fate, spans in bars.items()})

    def test_bars_are_as_long_as_the_works(self):
        picture = self.draw(reports.stop([reports.work(1, 0, 10),
                                          reports.work(2, 5, 10),
                                          reports.work(3, 5, 5)]))
        (left, right), (_, least), (middle, end) = self.bars(picture)[
            'finished']
        self.assertAlmostEqual(right, end, delta=0.2)
        self.assertAlmostEqual((left + right) / 2, middle, delta=0.2)
        # What took no time can be seen all the same.
        self.assertAlmostEqual(middle + 2, least, delta=0.2)

    def test_everything_is_inside(self):
        for report in (reports.troubled(), reports.crowded(),
                       reports.stop(), reports.stop(
                           steps=(('forced', 0, 'quit'),))):
            picture = self.draw(report)
            width, height = map(float, picture.get('viewBox').split()[2:])
            for one in picture.iter('rect'):
                right = float(one.get('x', 0)) + float(one.get('width'))
                bottom = float(one.get('y', 0)) + float(one.get('height'))
                self.assertLessEqual(right, width)
                self.assertLessEqual(bottom, height)

    def test_tooltips_say_what_there_is_to_know(self):
        picture = self.draw(reports.troubled())
        titles = [one.text for one in picture.iter('title')]
        title, = [text for text in titles if reports.identity(1007) in text]
        for words in (reports.identity(7), 'req-7', 'began 20 s before',
                      'left at 62 %',
                      'left to the hypervisor'):
            self.assertIn(words, title)

    def test_deadlines_that_are_near(self):
        self.assertEqual(3, len(self.of_kind(
            self.draw(reports.troubled()), 'deadline')))
        self.assertEqual(0, len(self.of_kind(
            self.draw(reports.stop()), 'deadline')))

    def test_what_began_earlier_has_a_sign(self):
        picture = self.draw(reports.stop([reports.work(1, -9000, 3),
                                          reports.work(2, 1, 3)]))
        self.assertEqual(1, len(self.of_kind(picture, 'earlier')))

    def test_a_crowd_is_packed_and_the_troubled_are_not(self):
        picture = self.draw(reports.crowded())
        bars = self.of_kind(picture, 'bar')
        self.assertEqual(201, len(bars))
        with_names = [bar for bar in bars if self.of_kind(bar, 'name')]
        self.assertEqual(['bar left'], [bar.get('class')
                                        for bar in with_names])
        self.assertLess(float(picture.get('viewBox').split()[3]), 900)

    def test_a_phase_that_is_too_short_has_its_name_beside_it(self):
        for report, names in (
                (reports.stop(), ['releasing 0.25 s']),
                (reports.stop(steps=(('draining', 9, 'term'),
                                     ('forced', 0, 'quit'))),
                 ['forced 0.00 s']),
                (reports.stop(steps=(('draining', 9, 'term'),)), [])):
            self.assertEqual(names, [one.text for one in self.of_kind(
                self.draw(report), 'phase-names')])

    def test_a_picture_of_its_own_brings_its_colours(self):
        told = story.tell(reports.troubled())
        picture = ElementTree.fromstring(timeline.picture(told))
        self.assertTrue(picture.tag.endswith('svg'))
        self.assertIn('prefers-color-scheme: dark', picture[0].text)
        self.assertNotIn('<style', timeline.render(told))

    def test_nothing_to_show(self):
        said = ''.join(self.draw(reports.stop()).itertext())
        self.assertIn('Nothing ran', said)

    def test_names_from_outside_are_only_text(self):
        picture = self.draw(reports.stop([reports.work(
            1, 0, 1, name='<script>', note='"&<b>')]))
        self.assertEqual([], list(picture.iter('script')))
        self.assertIn('<script>', ''.join(picture.itertext()))
