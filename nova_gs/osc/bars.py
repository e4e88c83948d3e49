"""A drain as lines of text, with a bar for each operation."""

import datetime

#: Letters of a bar, and what stands for them in a plain terminal.
BLOCKS, LETTERS = ('█', '░'), ('#', '.')

#: Letters that a bar takes, and those in a narrow terminal.
WIDTH, NARROW = 24, 8

#: Columns that are enough for the long ones.
WIDE = 100

#: What happens to an operation at the deadline, in words.
AT_DEADLINE = {
    'finish': 'is waited for',
    'abort': 'is called off',
    'force_complete': 'is forced to complete',
    'resume': 'goes on without nova-compute',
    'stays_offered': 'stays offered',
}


def bar(percent, letters=BLOCKS, width=WIDTH):
    """Return a bar and its number, always as long as any other.

    :param percent: 0 to 100, or None when nobody knows
    """
    if percent is None:
        return '%s    ?' % (letters[1] * width)
    percent = min(max(percent, 0), 100)
    full = int(width * percent // 100)
    return '%s%s %3d%%' % (letters[0] * full, letters[1] * (width - full),
                           percent)


def headline(view, ended, now):
    """Return a line on the host as a whole.

    :param view: what the API shows of a drain
    :param ended: how many of its operations have ended meanwhile
    :param now: an aware datetime
    """
    words = '%s: %s' % (view['host'], view['phase'])
    if view['reason']:
        words += ' (%s)' % view['reason']
    if view['deadline']:
        words += ', deadline %s' % _until(view['deadline'], now, 'passed')
    words += '. %d open, %d ended' % (len(view['operations']), ended)
    if view['refused']:
        words += ', %d refused' % sum(view['refused'].values())
    if view['handed_back']:
        words += ', %d handed back' % len(view['handed_back'])
    words += '.'
    if not view['live']:
        words += ' It does not answer; this is what the records say.'
    return words


def row(operation, now, letters=BLOCKS, deadline=False, columns=None):
    """Return a line on one operation.

    :param operation: one of a view's operations
    :param deadline: whether the drain has one
    :param columns: letters that there is room for, or None; what matters
        least is left out
    """
    words = '%s %s  %s' % (
        name(operation), bar(operation['progress'], letters, width(columns)),
        doing(operation))
    more = []
    if operation['estimated_end']:
        more.append(', ends %s' % _until(operation['estimated_end'], now))
    if deadline and operation['at_deadline']:
        more.append('; at the deadline it %s' % AT_DEADLINE.get(
            operation['at_deadline'], operation['at_deadline']))
    while more and columns and len(words + ''.join(more)) > columns:
        more.pop()
    return (words + ''.join(more))[:columns]


def ended(operation, columns=None):
    """Return a line on an operation that is not open any more.

    It has no bar: whether it was completed or called off cannot be seen.
    """
    return ('%s %s  ended' % (
        name(operation), ' ' * (width(columns) + 5)))[:columns]


def width(columns):
    """Return the letters of a bar where a line has so many, or None."""
    return WIDTH if columns is None or columns >= WIDE - 1 else NARROW


def name(operation):
    """Return what an operation is and of which server, in one width."""
    return '%-14s %-8s' % (operation['kind'], (operation['server_id'] or
                                               '-')[:8])


def doing(operation):
    """Return what an operation does at the moment."""
    return operation['phase'] or operation['state']


def _until(text, now, past='about now'):
    """Return how far away an instant is.

    :param text: the instant, as the API writes it
    :param past: what is said when it is over
    """
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.timezone.utc)
    seconds = round((at - now).total_seconds())
    if seconds <= 0:
        return past
    if seconds < 120:
        return 'in %d s' % seconds
    minutes = round(seconds / 60)
    if minutes < 120:
        return 'in %d min' % minutes
    return 'at %s' % at.strftime('%Y-%m-%d %H:%M UTC')
