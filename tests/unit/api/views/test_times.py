"""The two forms of time."""

import datetime

import testtools

from nova_gs.api.views import times


class TimesTestCase(testtools.TestCase):

    def test_forms(self):
        east = datetime.timezone(datetime.timedelta(hours=2))
        moment = datetime.datetime(2030, 1, 1, 14, 0, 0, 5, tzinfo=east)
        self.assertEqual('2030-01-01T12:00:00Z', times.short(moment))
        self.assertEqual('2030-01-01T12:00:00.000005', times.exact(moment))

    def test_nothing(self):
        self.assertIsNone(times.short(None))
        self.assertIsNone(times.exact(None))
