"""The console of a guest that only ticks, computed from time.

Its lines read like those of devcloud's ticker guest, so that the same
reader judges both: ``TICK NAME NONCE LINE ROUND BAD``, the last four in
hexadecimal, one line a second for as long as a boot lasts.  One nonce and no
gap say that the guest ran on undisturbed; a restart shows as another nonce.
"""

import secrets

KEPT_BOOTS = 8
KEPT_LINES = 2000


def boot(boots, now):
    """Return the boots of a guest that starts at wall time now (s)."""
    fresh = {'nonce': secrets.token_hex(4).upper(), 'since': now,
             'until': None}
    return halt(boots, now)[1 - KEPT_BOOTS:] + [fresh]


def halt(boots, now):
    """Return the boots of a guest that stops at wall time now (s)."""
    return [dict(one, until=now) if one['until'] is None else one
            for one in boots]


def go_on(boots, now):
    """Return the boots of a guest that goes on where it was halted.

    One that has stood still from the beginning boots only now.
    """
    if not boots:
        return boot(boots, now)
    before = boots[-1]
    return boots[1 - KEPT_BOOTS:] + [dict(
        before, since=now, until=None, first=_last(before, now) + 1)]


def _last(one, now):
    """Return the number of the last line of a boot, or of a part of it."""
    end = now if one['until'] is None else one['until']
    return one.get('first', 0) + max(0, int(end - one['since']))


def output(boots, now):
    """Return what stands on the console at wall time now (s), as text."""
    lines = []
    for one in boots:
        last = _last(one, now)
        first = max(one.get('first', 0), last + 1 - KEPT_LINES)
        lines.extend(
            'TICK ticker %s %08X %08X %08X' % (one['nonce'], line, line, 0)
            for line in range(first, last + 1))
    return ''.join(line + '\r\n' for line in lines[-KEPT_LINES:])
