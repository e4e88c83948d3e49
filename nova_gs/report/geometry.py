"""Where things go on a timeline: seconds to pixels, and what fits where."""

import dataclasses
import math

#: Seconds between two marks of the time axis; the first that fits is taken.
STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
         1800, 3600, 7200, 21600, 43200, 86400)

#: The shortest time that is drawn, so that a stop at once has a picture, too.
SHORTEST = 0.1

#: What part of the picture may show the time before the stop.
LEAD = 0.2

#: A deadline is drawn if it lies within so many times the stop's length;
#: one further out would leave no room for what happened.
REACH = 1.4

#: Empty part at either end.
MARGIN = 0.015


@dataclasses.dataclass(frozen=True)
class Scale:
    """A stretch of time on a stretch of pixels."""

    first: float
    last: float
    left: float
    width: float

    def x(self, seconds):
        """Return where an instant is; one outside is at the nearer end."""
        inside = min(max(seconds, self.first), self.last)
        return self.left + self.width * (inside - self.first) / (
            self.last - self.first)

    @property
    def right(self):
        """Where the stretch ends."""
        return self.left + self.width

    def ticks(self, most=9):
        """Return instants to mark, so many or fewer, with 0 among them."""
        span = self.last - self.first
        step = next((step for step in STEPS if span / step <= most), None)
        if step is None:
            step = STEPS[-1] * max(1, round(span / STEPS[-1] / most))
        # Steps below 1 s are not exact, and an end must not be lost by that.
        low = math.ceil(self.first / step - 1e-6)
        high = math.floor(self.last / step + 1e-6)
        return [round(number * step, 3) for number in range(low, high + 1)]


def window(story):
    """Return the (first, last) second that the picture of a story shows."""
    length = max(story.seconds, SHORTEST)
    before = max([-bar.start for bar in story.bars] + [0.0])
    lead = min(before, LEAD * length)
    last = max([length] + [mark.at for mark in story.deadlines
                           if is_near(story, mark)])
    margin = MARGIN * (last + lead)
    return -lead - margin, last + margin


def is_near(story, mark):
    """Whether a deadline is close enough to be drawn."""
    return mark.at <= REACH * max(story.seconds, SHORTEST)


def lanes(spans, gap=8):
    """Put labels that would overlap into lanes, one above the other.

    Each label ends at the line that it belongs to and that comes up from
    below.  So a later one goes above an earlier one, or that line would run
    through it.

    :param spans: (left, right) of each in pixels, from left to right
    :param gap: pixels between two of one lane
    :returns: the lane of each, from 0, the lowest
    """
    chosen, end = [], None
    for left, right in spans:
        overlaps = end is not None and left < end + gap
        chosen.append(chosen[-1] + 1 if overlaps else 0)
        end = right
    return chosen
