"""The timeline of a stop as an SVG picture: one bar for each work.

Colours are classes of ``page.css``.  Since not everybody tells colours
apart, a fate has a shape as well, and says its name.
"""

import html
import pathlib

from nova_gs.report import geometry
from nova_gs.report import words
from nova_gs.shutdown import policy

WIDTH = 1200
LABELS, REMARKS = 290, 220

#: Pixels from one bar to the next, where each has its name.
ROW = 24

#: From so many of a fate on they have none, and share so many pixels.
DENSE_FROM, DENSE_SPACE = 50, 700

#: Pixels from one of them to the next, at least and at most.
THINNEST, THICKEST = 2, 6

#: Average width of a letter of the picture, in pixels.
LETTER = 6.5
BOLD_LETTER = 7.6

TITLES = {
    policy.Fate.LEFT: 'Left for the next start',
    policy.Fate.ABORTED: 'Called off',
    policy.Fate.FINISHED: 'Finished',
}

#: A picture of its own is not on our page.
_PAPER = '.timeline { background: var(--paper); }\n'

_XMLNS = 'http://www.w3.org/2000/svg'

_STRIP, _AXIS, _LANE, _HEADING = 24, 20, 17, 30

#: Shapes of the fates, around (0, 0).
_SHAPES = {
    policy.Fate.LEFT: 'M-5,-6 L6,0 L-5,6 Z',
    policy.Fate.ABORTED: 'M0,-6 L6,0 L0,6 L-6,0 Z',
    policy.Fate.FINISHED: 'M-5,-5 H5 V5 H-5 Z',
}


def render(story, style=''):
    """Return the picture as an ``svg`` element.

    :param story: ``story.Story``
    :param style: what stands first in it
    """
    return _Timeline(story, style).render()


def picture(story):
    """Return the picture as an SVG file of its own, in light and dark.

    It is for documents that show it as an image, such as Sphinx' figures;
    inside of another page its colours would be those of the page as well.

    :param story: ``story.Story``
    """
    drawn = render(story, '<style>%s%s</style>\n' % (style(), _PAPER))
    return drawn.replace('<svg', '<svg xmlns="%s"' % _XMLNS, 1)


def style():
    """Return the rules that the picture is drawn by, as CSS."""
    return pathlib.Path(__file__).with_suffix('.css').read_text(
        encoding='utf-8')


def shape(fate):
    """Return a small picture of a fate, for a legend."""
    return ('<svg class="shape" viewBox="-8 -8 16 16" width="14" height="14" '
            'aria-hidden="true">%s</svg>' % _shape(fate, 0, 0))


class _Timeline:

    def __init__(self, story, style):
        self._story = story
        self._style = style
        self._nameless = []
        first, last = geometry.window(story)
        self._scale = geometry.Scale(
            first, last, LABELS, WIDTH - LABELS - REMARKS)
        self._marks = [mark for mark in story.deadlines
                       if geometry.is_near(story, mark)]
        self._lanes = geometry.lanes([self._span(mark)
                                      for mark in self._marks])
        #: Where the strip of the phases, the axis and the rows begin.
        self._strip = 6 + _LANE * (max(self._lanes, default=-1) + 1)
        self._axis = self._strip + _STRIP
        self._top = self._axis + _AXIS

    def render(self):
        rows, bottom = self._rows()
        parts = [self._bands(bottom), self._grid(bottom), rows,
                 self._events(bottom), self._deadlines(bottom),
                 self._ticks(), self._names_beside()]
        return (
            '<svg class="timeline" viewBox="0 0 %d %d" role="img" '
            'aria-label="Timeline of the stop">\n%s%s\n%s\n</svg>' % (
                WIDTH, bottom + 8, self._style, _HATCH, '\n'.join(parts)))

    # -- the ground: phases and time

    def _bands(self, bottom):
        parts = []
        for band in self._story.bands:
            left, right = self._scale.x(band.start), self._scale.x(band.end)
            width = max(right - left, 2)
            lasted = words.length(band.end - band.start)
            text = '%s %s' % (band.name, lasted)
            label = ''
            fitting = [name for name in (text, band.name)
                       if len(name) * LETTER + 4 <= width]
            if fitting:
                label = _text(left + width / 2, self._strip + 16, fitting[0],
                              'phase-name')
            else:
                self._nameless.append(text)
            parts.append(
                '<g class="phase %s">%s%s%s%s</g>' % (
                    _name(band.name),
                    _title('%s for %s, because: %s' % (
                        band.name, lasted, band.cause)),
                    _rect(left, self._strip, width, _STRIP - 2, 'strip'),
                    _rect(left, self._axis, width, bottom - self._axis,
                          'ground'), label))
        return '\n'.join(parts)

    def _names_beside(self):
        """Name the phases that are too short to have their names in them."""
        if not self._nameless:
            return ''
        return _text(self._scale.x(self._story.bands[-1].end) + 8,
                     self._strip + 16, ', '.join(self._nameless),
                     'phase-names')

    def _grid(self, bottom):
        return '\n'.join(
            _line(self._scale.x(at), self._top, bottom, 'tick')
            for at in self._scale.ticks())

    def _ticks(self):
        return '\n'.join(
            _text(self._scale.x(at), self._axis + 14,
                  _tick(at) if at else 'begin', 'tick-name')
            for at in self._scale.ticks())

    # -- the marks

    def _span(self, mark):
        x = self._scale.x(mark.at)
        return x - len(self._label(mark)) * BOLD_LETTER, x

    @staticmethod
    def _label(mark):
        return '%s at %s' % (mark.text, words.length(mark.at))

    def _deadlines(self, bottom):
        parts = []
        for mark, lane in zip(self._marks, self._lanes):
            x = self._scale.x(mark.at)
            y = self._strip - 5 - _LANE * lane
            parts.append('<g class="deadline">%s%s%s</g>' % (
                _title('Deadline: %s, %s after the beginning' % (
                    mark.text, words.length(mark.at))),
                _line(x, y - 7, bottom, ''),
                _text(x - 4, y + 4, self._label(mark), '')))
        return '\n'.join(parts)

    def _events(self, bottom):
        return '\n'.join(
            '<g class="event">%s%s<circle cx="%.1f" cy="%.1f" r="4"/></g>' % (
                _title('%s, %s after the beginning' % (
                    event.text, words.length(event.at))),
                _line(self._scale.x(event.at), self._top, bottom, ''),
                self._scale.x(event.at), self._top)
            for event in self._story.events)

    # -- the works

    def _rows(self):
        parts, y = [], self._top + 4
        for fate, title in TITLES.items():
            bars = self._story.with_fate(fate)
            if not bars:
                continue
            height = _height(len(bars))
            parts.append(self._heading(fate, '%s (%d)%s' % (
                title, len(bars), '' if height == ROW
                else '; point at a bar to see whose it is'), y))
            y += _HEADING
            for bar in bars:
                parts.append(self._row(bar, y) if height == ROW
                             else self._dense_row(bar, y, height))
                y += height
            y += 6
        if not parts:
            parts.append(_text(self._scale.x(0) + 8, y + 20, 'Nothing ran '
                               'that it had to wait for.', 'nothing'))
            y += 40
        return '\n'.join(parts), y

    @staticmethod
    def _heading(fate, text, y):
        return '<g class="heading">%s%s</g>' % (
            _shape(fate, 12, y + 15), _text(26, y + 19, text, ''))

    def _row(self, bar, y):
        work = bar.work
        label = words.clipped(bar.name, 29)
        return '<g class="bar %s">%s%s%s%s%s%s</g>' % (
            bar.fate.value, _title(_about(bar)),
            # So that the tooltip comes up anywhere in the row.
            _rect(0, y, WIDTH, ROW, 'row'),
            _text(12, y + 16, label, 'name'),
            _text(LABELS - 20, y + 16, words.brief(work.instance_uuid), 'id'),
            self._bar(bar, y + 5, ROW - 10),
            _text(self._scale.right + 14, y + 16, words.clipped(
                '%s, %s' % (words.length(bar.seconds), bar.remark), 33),
                'remark'))

    def _dense_row(self, bar, y, height):
        return '<g class="bar %s">%s%s</g>' % (
            bar.fate.value, _title(_about(bar)),
            self._bar(bar, y, height * 0.7, ends=False))

    def _bar(self, bar, y, height, ends=True):
        left, right = self._scale.x(bar.start), self._scale.x(bar.end)
        parts = [_rect(left, y, max(right - left, 2), height, 'span')]
        if bar.start < self._scale.first:
            parts.append(_path(
                'M%.1f,%.1f l-7,%.1f l7,%.1f Z' % (
                    left - 2, y, height / 2, height / 2), 'earlier'))
        if ends and bar.fate is not policy.Fate.FINISHED:
            parts.append(_shape(bar.fate, right, y + height / 2))
        return ''.join(parts)


_HATCH = (
    '<defs><pattern id="hatch" width="7" height="7" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="7" height="7" class="hatch-ground"/>'
    '<rect width="2.5" height="7" class="hatch-line"/></pattern></defs>')


def _height(count):
    """Return the pixels from one bar to the next, of so many of a fate."""
    if count < DENSE_FROM:
        return ROW
    return min(max(DENSE_SPACE / count, THINNEST), THICKEST)


def _about(bar):
    """Return what a tooltip says of a work."""
    work = bar.work
    lines = ['%s of instance %s' % (bar.name, work.instance_uuid or '-')]
    if work.operation_uuid:
        lines.append('operation %s%s' % (
            work.operation_uuid, ' (%s)' % work.kind if work.kind else ''))
    if work.request_id:
        lines.append('request %s' % work.request_id)
    lines.append('began %s %s the stop, lasted %s' % (
        words.length(abs(bar.start)), 'before' if bar.start < 0 else 'into',
        words.length(bar.seconds)))
    lines.append(bar.remark + ('; it last said: %s' % work.note
                               if work.note else ''))
    return '\n'.join(lines)


def _tick(at):
    """Return the name of an instant on the axis, short."""
    return '%g s' % at if abs(at) < 10 else words.length(at)


def _name(text):
    """Return a text as the name of a class."""
    return ''.join(letter if letter.isalnum() else '-' for letter in text)


def _title(text):
    return '<title>%s</title>' % html.escape(text)


def _rect(x, y, width, height, kind):
    return ('<rect class="%s" x="%.1f" y="%.1f" width="%.1f" '
            'height="%.1f"/>' % (kind, x, y, width, height))


def _line(x, top, bottom, kind):
    return '<line class="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>' % (
        kind, x, x, top, bottom)


def _path(drawn, kind, place=''):
    return '<path class="%s" d="%s"%s/>' % (kind, drawn, place)


def _shape(fate, x, y):
    return _path(_SHAPES[fate], 'mark %s' % fate.value,
                 ' transform="translate(%.1f %.1f)"' % (x, y))


def _text(x, y, text, kind):
    return '<text class="%s" x="%.1f" y="%.1f">%s</text>' % (
        kind, x, y, html.escape(text))
