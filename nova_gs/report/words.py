"""How times, counts and identities are written for people."""


def length(seconds):
    """Return a length of time: ``0.42 s``, ``38 s``, ``3 min 05 s``, ``2 h``.

    :param seconds: how long; a sign is kept
    """
    if seconds < 0:
        return '-' + length(-seconds)
    if seconds < 0.995:
        return '%.2f s' % seconds
    if seconds < 9.95:
        return '%.1f s' % seconds
    whole = round(seconds)
    if whole < 120:
        return '%d s' % whole
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return '%d min %02d s' % (minutes, rest) if rest else (
            '%d min' % minutes)
    hours, minutes = divmod(minutes, 60)
    return '%d h %02d min' % (hours, minutes) if minutes else '%d h' % hours


def moment(at):
    """Return an aware datetime as ``2030-01-01 00:00:00 UTC``."""
    return at.strftime('%Y-%m-%d %H:%M:%S UTC')


def taken(story):
    """Return how long a stop took, of how much, and how long it was quiesced.

    Time in which the host was quiesced is not the stop's: its budget counts
    from SIGTERM.

    :param story: ``story.Story``
    """
    budget = story.report.budget_seconds
    text = length(story.seconds - story.quiesced) + (
        ' of %s' % length(budget) if budget else ', without a deadline')
    if story.quiesced:
        text += ', after %s quiesced' % length(story.quiesced)
    return text


def brief(uuid):
    """Return the beginning of a UUID, which is enough to tell it by."""
    return uuid[:8] if uuid else ''


def count(number, noun):
    """Return ``1 request``, ``2 requests``."""
    return '%d %s%s' % (number, noun, '' if number == 1 else 's')


def clipped(text, most):
    """Return a text of so many characters at most."""
    return text if len(text) <= most else text[:most - 1].rstrip() + '…'
