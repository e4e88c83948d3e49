"""The report of a stop as one web page, which needs nothing but itself.

``render`` makes the whole page and ``timeline.picture`` the drawing alone, as
an SVG file; both take the ``story.Story`` that ``story.tell`` makes of a
report.
"""

import html
import pathlib

from nova_gs.report import geometry
from nova_gs.report import story as stories
from nova_gs.report import timeline
from nova_gs.report import words
from nova_gs.shutdown import policy

#: Of this many works on, their list is folded.
FOLDED_FROM = 40

_FATE_WORDS = {
    policy.Fate.LEFT: 'left for the next start',
    policy.Fate.ABORTED: 'called off',
    policy.Fate.FINISHED: 'finished',
}

#: How it ended, and what that means, by the exit code.
_VERDICTS = {
    policy.ExitCode.CLEAN: (
        'stopped in good order', 'all work reached a safe end'),
    policy.ExitCode.LEFT_WORK: (
        'stopped and left work',
        'what was left is taken up by the next start'),
    policy.ExitCode.FORCED: (
        'was forced to leave', 'it left at once, wherever its work was'),
}

#: Lists of so many lines and more are set in columns.
LONG_FROM = 12

_PAGE = '''<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'">
<title>%(title)s</title>
<style>
%(style)s</style>
</head>
<body>
<header>
<h1>%(heading)s</h1>
<p class="verdict %(mood)s">%(verdict)s</p>
<p class="soft">%(course)s</p>
</header>
<ul class="facts">
%(facts)s
</ul>
<div class="picture">
%(timeline)s
</div>
<p class="soft">%(beyond)s</p>
%(beside)s
%(works)s
<footer>%(footer)s</footer>
</body>
</html>
'''


def render(story):
    """Return the page as text.

    :param story: ``story.Story``
    """
    report = story.report
    code = report.exit_code
    ended, means = _VERDICTS.get(code, (
        'stopped', report.outcome.replace('_', ' ')))
    return _PAGE % {
        'title': _safe('%s %s, %s' % (
            report.host, ended, words.moment(story.began))),
        'style': timeline.style() + pathlib.Path(__file__).with_suffix(
            '.css').read_text(encoding='utf-8'),
        'heading': _safe('%s %s' % (report.host, ended)),
        'mood': 'bad' if code else 'good',
        'verdict': _safe('Exit code %d: %s. %s' % (
            code, means, _counts(story))),
        'course': _safe(_course(story)),
        'facts': '\n'.join(_facts(story)),
        'timeline': timeline.render(story),
        'beyond': _safe(_beyond(story)),
        'beside': _beside(story),
        'works': _works(story),
        'footer': _safe('Process %d; the report was written at %s.' % (
            report.pid, report.written_at)),
    }


def _counts(story):
    """Return a sentence on what became of the works."""
    if not story.bars:
        return 'Nothing ran that it had to wait for.'
    return 'Of %s of work: %s.' % (
        words.count(len(story.bars), 'piece'), ', '.join(
            '%d %s' % (len(story.with_fate(fate)), _FATE_WORDS[fate])
            for fate in reversed(stories.FATES) if story.with_fate(fate)))


def _course(story):
    """Return when it was and what it went through."""
    passed = ' → '.join('%s %s' % (
        band.name, words.length(band.end - band.start))
        for band in story.bands)
    return '%s, %s%s' % (words.moment(story.began), words.taken(story),
                         ': %s' % passed if passed else '')


def _facts(story):
    for fate in stories.FATES:
        yield '<li>%s<b>%d</b> %s</li>' % (
            timeline.shape(fate), len(story.with_fate(fate)),
            _FATE_WORDS[fate])
    report = story.report
    yield '<li><b>%d</b> refused</li>' % story.refusals
    yield '<li><b>%d</b> handed back, not begun</li>' % len(
        report.handed_back)
    if report.left_elsewhere:
        yield '<li><b>%d</b> still open on other hosts</li>' % len(
            report.left_elsewhere)


def _beyond(story):
    """Return a sentence on the deadlines that the picture does not show."""
    far = ['%s at %s' % (mark.text, words.length(mark.at))
           for mark in story.deadlines if not geometry.is_near(story, mark)]
    if not far:
        return ''
    return 'Deadlines that were far from being reached: %s.' % ', '.join(far)


def _beside(story):
    report = story.report
    parts = [
        _section('Refused', '<table><tr><th>Request</th><th>Times</th></tr>'
                 '%s</table>' % ''.join(
                     '<tr><td class="code">%s</td><td class="number">%d</td>'
                     '</tr>' % (_safe(name), number)
                     for name, number in sorted(report.refused.items()))
                 if report.refused else ''),
        _section('Handed back, and still offered',
                 _plain(report.handed_back, 'code')),
        _section('Still open on other hosts', _plain(report.left_elsewhere)),
        _section('On the way', _plain(
            '%s after %s' % (event.text, words.length(event.at))
            for event in story.events)),
    ]
    return '<div class="columns">\n%s</div>' % ''.join(parts)


def _works(story):
    if not story.bars:
        return ''
    rows = ''.join(map(_work, story.bars))
    return (
        '<details%s><summary>%s</summary>\n<div class="wide"><table>\n'
        '<tr><th>Fate</th><th>Work</th><th>Began</th><th>Lasted</th>'
        '<th>It last said</th><th>UUIDs</th></tr>\n%s</table></div>'
        '</details>' % (
            '' if len(story.bars) >= FOLDED_FROM else ' open',
            _safe('All works (%d)' % len(story.bars)), rows))


def _work(bar):
    work = bar.work
    return (
        '<tr><td>%s%s</td><td class="name">%s</td><td class="number">%s</td>'
        '<td class="number">%s</td><td>%s</td><td class="code">%s</td>'
        '</tr>\n' % (
            timeline.shape(bar.fate), _safe(_FATE_WORDS[bar.fate]),
            _safe(bar.name), _safe(words.length(bar.start)),
            _safe(words.length(bar.seconds)), _safe(work.note or '-'),
            '<br>'.join('<span>%s</span> %s' % (name, _safe(value))
                        for name, value in (
                            ('instance', work.instance_uuid),
                            ('operation', work.operation_uuid),
                            ('request', work.request_id)) if value)))


def _section(title, content):
    if not content:
        return ''
    return '<section><h2>%s</h2>\n%s</section>\n' % (_safe(title), content)


def _plain(texts, kind=''):
    items = ['<li class="%s">%s</li>' % (kind, _safe(text))
             for text in texts]
    return items and '<ul class="plain%s">%s</ul>' % (
        ' long' if len(items) >= LONG_FROM else '', ''.join(items))


def _safe(text):
    return html.escape(str(text))
