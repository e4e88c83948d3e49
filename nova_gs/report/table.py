"""The report of a stop as text for a terminal."""

import prettytable

from nova_gs.report import words

_COLUMNS = ('work', 'instance', 'operation', 'began', 'lasted', 'fate',
            'it last said')


def render(story):
    """Return the story as lines of text.

    :param story: ``story.Story``
    """
    report = story.report
    lines = [
        'Stop of %s: exit code %d (%s).' % (
            report.host, report.exit_code, report.outcome.replace('_', ' ')),
        'It began at %s and took %s.' % (
            words.moment(story.began), words.taken(story)),
        'Phases: %s.' % (', then '.join(
            '%s %s (%s)' % (band.name, words.length(band.end - band.start),
                            band.cause)
            for band in story.bands) or 'none')]
    lines.extend('Event: %s after %s.' % (
        event.text, words.length(event.at)) for event in story.events)
    lines.append(_works(story) if story.bars else
                 'Nothing ran that it had to wait for.')
    lines.extend(_beside(report))
    return lines


def _works(story):
    table = prettytable.PrettyTable(_COLUMNS)
    table.align = 'l'
    for bar in story.bars:
        table.add_row([
            bar.name, bar.work.instance_uuid or '-',
            bar.work.operation_uuid or '-', _after(bar.start),
            words.length(bar.seconds), bar.remark, bar.work.note or '-'])
    return table.get_string()


def _after(seconds):
    """Return when something began, seen from the beginning of the stop."""
    if seconds < 0:
        return '%s before' % words.length(-seconds)
    return '%s after' % words.length(seconds)


def _beside(report):
    """Return lines on what did not run here."""
    lines = []
    if report.refused:
        lines.append('Refused: %s.' % ', '.join(
            '%d x %s' % (number, name)
            for name, number in sorted(report.refused.items())))
    if report.handed_back:
        lines.append('Handed back, not begun, and still offered:')
        lines.extend('  ' + uuid for uuid in report.handed_back)
    if report.left_elsewhere:
        lines.append('Still open on other hosts:')
        lines.extend('  ' + name for name in report.left_elsewhere)
    return lines
