"""Times for people."""

import datetime

from nova_gs.report import words
from tests.unit import base


class WordsTestCase(base.TestCase):

    def test_length(self):
        for seconds, text in (
                (0, '0.00 s'), (0.04, '0.04 s'), (0.999, '1.0 s'),
                (9.94, '9.9 s'),
                (9.96, '10 s'), (119.4, '119 s'), (120, '2 min'),
                (185, '3 min 05 s'), (7199.9, '2 h'), (7260, '2 h 01 min'),
                (-12, '-12 s')):
            self.assertEqual(text, words.length(seconds), seconds)

    def test_others(self):
        self.assertEqual('2030-01-02 03:04:05 UTC', words.moment(
            datetime.datetime(2030, 1, 2, 3, 4, 5,
                              tzinfo=datetime.timezone.utc)))
        self.assertEqual('12345678', words.brief('12345678-9'))
        self.assertEqual('', words.brief(None))
        self.assertEqual('abcde', words.clipped('abcde', 5))
        self.assertEqual('abc…', words.clipped('abc de', 5))
