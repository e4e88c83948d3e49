"""Which version a request speaks."""

import testtools

from nova_gs.api import microversions
from nova_gs import exception


def _both(text):
    return {'openstack-api-version': 'compute ' + text,
            'x-openstack-nova-api-version': text}


class HistoryTestCase(testtools.TestCase):

    def test_in_order_and_said(self):
        minors = [minor for minor, _ in microversions.HISTORY]
        self.assertEqual(sorted(set(minors)), minors)
        for minor, sentence in microversions.HISTORY:
            self.assertTrue(sentence.endswith(('.', '.)')), minor)

    def test_range_suits_the_clients(self):
        self.assertEqual(1, microversions.MIN_MINOR)
        self.assertGreaterEqual(microversions.MAX_MINOR, 74)


class FromHeadersTestCase(testtools.TestCase):

    def test_asked(self):
        latest = microversions.MAX_MINOR
        for headers, minor in (
                ({}, 1),
                ({'openstack-api-version': 'compute 2.47'}, 47),
                ({'openstack-api-version': 'volume 3.1'}, 1),
                ({'openstack-api-version': 'volume 3.1, compute 2.9'}, 9),
                ({'x-openstack-nova-api-version': '2.30'}, 30),
                (_both('2.90'), 90),
                (_both('latest'), latest)):
            self.assertEqual(minor, microversions.from_headers(headers))

    def test_nonsense(self):
        for text in ('2', 'two.one', '2.01x', '2.1.1'):
            self.assertRaises(exception.Invalid, microversions.from_headers,
                              _both(text))

    def test_out_of_range(self):
        for text in ('2.0', '3.1', '1.1',
                     '2.%d' % (microversions.MAX_MINOR + 1)):
            error = self.assertRaises(
                exception.InvalidMicroversion, microversions.from_headers,
                _both(text))
            self.assertEqual(406, error.code)
            self.assertIn(text, str(error))
