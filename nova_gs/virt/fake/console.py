"""The console of a guest that only ticks, computed from time.

Each boot has a nonce of its own and, for as long as it lasts, one line a
second: ``ticker NONCE TICK LAP 0``.  One nonce and even steps say that the
guest ran on undisturbed; a restart shows as another nonce.
"""

import secrets

TICKS_PER_LINE = 20
KEPT_BOOTS = 8
KEPT_LINES = 2000


def boot(boots, now):
    """Return the boots of a guest that starts at wall time now (s)."""
    fresh = {'nonce': secrets.token_hex(4), 'since': now, 'until': None}
    return halt(boots, now)[1 - KEPT_BOOTS:] + [fresh]


def halt(boots, now):
    """Return the boots of a guest that stops at wall time now (s)."""
    return [dict(one, until=now) if one['until'] is None else one
            for one in boots]


def output(boots, now):
    """Return what stands on the console at wall time now (s), as text."""
    lines = []
    for one in boots:
        end = now if one['until'] is None else one['until']
        last = max(0, int(end - one['since']))
        first = max(0, last + 1 - KEPT_LINES)
        lines.extend(
            'ticker %s %d %d 0' % (one['nonce'], lap * TICKS_PER_LINE, lap)
            for lap in range(first, last + 1))
    return ''.join(line + '\r\n' for line in lines[-KEPT_LINES:])
