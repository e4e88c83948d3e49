"""Times as the API writes them.

Two forms have grown in the Compute API: servers carry ``...:02Z``, nearly
everything else ``...:02.000000`` without a zone.
"""

import datetime


def short(moment):
    """Return ``2026-01-29T13:42:02Z`` of an aware datetime, None of None."""
    return moment and _utc(moment).strftime('%Y-%m-%dT%H:%M:%SZ')


def exact(moment):
    """Return ``2026-01-29T13:42:02.000000`` in UTC, None of None."""
    return moment and _utc(moment).strftime('%Y-%m-%dT%H:%M:%S.%f')


def _utc(moment):
    return moment.astimezone(datetime.timezone.utc)
