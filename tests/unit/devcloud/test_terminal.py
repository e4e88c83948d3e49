"""What a person sees."""

import io

import fixtures

from nova_gs.devcloud import terminal
from tests.unit import base


class Tty(io.StringIO):
    encoding = 'utf-8'

    def isatty(self):
        return True


class TerminalTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable('TERM', 'xterm'))
        self.useFixture(fixtures.EnvironmentVariable('NO_COLOR'))

    def test_plain_lines_where_nobody_looks(self):
        out = io.StringIO()
        plain = terminal.Terminal(out)
        plain.heading('Part')
        plain.step('done', 1.25)
        plain.fact('good', 1, True)
        plain.fact('bad', 2, False)
        lines = out.getvalue().splitlines()
        self.assertEqual('Part', lines[0])
        self.assertEqual(['+', 'done', '1.25', 's'], lines[1].split())
        self.assertEqual(['+', '!'], [line[0] for line in lines[2:]])
        self.assertNotIn('\x1b', out.getvalue())

    def test_plain_bar_shows_quarters(self):
        out = io.StringIO()
        plain = terminal.Terminal(out)
        for percent in range(101):
            plain.bar('copying', percent / 100)
        self.assertEqual(5, len(out.getvalue().splitlines()))

    def test_live_bar_moves_in_its_line(self):
        out = Tty()
        live = terminal.Terminal(out)
        live.bar('copying', 0.1)
        live.bar('copying', 7)
        self.assertNotIn('\n', out.getvalue())
        self.assertIn('100 %', out.getvalue())
        live.step('done')
        self.assertEqual(2, out.getvalue().count('\n'))

    def test_no_color(self):
        self.useFixture(fixtures.EnvironmentVariable('NO_COLOR', '1'))
        out = Tty()
        terminal.Terminal(out).step('done', 1)
        self.assertNotIn('\x1b', out.getvalue())
