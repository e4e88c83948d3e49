"""A terminal, and what is none."""

import io
import re

import fixtures

from nova_gs.osc import bars
from nova_gs.osc import screens
from tests.fixtures import clock
from tests.fixtures import drain_api
from tests.unit import base

V, OP = drain_api.view, drain_api.operation


class Glass:
    """Shows what a terminal would show of what was written to it."""

    encoding = 'utf-8'

    def __init__(self, encoding='utf-8'):
        self.encoding = encoding
        self.lines, self._at = [''], 0

    def isatty(self):
        return True

    def write(self, text):
        for token in re.findall(r'\x1b\[\d*[A-Z]|\n|\r|[^\x1b\n\r]+', text):
            if token.endswith('A') and token.startswith('\x1b'):
                self._at -= int(token[2:-1])
            elif token == '\x1b[J':
                del self.lines[self._at + 1:]
                self.lines[self._at] = ''
            elif token == '\n':
                self._at += 1
                if self._at == len(self.lines):
                    self.lines.append('')
            elif token != '\r':
                self.lines[self._at] = token

    def flush(self):
        pass


class TerminalTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.glass = Glass()
        self.size = (100, 24)
        self.screen = screens.Terminal(
            self.glass, clock.ManualClock(), lambda: self.size)

    def test_it_draws_over_itself(self):
        self.screen.show(V(OP(1), OP(2)))
        self.assertEqual(4, len(self.glass.lines))
        self.screen.show(V(OP(2, progress=80)))
        self.assertEqual(
            ['host1: quiesced (new fans). 1 open, 1 ended.',
             bars.row(OP(2, progress=80), clock.START),
             bars.ended(OP(1)), ''], self.glass.lines)

    def test_notes_stay(self):
        self.screen.show(V(OP(1)))
        self.screen.note('No answer.')
        self.screen.show(V())
        self.assertEqual('No answer.', self.glass.lines[2])
        self.assertIn('1 ended', self.glass.lines[3])

    def test_more_than_fits(self):
        self.size = (100, 10)
        for _ in range(2):
            self.screen.show(V(*map(OP, range(200))))
        self.assertEqual(9, len(self.glass.lines))
        self.assertEqual('... and 194 more', self.glass.lines[7])

    def test_long_lines_are_cut(self):
        self.size = (40, 24)
        for _ in range(2):
            self.screen.show(V(OP(1), reason='for ever and ever'))
        self.assertEqual(4, len(self.glass.lines))
        self.assertTrue(all(len(line) < 40 for line in self.glass.lines))
        self.assertTrue(self.glass.lines[1].endswith('0 ended.'))
        self.assertIn('  40%  ', self.glass.lines[2])

    def test_a_long_reason_in_a_small_terminal(self):
        self.size = (40, 8)
        for _ in range(2):
            self.screen.show(V(*map(OP, range(9)), reason='why ' * 60))
        self.assertEqual(7, len(self.glass.lines))
        self.assertEqual('... and 7 more', self.glass.lines[5])

    def test_a_tiny_terminal(self):
        self.size = (5, 1)
        self.screen.show(V(OP(1), OP(2)))
        self.assertEqual(3, len(self.glass.lines))

    def test_letters_that_the_terminal_has(self):
        for encoding, letters in (('utf-8', bars.BLOCKS),
                                  ('ascii', bars.LETTERS),
                                  (None, bars.LETTERS),
                                  ('klingon', bars.LETTERS)):
            glass = Glass(encoding)
            screens.Terminal(glass, clock.ManualClock(),
                             lambda: self.size).show(V(OP(1)))
            self.assertIn(letters[0], glass.lines[1])


class LinesTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.stream = io.StringIO()
        self.screen = screens.Lines(self.stream, clock.ManualClock())

    def said(self, *views):
        """Show drains and return the new lines."""
        self.stream.seek(0)
        self.stream.truncate()
        for one in views:
            self.screen.show(one)
        return self.stream.getvalue().splitlines()

    def test_what_is_new(self):
        lines = self.said(V(OP(1)))
        self.assertIn(' 40%', lines[0])
        self.assertIn('1 open, 0 ended', lines[1])
        self.assertEqual([], self.said(V(OP(1)), V(OP(1, progress=49))))
        line, = self.said(V(OP(1, progress=50)))
        self.assertIn(' 50%', line)
        lines = self.said(V())
        self.assertIn('ended', lines[0])
        self.assertIn('0 open, 1 ended', lines[1])
        self.assertEqual([], self.said(V()))

    def test_no_control_codes(self):
        self.said(V(OP(1)), V())
        self.assertNotIn('\x1b', self.stream.getvalue())
        self.stream.getvalue().encode('ascii')


class ChooseTestCase(base.TestCase):

    def choose(self, stream, term):
        with fixtures.EnvironmentVariable('TERM', term):
            return type(screens.choose(stream, clock.ManualClock()))

    def test_choose(self):
        self.assertIs(screens.Terminal, self.choose(Glass(), 'xterm'))
        self.assertIs(screens.Lines, self.choose(Glass(), 'dumb'))
        self.assertIs(screens.Lines, self.choose(Glass(), None))
        self.assertIs(screens.Lines, self.choose(io.StringIO(), 'xterm'))
