"""A recording: which lines stood where, and for how long."""

from xml.etree import ElementTree

from tests.unit import base
from tools import record_terminal

SVG = '{http://www.w3.org/2000/svg}'


class RecordingTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.recording = record_terminal.Recording()
        for at, texts in ((0, ['$ it', '', '']), (1, ['$ it', '10 %', '']),
                          (2, ['$ it', '10 %', '']),
                          (3, ['$ it', '<90 %>', '']),
                          (4, ['$ it', '', 'done  now'])):
            self.recording.look(at, texts)

    def test_lines(self):
        self.assertEqual(
            [(0, '$ it', 0, None), (1, '10 %', 1, 3), (1, '<90 %>', 3, 4),
             (2, 'done  now', 4, None)],
            [(line.row, line.text, line.first, line.last)
             for line in self.recording.lines])

    def test_picture(self):
        picture = ElementTree.fromstring(self.recording.draw(
            'what "it" does', 20, 8))
        lines = {''.join(one.itertext()).replace('\xa0', ' '): one
                 for one in picture.iter(SVG + 'text')}
        self.assertEqual(['$ it', '10 %', '<90 %>', 'done  now'],
                         list(lines))
        # What stands there at the end is there without animation as well.
        self.assertEqual([None, 'hidden', 'hidden', None],
                         [one.get('visibility') for one in lines.values()])
        moves = {text: one.find(SVG + 'animate')
                 for text, one in lines.items()}
        self.assertIsNone(moves['$ it'])
        self.assertEqual(
            ('8.00s', '0.0000;0.1250;0.3750', 'hidden;visible;hidden'),
            tuple(moves['10 %'].get(name)
                  for name in ('dur', 'keyTimes', 'values')))
        self.assertEqual('hidden;visible', moves['done  now'].get('values'))
