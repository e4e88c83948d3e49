"""Where a drain is watched: a terminal, or anything that takes lines."""

import os
import shutil
import textwrap

from nova_gs.osc import bars

#: A line on an operation is due when it has got so much further, in per
#: cent, where lines cannot be drawn over.
EVERY = 10

_UP, _CLEAR = '\x1b[%dA', '\x1b[J'


def choose(stream, clock):
    """Return the screen that fits a stream."""
    if stream.isatty() and os.environ.get('TERM', 'dumb') != 'dumb':
        return Terminal(stream, clock)
    return Lines(stream, clock)


class _Screen:
    """What is known of the operations since the watch began.

    :param stream: file of text
    :param clock: clock.Clock
    """

    def __init__(self, stream, clock):
        self._stream = stream
        self._clock = clock
        self._known = {}

    def show(self, view):
        """Show a drain as it is now.

        :param view: what the API shows of it
        """
        present = {one['id']: one for one in view['operations']}
        self._known.update(present)
        self._draw(view, present, [
            one for key, one in self._known.items() if key not in present])

    def note(self, text):
        """Say a sentence, below what is shown."""
        self._stream.write(text + '\n')
        self._stream.flush()

    def _draw(self, view, present, ended):
        raise NotImplementedError


class Terminal(_Screen):
    """Draws over what it has drawn before.

    :param size: callable() -> (columns, lines) of the terminal
    """

    def __init__(self, stream, clock, size=shutil.get_terminal_size):
        super().__init__(stream, clock)
        self._size = size
        self._drawn = 0
        self._letters = _letters(stream)

    def note(self, text):
        super().note(text)
        # What comes next is drawn below it.
        self._drawn = 0

    def _draw(self, view, present, ended):
        columns, lines = self._size()
        # A line that is full would end on the next one.
        text = self._lines(view, present, ended, columns - 1, lines - 2)
        back = _UP % self._drawn if self._drawn else ''
        self._stream.write('%s\r%s%s\n' % (back, _CLEAR, '\n'.join(text)))
        self._stream.flush()
        self._drawn = len(text)

    def _lines(self, view, present, ended, columns, most):
        """Return the lines, so many or fewer; open ones come first."""
        now = self._clock.utcnow()
        head = textwrap.wrap(bars.headline(view, len(ended), now), columns)
        head = head[:max(most // 2, 1)]
        lines = [bars.row(one, now, self._letters, bool(view['deadline']),
                          columns) for one in present.values()]
        lines += [bars.ended(one, columns) for one in reversed(ended)]
        room = max(most - len(head), 1)
        if len(lines) > room:
            hidden = '... and %d more' % (len(lines) - room + 1)
            lines = lines[:room - 1] + [hidden[:columns]]
        return head + lines


class Lines(_Screen):
    """Writes a line for everything that is new; for logs and pipes."""

    def __init__(self, stream, clock):
        super().__init__(stream, clock)
        self._head = None
        self._told = {}

    def _draw(self, view, present, ended):
        now = self._clock.utcnow()
        for key, operation in present.items():
            if self._told.get(key) != _state(operation):
                self._told[key] = _state(operation)
                self.note(bars.row(operation, now, bars.LETTERS,
                                   bool(view['deadline'])))
        for operation in ended:
            if self._told.get(operation['id']) != 'ended':
                self._told[operation['id']] = 'ended'
                self.note(bars.ended(operation))
        head = (view['phase'], len(present), len(ended), view['live'])
        if head != self._head:
            self._head = head
            self.note(bars.headline(view, len(ended), now))


def _state(operation):
    """Return what makes a new line on an operation due."""
    progress = operation['progress']
    return (operation['state'], operation['step'],
            None if progress is None else progress // EVERY)


def _letters(stream):
    try:
        ''.join(bars.BLOCKS).encode(stream.encoding or 'ascii')
    except (LookupError, UnicodeEncodeError):
        return bars.LETTERS
    return bars.BLOCKS
