"""Record a command in a terminal as an animated SVG, for the docs.

::

    pip install pyte
    python tools/record_terminal.py --out FILE.svg [--columns N] [--rows N]
        -- openstack compute service drain start host-a --wait

The command runs for real, in a terminal of its own.  Each line that stood
there is one element of the picture, visible as long as it stood there; the
last screen stays for a while, then it begins anew.  Where nothing is
animated, such as on paper, the last screen is shown.
"""

import argparse
import dataclasses
import fcntl
import html
import os
import pty
import select
import struct
import sys
import termios
import time

#: Pixels of a letter, of a line, and around them.
LETTER, LINE, EDGE, BAR = 8.43, 19, 14, 30

#: Seconds for which the command stands there alone, and the last screen.
BEFORE, AFTER = 1.0, 5.0

_FONT = 'DejaVu Sans Mono, Menlo, Consolas, monospace'

_PAGE = '''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %(width)d \
%(height)d" width="%(width)d" height="%(height)d" role="img" \
aria-label="%(label)s">
<rect width="100%%" height="100%%" rx="8" fill="#14181d"/>
<g fill="#5b6470"><circle cx="20" cy="17" r="5"/>\
<circle cx="37" cy="17" r="5"/><circle cx="54" cy="17" r="5"/></g>
<g fill="#e8ebee" font-size="14" font-family="%(font)s">
%(lines)s
</g>
</svg>
'''


@dataclasses.dataclass
class Line:
    """A line of text, where it stood and from when to when."""

    row: int
    text: str
    first: float
    last: float | None = None


class Recording:
    """The lines that stand in a terminal, and those that stood there."""

    def __init__(self):
        self.lines = []
        self._standing = {}

    def look(self, now, texts):
        """Take in what stands there now; ``texts`` has a text per row."""
        for row, text in enumerate(texts):
            standing = self._standing.get(row)
            if (standing.text if standing else '') == text:
                continue
            if standing:
                standing.last = now
                del self._standing[row]
            if text:
                self._standing[row] = Line(row, text, now)
                self.lines.append(self._standing[row])

    def draw(self, label, columns, end):
        """Return the SVG of a recording that is over at ``end`` seconds."""
        rows = max((line.row for line in self.lines), default=0) + 1
        return _PAGE % {
            'width': 2 * EDGE + columns * LETTER,
            'height': BAR + 2 * EDGE + rows * LINE, 'font': _FONT,
            'label': html.escape(label, quote=True),
            'lines': '\n'.join(_drawn(line, end) for line in self.lines)}


def _drawn(line, end):
    return '<text x="%d" y="%d"%s textLength="%.1f">%s%s</text>' % (
        EDGE, BAR + EDGE + line.row * LINE,
        '' if line.last is None else ' visibility="hidden"',
        # Spaces that no renderer makes one of.
        len(line.text) * LETTER,
        html.escape(line.text).replace(' ', '\xa0'), _moves(line, end))


def _moves(line, end):
    """Return what lets a line come and go."""
    if line.first <= 0 and line.last is None:
        return ''
    marks = [(0.0, 'visible' if line.first <= 0 else 'hidden')]
    if line.first > 0:
        marks.append((line.first, 'visible'))
    if line.last is not None:
        marks.append((line.last, 'hidden'))
    return ('<animate attributeName="visibility" calcMode="discrete" '
            'dur="%.2fs" repeatCount="indefinite" keyTimes="%s" '
            'values="%s"/>' % (
                end, ';'.join('%.4f' % (at / end) for at, _ in marks),
                ';'.join(value for _, value in marks)))


def record(command, columns, rows):
    """Run a command in a terminal of so many columns and rows.

    :returns: (its exit code, Recording, seconds)
    """
    import pyte
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    shown = '$ ' + ' '.join(
        '"%s"' % word if ' ' in word else word for word in command)
    stream.feed(shown.encode() + b'\r\n')
    recording = Recording()
    recording.look(0, _texts(screen))
    process, terminal = pty.fork()
    if not process:
        os.environ.update(TERM='xterm', COLUMNS=str(columns),
                          LINES=str(rows), PYTHONIOENCODING='utf-8')
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                struct.pack('HHHH', rows, columns, 0, 0))
    began = None
    while True:
        written = _read(terminal)
        if written == b'':
            break
        if written:
            # How long the client takes to start is no news.
            began = began or time.monotonic() - BEFORE
            stream.feed(written)
        elif began:
            recording.look(time.monotonic() - began, _texts(screen))
    seconds = time.monotonic() - (began or time.monotonic()) + AFTER
    recording.look(seconds - AFTER, _texts(screen))
    return (os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), recording,
            seconds)


def _read(terminal):
    """Return what was written, b'' at the end, None: nothing just now."""
    if not select.select([terminal], [], [], 0.05)[0]:
        return None
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b''


def _texts(screen):
    return [text.rstrip() for text in screen.display]


def main():
    """Record; returns the exit code of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', required=True)
    parser.add_argument('--columns', type=int, default=100)
    parser.add_argument('--rows', type=int, default=24)
    parser.add_argument('command', nargs='+')
    arguments = parser.parse_args()
    code, recording, seconds = record(
        arguments.command, arguments.columns, arguments.rows)
    with open(arguments.out, 'w', encoding='utf-8') as out:
        out.write(recording.draw(
            ' '.join(arguments.command), arguments.columns, seconds))
    return code


if __name__ == '__main__':
    sys.exit(main())
