"""Bars and lines."""

from nova_gs.osc import bars
from tests.fixtures import clock
from tests.fixtures import drain_api
from tests.unit import base

NOW = clock.START


class BarTestCase(base.TestCase):

    def test_bar(self):
        for percent, text in (
                (0, '........   0%'), (50, '####....  50%'),
                (99, '#######.  99%'), (100, '######## 100%'),
                (140, '######## 100%'), (-3, '........   0%'),
                (None, '........    ?')):
            self.assertEqual(text, bars.bar(percent, bars.LETTERS, 8))


class LineTestCase(base.TestCase):

    def test_row(self):
        self.assertEqual(
            'live-migration 00000007 #########...............  40%  '
            'pre-copy, 120 MiB left',
            bars.row(drain_api.operation(7), NOW, bars.LETTERS))

    def test_row_with_an_end_and_a_deadline(self):
        text = bars.row(
            drain_api.operation(
                7, estimated_end='2030-01-01T00:00:12+00:00'),
            NOW, bars.LETTERS, deadline=True)
        self.assertTrue(text.endswith(
            ', ends in 12 s; at the deadline it is called off'), text)

    def test_what_matters_least_is_left_out_where_there_is_no_room(self):
        one = drain_api.operation(
            7, estimated_end='2030-01-01T00:00:12+00:00')
        for columns, end in ((140, 'called off'), (120, 'ends in 12 s'),
                             (79, 'ends in 12 s'), (70, 'MiB left'),
                             (39, ' 40%  ')):
            text = bars.row(one, NOW, bars.LETTERS, True, columns)
            self.assertTrue(text.endswith(end), text)
            self.assertLessEqual(len(text), columns)

    def test_row_of_what_says_nothing(self):
        text = bars.row(
            drain_api.operation(7, phase='', progress=None, server_id=None,
                                kind='stop', at_deadline=None),
            NOW, bars.LETTERS, deadline=True)
        self.assertEqual('stop           -        %s    ?  running' % (
            '.' * bars.WIDTH), text)

    def test_rows_of_one_width(self):
        self.assertEqual(
            bars.row(drain_api.operation(1), NOW).index('pre-copy'),
            bars.ended(drain_api.operation(2, kind='stop')).index('ended'))

    def test_headline(self):
        self.assertEqual(
            'host1: quiesced (new fans). 0 open, 2 ended.',
            bars.headline(drain_api.view(), 2, NOW))
        self.assertEqual(
            'host1: quiesced, deadline in 10 min. 1 open, 0 ended, 3 '
            'refused, 1 handed back. It does not answer; this is what the '
            'records say.',
            bars.headline(drain_api.view(
                drain_api.operation(1), reason=None, live=False,
                deadline='2030-01-01T00:10:00Z', refused={'a': 1, 'b': 2},
                handed_back=['c']), 0, NOW))

    def test_instants(self):
        for text, words in (
                ('2029-12-31T23:59:00', 'deadline passed'),
                ('2030-01-01T00:01:59', 'in 119 s'),
                ('2030-01-01T01:00:00', 'in 60 min'),
                ('2030-01-02T01:00:00+01:00', 'at 2030-01-02 01:00 UTC')):
            head = bars.headline(drain_api.view(deadline=text), 0, NOW)
            if '+' in text:
                words = 'at 2030-01-02 01:00'
            self.assertIn(words, head)
