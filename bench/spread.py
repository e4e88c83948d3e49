"""Numbers with their spread, as they are printed."""

import collections
import statistics

from nova_gs.devcloud import figures

median = statistics.median


class Interval(collections.namedtuple('Interval', 'middle low high runs')):
    """A median with its 95 % interval, from the ranks of the values."""

    @classmethod
    def of(cls, values):
        """Make it from at least six values."""
        ordered, number = sorted(values), len(values)
        # Normal approximation of the binomial rank of a median.
        reach = 0.98 * number ** 0.5
        low = max(0, int(number / 2 - reach))
        high = min(number - 1, int(number / 2 + reach))
        return cls(median(ordered), ordered[low], ordered[high], number)

    def __str__(self):
        return 'median %.3f [%.3f, %.3f], %d rounds' % self


class Percentiles(collections.namedtuple('Percentiles', 'values')):
    """Seconds, shown as milliseconds."""

    @classmethod
    def of(cls, values):
        return cls(list(values))

    def __str__(self):
        shown = ['%s %.1f ms' % (name, 1000 * figures.percentile(
            self.values, percent)) for name, percent in (
                ('median', 50), ('95th', 95), ('99th', 99))]
        return '%s, max %.1f ms, %d runs' % (
            ', '.join(shown), 1000 * max(self.values), len(self.values))
