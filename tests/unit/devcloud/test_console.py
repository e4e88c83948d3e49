"""What is read from a ticker's console."""

from nova_gs.devcloud import console
from tests.unit import base


def lines(numbers, nonce='0000ABCD', bad=0, turn=1):
    """Return console lines with these numbers."""
    return ''.join('TICK t %s %08X %08X %08X\r\n' % (nonce, n, turn, bad)
                   for n in numbers)


class WholeTestCase(base.TestCase):

    def test_table(self):
        line = lines([1]).encode()
        self.assertEqual(line, console.whole(line))
        for part in (b'', line[:-2], line[1:], b'x' + line):
            self.assertIsNone(console.whole(part))


class ReadTestCase(base.TestCase):

    def check(self, text, **expected):
        seen = console.read(text)
        for name, value in expected.items():
            self.assertEqual(value, getattr(seen, name), name)

    def test_table(self):
        for text, expected in (
                ('', {'boots_seen': 0, 'unbroken': False}),
                (lines(range(1, 9)),
                 {'boots_seen': 1, 'ticks_seen': 8, 'unbroken': True}),
                # The log may have been cut before, and in the last line.
                ('CK t 00\r\n' + lines(range(7, 9)) + 'TICK t 0000ABCD 0000',
                 {'ticks_seen': 2, 'ticks_lost': 0, 'unbroken': True}),
                (lines([1, 2, 5]),
                 {'ticks_lost': 2, 'unbroken': False}),
                (lines([1, 2, 2, 3]),
                 {'ticks_repeated': 1, 'ticks_lost': 0, 'unbroken': False}),
                # The firmware may write before the first line.
                ('\x1bcSeaBIOS ' + lines([1]), {'ticks_seen': 1}),
                (lines([1, 2]) + lines([3], bad=4),
                 {'memory_errors': 4, 'unbroken': False}),
                (lines([1, 2]) + lines([1], nonce='00000001', bad=1, turn=6),
                 {'boots_seen': 2, 'ticks_seen': 3, 'ticks_lost': 0,
                  'rounds': 6, 'memory_errors': 1, 'unbroken': False})):
            self.check(text, **expected)
            self.check(text.encode('latin-1'), **expected)

    def test_torn_line_is_a_lost_tick(self):
        text = lines([1]) + 'TICK t 0000A' + lines([3])
        self.check(text, ticks_lost=1)
