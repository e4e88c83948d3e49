"""What an operator may say of a drain, read from a command line."""

import argparse

from nova_gs.shutdown import deadlines

#: Letters that the record has room for.
LONGEST_REASON = 255


def seconds(text):
    """Return the seconds until a deadline; a type for argparse.

    :raises ArgumentTypeError: when they make no sense
    """
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= deadlines.LONGEST:
        raise argparse.ArgumentTypeError(
            '%s is no whole number of seconds from 0 to %d' % (
                text, deadlines.LONGEST))
    return value


def reason(text):
    """Return the reason for a drain; a type for argparse.

    :raises ArgumentTypeError: when there is no room for it
    """
    if not 0 < len(text) <= LONGEST_REASON or not text.isprintable():
        raise argparse.ArgumentTypeError(
            'a reason is one line of 1 to %d letters' % LONGEST_REASON)
    return text
