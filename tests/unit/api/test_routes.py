"""The table of URLs, checked as a table."""

import testtools

from nova_gs.api import microversions
from nova_gs.api import routes
from nova_gs.api.schemas import validation


class RoutesTestCase(testtools.TestCase):

    def test_each_row_once(self):
        rows = [(route.method, route.path) for route in routes.ROUTES]
        self.assertEqual(len(rows), len(set(rows)))

    def test_either_a_handler_or_actions(self):
        for route in routes.ROUTES:
            self.assertNotEqual(
                bool(route.handler), bool(route.actions), route.path)

    def test_versions_exist(self):
        known = {minor for minor, _ in microversions.HISTORY}
        for row in self._rows():
            self.assertIn(row.since, known)
            if row.until is not None:
                self.assertGreater(row.until, row.since)

    def test_bodies_where_there_are_any(self):
        for row in self._rows():
            if getattr(row, 'method', 'POST') in ('POST', 'PUT'):
                self.assertIsNotNone(
                    validation.pick(row.body, microversions.MAX_MINOR
                                    if row.until is None else row.until))
            else:
                self.assertEqual((), row.body)

    def test_schemas_are_in_order_of_versions(self):
        for row in self._rows():
            minors = [minor for minor, _ in row.body]
            self.assertEqual(sorted(set(minors)), minors)

    def test_handlers_say_what_they_are(self):
        for row in self._rows():
            self.assertTrue(row.handler.__doc__, row.handler)

    @staticmethod
    def _rows():
        for route in routes.ROUTES:
            yield from route.actions or (route,)
