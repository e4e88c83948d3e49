"""What a person sees: steps with their times, bars, a verdict.

On a terminal with colours and bars that move; elsewhere plain lines, and of
a bar only each quarter.
"""

import os
import sys

_BAR_WIDTH = 30
_GREEN, _RED, _BLUE, _DIM, _BOLD = '32', '31', '36', '2', '1'


class Terminal:
    """Writes for a person.

    :param stream: where to; standard output by default
    """

    def __init__(self, stream=None):
        self.stream = stream or sys.stdout
        self.is_live = (self.stream.isatty()
                        and os.environ.get('TERM') != 'dumb')
        self._colours = self.is_live and 'NO_COLOR' not in os.environ
        self._bar_label = None
        self._quarter = None

    def heading(self, text):
        """Begin a new part."""
        self._line('\n' + self._paint(_BOLD, text) if self.is_live else text)

    def step(self, text, seconds=None):
        """Say that something is done.

        :param seconds: how long it took
        """
        time = '' if seconds is None else self._paint(
            _DIM, '%6.2f s' % seconds)
        self._line('%s %-48s %s' % (
            self._paint(_GREEN, self._sign('\u2713', '+')), text, time))

    def note(self, text):
        """Say something by the way."""
        self._line('  ' + self._paint(_DIM, text))

    def fact(self, label, value, good=None):
        """Say how something came out.

        :param good: True, False, or None when it is neither
        """
        sign = {None: ' ', True: self._sign('\u2713', '+'),
                False: self._sign('\u2717', '!')}[good]
        colour = {None: _DIM, True: _GREEN, False: _RED}[good]
        self._line('%s %-28s %s' % (
            self._paint(colour, sign), label, value))

    def fail(self, text):
        """Say what went wrong."""
        self._line(self._paint(_RED, text))

    def verdict(self, text, good):
        """End with one sentence."""
        self._line('\n' + self._paint(_GREEN if good else _RED, text))

    def bar(self, label, fraction, text=''):
        """Show how far something is; call again to move it.

        :param fraction: 0 to 1
        """
        fraction = max(0.0, min(1.0, fraction))
        if self.is_live:
            filled = round(fraction * _BAR_WIDTH)
            self.stream.write('\r\x1b[K  %-16s %s%s %3d %%  %s' % (
                label,
                self._paint(_BLUE, filled * self._sign('\u2588', '#')),
                self._paint(_DIM, (_BAR_WIDTH - filled) * self._sign(
                    '\u2591', '.')),
                round(100 * fraction), text))
            self.stream.flush()
            self._bar_label = label
        elif (label, int(fraction * 4)) != self._quarter:
            self._quarter = (label, int(fraction * 4))
            self._line('  %-16s %3d %%  %s' % (
                label, round(100 * fraction), text))

    def _line(self, text):
        if self._bar_label:
            self.stream.write('\n')
            self._bar_label = None
        self.stream.write(text.rstrip() + '\n')
        self.stream.flush()

    def _sign(self, fine, plain):
        encoding = (getattr(self.stream, 'encoding', None) or '').lower()
        return fine if encoding.startswith('utf') else plain

    def _paint(self, colour, text):
        return '\x1b[%sm%s\x1b[0m' % (colour, text) if (
            self._colours and text) else text
