"""What makes sense of an operator's words, and what does not."""

import argparse

from nova_gs.shutdown import deadlines
from nova_gs.shutdown import order
from tests.unit import base


class OrderTestCase(base.TestCase):

    def test_seconds(self):
        for text, value in (('0', 0), ('90', 90), (
                str(deadlines.LONGEST), deadlines.LONGEST)):
            self.assertEqual(value, order.seconds(text))

    def test_no_seconds(self):
        for text in ('-1', '1.5', 'soon', '', 'nan',
                     str(deadlines.LONGEST + 1)):
            error = self.assertRaises(
                argparse.ArgumentTypeError, order.seconds, text)
            self.assertIn('from 0 to', str(error))

    def test_reason(self):
        for text in ('new fans', 'x' * order.LONGEST_REASON, 'Lüfter'):
            self.assertEqual(text, order.reason(text))

    def test_no_reason(self):
        for text in ('', 'x' * (order.LONGEST_REASON + 1), 'two\nlines'):
            self.assertRaises(
                argparse.ArgumentTypeError, order.reason, text)
