"""What is made of what the parts of a cloud say."""

from bench import snapshot
from tests.unit import base


class BootsTestCase(base.TestCase):

    def test_parts_of_one_boot(self):
        self.assertEqual(
            ((1, 2), (3, None)), snapshot._boots([
                {'since': 1, 'until': 2},
                {'since': 3, 'until': 4},
                {'since': 5, 'until': 6, 'first': 2},
                {'since': 7, 'until': None, 'first': 3}]))

    def test_its_beginning_is_not_kept(self):
        self.assertEqual(((5, None),), snapshot._boots(
            [{'since': 5, 'until': None, 'first': 9}]))
