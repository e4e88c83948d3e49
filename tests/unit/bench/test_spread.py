"""Numbers with their spread."""

from bench import spread
from tests.unit import base


class TestSpread(base.TestCase):

    def test_interval_of_thirty(self):
        # The ranks for 30 values are the 10th and the 21st.
        interval = spread.Interval.of(range(1, 31))
        self.assertEqual((15.5, 10, 21, 30), tuple(interval))
        self.assertEqual('median 15.500 [10.000, 21.000], 30 rounds',
                         str(interval))

    def test_interval_of_few_stays_among_them(self):
        self.assertEqual((2, 1, 3), spread.Interval.of([3, 1, 2])[:3])

    def test_percentiles_are_shown_in_milliseconds(self):
        values = [number / 1000 for number in range(1, 101)]
        self.assertEqual(
            'median 50.0 ms, 95th 95.0 ms, 99th 99.0 ms, max 100.0 ms, '
            '100 runs', str(spread.Percentiles.of(values)))
