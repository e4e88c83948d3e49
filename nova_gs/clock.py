"""Time as a parameter.

Whatever decides by time takes a clock, so that tests move it by hand.
Durations and deadlines use ``now()`` (monotonic); what people read uses
``utcnow()``.  What the database decides, it decides by its own clock.
"""

import datetime
import time


class Clock:
    """The clock of the machine."""

    def now(self):
        """Return seconds (float) since an arbitrary start; never goes back."""
        return time.monotonic()

    def utcnow(self):
        """Return the wall time as an aware UTC datetime."""
        return datetime.datetime.now(datetime.timezone.utc)
