"""A Sphinx directive that draws the phases of a stop: ``.. phase-picture::``.

Boxes and arrows come from the table in ``nova_gs.shutdown.phases``; only
where a phase stands is said here, and one without a place fails the build.
"""

import html
import textwrap

from docutils import nodes
from docutils.parsers import rst
import tables

from nova_gs.report import story
from nova_gs.shutdown import phases

_P = phases.Phase

#: (column, row) of each phase.
PLACES = {
    _P.SERVING: (0, 0), _P.DRAINING: (1, 0), _P.RELEASING: (2, 0),
    _P.STOPPED: (3, 0),
    _P.QUIESCED: (0, 1), _P.ABORTING: (1, 1), _P.FORCED: (3, 1),
}

#: Pixels: a box, the room between two, what is around all, a line of text.
WIDE, HIGH = 166, 82
GAP, STEP = 120, 84
LEFT, TOP, BELOW = 24, 30, 34
LINE = 15

#: Pixels: a letter's width, and from an arrow's corner to its end.
LETTER, TURN = 6.8, 24

#: Letters in a line of a box, and of what stands at an arrow.
_REMARK, _LABEL, _NARROW = 23, 15, 12

_STYLE = '''
.phases { --paper: #ffffff; --ink: #1c2127; --soft: #59626d; --box: #f2f4f7;
  --edge: #59626d; --end: #e4f0e8; --cut: #a63c00; --cut-box: #fbeae2; }
@media (prefers-color-scheme: dark) {
  .phases { --paper: #14181d; --ink: #e8ebee; --soft: #a9b3be;
    --box: #232a32; --edge: #a9b3be; --end: #1f3a2b; --cut: #ff9a66;
    --cut-box: #3a231a; }
}
.phases { display: block; width: 100%; height: auto; margin: 1em 0;
  font-family: system-ui, "DejaVu Sans", sans-serif; }
.phases .paper { fill: var(--paper); }
.phases text { fill: var(--ink); font-size: 13px; text-anchor: middle; }
.phases .name { font-weight: 700; font-size: 15.5px; }
.phases .remark { fill: var(--soft); font-size: 12.5px; }
.phases .box { fill: var(--box); stroke: var(--edge); }
.phases .stopped .box { fill: var(--end); }
.phases .forced .box { fill: var(--cut-box); stroke: var(--cut); }
.phases .arrow { fill: none; stroke: var(--edge); stroke-width: 1.5; }
.phases .head { fill: var(--edge); }
.phases .all { fill: none; stroke: var(--cut); stroke-dasharray: 5 4; }
.phases .cut .arrow { stroke: var(--cut); }
.phases .cut .head { fill: var(--cut); }
.phases .cut text { fill: var(--cut); }
'''


def arrows():
    """Return {(from, to): [events]} of the table, without the cuts."""
    found = {}
    for (before, event), (after, _) in phases.TRANSITIONS.items():
        found.setdefault((before, after), []).append(event)
    return found


def label(events):
    """Return what stands at an arrow: the words that a report has."""
    return ', or: '.join(story.CAUSES[event.value] for event in events)


def render():
    """Return the picture as an ``svg`` element."""
    columns = 1 + max(column for column, _ in PLACES.values())
    rows = 1 + max(row for _, row in PLACES.values())
    width = 2 * LEFT + columns * WIDE + (columns - 1) * GAP
    height = 2 * TOP + rows * HIGH + (rows - 1) * STEP + BELOW
    parts = [
        '<svg class="phases" viewBox="0 0 %d %d" role="img" '
        'aria-label="The phases of a stop">' % (width, height),
        '<style>%s</style>' % _STYLE, _HEAD,
        '<rect class="paper" width="%d" height="%d" rx="8"/>' % (
            width, height), _cuts()]
    parts += [_arrow(before, after, events)
              for (before, after), events in arrows().items()]
    remarks = tables.remarks(phases.__file__)
    parts += [_box(phase, remarks[phase.name]) for phase in _P]
    return '\n'.join(parts + ['</svg>'])


_HEAD = ''.join(
    '<defs><marker id="phase-%s" class="%s" viewBox="0 0 8 8" refX="7" '
    'refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0,0 L8,4 L0,8 Z"/></marker></defs>' % (
        kind, kind) for kind in ('step', 'cut'))


def _corner(phase):
    column, row = PLACES[phase]
    return LEFT + column * (WIDE + GAP), TOP + row * (HIGH + STEP)


def _box(phase, remark):
    left, top = _corner(phase)
    lines = textwrap.wrap(remark.rstrip('.').lower(), _REMARK)
    middle = left + WIDE / 2
    texts = [_text(middle, top + 22, phase.value, 'name')]
    texts += [_text(middle, top + 41 + LINE * number, line, 'remark')
              for number, line in enumerate(lines)]
    return ('<g class="phase %s"><rect class="box" x="%d" y="%d" width="%d" '
            'height="%d" rx="8"/>%s</g>' % (
                phase.value, left, top, WIDE, HIGH, ''.join(texts)))


def _arrow(before, after, events):
    """Return an arrow with its label; how it runs depends on the places."""
    (column, row), (other_column, other_row) = PLACES[before], PLACES[after]
    left, top = _corner(before)
    to_left, to_top = _corner(after)
    words = label(events)
    if before is after:
        return _loop(before, words)
    if column == other_column:
        return _upright(left, top, to_top, words)
    middle = top + HIGH // 2
    if row == other_row:
        path = 'M%d,%d H%d' % (left + WIDE, middle, to_left - 1)
    else:
        path = 'M%d,%d H%d V%d H%d' % (
            left + WIDE, middle, to_left - TURN, to_top + HIGH - 16,
            to_left - 1)
    lines = textwrap.wrap(words, _LABEL)
    first = middle - 7 - LINE * (len(lines) - 1) if row == other_row else (
        middle + LINE + 2)
    return _group('step', path, _lines(
        left + WIDE + (GAP - TURN) / 2 + 8 * (row == other_row), first,
        lines))


def _upright(left, top, to_top, words):
    """A vertical arrow; the one that goes up stands to the right."""
    down = to_top > top
    x = left + (WIDE // 4 if down else 3 * WIDE // 4)
    path = 'M%d,%d V%d' % ((x, top + HIGH, to_top - 1) if down else
                           (x, top, to_top + HIGH + 1))
    lines = textwrap.wrap(words, _NARROW)
    first = (top + to_top + HIGH) // 2 + 5 - LINE * (len(lines) - 1) / 2
    return _group('step', path, _lines(x, first, lines, ground=True))


def _loop(phase, words):
    left, top = _corner(phase)
    x, bottom = left + WIDE // 2, top + HIGH
    path = 'M%d,%d v22 h-40 v-21' % (x + 20, bottom)
    return _group('step', path, _text(
        x + 28 + LETTER * len(words) / 2, bottom + 27, words, 'label'))


def _cuts():
    """Return the frame of what may be left at once, and the arrow out."""
    open_phases = [phase for phase in _P if phase not in phases.TERMINAL]
    corners = [_corner(phase) for phase in open_phases]
    right = max(left for left, _ in corners) + WIDE + 12
    top = min(top for _, top in corners) - 14
    bottom = max(top for _, top in corners) + HIGH + BELOW + 8
    left = min(left for left, _ in corners) - 12
    to_left, to_top = _corner(_P.FORCED)
    y = to_top + HIGH // 2
    events = sorted(phases.CUTS, key=lambda event: event.value, reverse=True)
    lines = textwrap.wrap(label(events), _NARROW)
    words = _lines((right + to_left) / 2, y - 8 - LINE * (len(lines) - 1),
                   lines)
    return ('<rect class="all" x="%d" y="%d" width="%d" height="%d" rx="12"/>'
            '%s' % (left, top, right - left, bottom - top, _group(
                'cut', 'M%d,%d H%d' % (right, y, to_left - 1), words)))


def _group(kind, path, texts):
    return ('<g class="%s"><path class="arrow" d="%s" '
            'marker-end="url(#phase-%s)"/>%s</g>' % (kind, path, kind, texts))


def _lines(x, first, lines, ground=False):
    """Return lines of text; on a ground when an arrow runs below them."""
    texts = ''.join(_text(x, first + LINE * number, line, 'label')
                    for number, line in enumerate(lines))
    if not ground:
        return texts
    wide = LETTER * max(map(len, lines)) + 6
    return ('<rect class="paper" x="%.1f" y="%.1f" width="%.1f" '
            'height="%.1f"/>%s' % (x - wide / 2, first - 13, wide,
                                   LINE * len(lines) + 4, texts))


def _text(x, y, text, kind):
    return '<text class="%s" x="%.1f" y="%.1f">%s</text>' % (
        kind, x, y, html.escape(text))


class PhasePicture(rst.Directive):
    """The picture; where there is no HTML, the table beside it tells."""

    def run(self):
        return [nodes.raw('', render(), format='html')]


def setup(app):
    app.add_directive('phase-picture', PhasePicture)
    return {'parallel_read_safe': True}
