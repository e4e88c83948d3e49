"""The page as a whole."""

import re

from nova_gs.report import page
from nova_gs.report import story
from tests.fixtures import reports
from tests.unit import base


class PageTestCase(base.TestCase):

    def page(self, report):
        return page.render(story.tell(report))

    def test_it_needs_nothing_but_itself(self):
        text = self.page(reports.troubled())
        self.assertIn("default-src 'none'", text)
        self.assertEqual([], re.findall(
            r'https?://|<script|<link|<img|@import|\bsrc=|\bhref=|url\((?!#)',
            text))

    def test_what_is_said_first(self):
        text = self.page(reports.troubled())
        for words in (
                '<h1>host1 stopped and left work</h1>',
                '<title>host1 stopped and left work, 2030-01-01',
                'Exit code 3: what was left is taken up by the next start. '
                'Of 7 pieces of work: 4 finished, 2 called off, 1 left for',
                'draining 2 min 20 s → aborting 20 s → releasing 0.40 s',
                '<b>1</b> left for the next start', '<b>2</b> called off',
                '<b>4</b> finished', '<b>6</b> refused',
                '<b>2</b> handed back'):
            self.assertIn(words, text)

    def test_every_colour_has_a_dark_one(self):
        style = self.page(reports.stop())
        light, dark = re.findall(r':root \{(.*?)\}', style, re.S)
        colours = re.compile(r'(--[a-z]+):')
        self.assertEqual(set(colours.findall(light)),
                         set(colours.findall(dark)))
        used = set(re.findall(r'var\((--[a-z]+)\)', style))
        self.assertEqual(set(), used - set(colours.findall(light)))

    def test_far_deadlines_are_named(self):
        self.assertIn('Deadlines that were far from being reached: call off '
                      'at 2 min 20 s', self.page(reports.stop()))
        self.assertNotIn('far from', self.page(reports.troubled()))

    def test_all_works_are_listed(self):
        text = self.page(reports.crowded())
        self.assertIn('All works (201)', text)
        self.assertIn('<details><summary>', text)
        self.assertEqual(201, text.count('<tr><td><svg'))

    def test_a_quiet_stop(self):
        text = self.page(reports.stop())
        self.assertIn('Exit code 0: all work reached a safe end. Nothing '
                      'ran that it had to wait for.', text)
        self.assertNotIn('All works', text)

    def test_names_from_outside_are_only_text(self):
        text = self.page(reports.stop(
            [reports.work(1, 0, 1, name='<script>', note='<script>')],
            host='<script>', refused={'<script>': 1},
            handed_back=['<script>'], left_elsewhere=['<script>']))
        self.assertNotIn('<script', text)
