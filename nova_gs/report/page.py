"""The report of a stop as one web page, which needs nothing but itself."""

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

#: What the exit codes mean to whoever reads it.
_VERDICTS = {
    policy.ExitCode.CLEAN: 'all work reached a safe end',
    policy.ExitCode.LEFT_WORK:
        'work was left, and is taken up by the next start',
    policy.ExitCode.FORCED: 'it left at once, wherever its work was',
}

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
    return _PAGE % {
        'title': _safe('Stop of %s, %s' % (
            report.host, words.moment(story.began))),
        'style': pathlib.Path(__file__).with_name('page.css').read_text(
            encoding='utf-8'),
        'heading': _safe('Stop of %s' % report.host),
        'mood': 'bad' if code else 'good',
        'verdict': _safe('Exit code %d: %s.' % (
            code, _VERDICTS.get(code, report.outcome.replace('_', ' ')))),
        'course': _safe(_course(story)),
        'facts': '\n'.join(_facts(story)),
        'timeline': timeline.render(story),
        'beyond': _safe(_beyond(story)),
        'beside': _beside(story),
        'works': _works(story),
        'footer': _safe('Process %d; the report was written at %s.' % (
            report.pid, report.written_at)),
    }


def _course(story):
    """Return when it was and what it went through."""
    passed = ' → '.join('%s %s' % (
        band.name, words.length(band.end - band.start))
        for band in story.bands)
    budget = story.report.budget_seconds
    return '%s, %s%s%s' % (
        words.moment(story.began), words.length(story.seconds),
        ' of %s' % words.length(budget) if budget else ', without a deadline',
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
        '<tr><th>Fate</th><th>Work</th><th>Instance</th><th>Operation</th>'
        '<th>Request</th><th>Began</th><th>Lasted</th>'
        '<th>It last said</th></tr>\n%s</table></div></details>' % (
            '' if len(story.bars) >= FOLDED_FROM else ' open',
            _safe('All works (%d)' % len(story.bars)), rows))


def _work(bar):
    work = bar.work
    return (
        '<tr><td>%s%s</td><td>%s</td><td class="code">%s</td>'
        '<td class="code">%s</td><td class="code">%s</td>'
        '<td class="number">%s</td><td class="number">%s</td><td>%s</td>'
        '</tr>\n' % (
            timeline.shape(bar.fate), _safe(_FATE_WORDS[bar.fate]),
            _safe(bar.name), _safe(work.instance_uuid or '-'),
            _safe(work.operation_uuid or '-'), _safe(work.request_id or '-'),
            _safe(words.length(bar.start)), _safe(words.length(bar.seconds)),
            _safe(work.note or '-')))


def _section(title, content):
    if not content:
        return ''
    return '<section><h2>%s</h2>\n%s</section>\n' % (_safe(title), content)


def _plain(texts, kind=''):
    items = ''.join('<li class="%s">%s</li>' % (kind, _safe(text))
                    for text in texts)
    return items and '<ul class="plain">%s</ul>' % items


def _safe(text):
    return html.escape(str(text))
