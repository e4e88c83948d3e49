"""The table of figures."""

import prometheus_client

from nova_gs.metrics import families
from tests.unit import base


class TestFamilies(base.TestCase):

    def test_all_are_in_the_list(self):
        found = [value for value in vars(families).values()
                 if isinstance(value, families.Family)]
        self.assertEqual(sorted(family.name for family in found),
                         sorted(family.name for family in families.ALL))

    def test_names_are_unique(self):
        names = [family.full_name for family in families.ALL]
        self.assertEqual(len(names), len(set(names)))

    def test_sentences(self):
        for family in families.ALL:
            self.assertTrue(family.sentence.endswith('.'), family.name)

    def test_each_label_is_explained(self):
        """A label is in the sentence, or its values are."""
        for family in (families.OPERATIONS, families.RPC):
            text = family.sentence.lower()
            for label in family.labels.split():
                if label != 'method':
                    self.assertIn('%s: ' % label, text, family.name)

    def test_histograms_have_rising_bounds(self):
        for family in families.ALL:
            self.assertEqual(family.kind == 'histogram', bool(family.bounds))
            self.assertEqual(sorted(set(family.bounds)), list(family.bounds))

    def test_prometheus_takes_them(self):
        registry = prometheus_client.CollectorRegistry()
        for family in families.ALL:
            if family.bounds:
                family.histogram(registry)
            else:
                metric = family.begin()
                metric.add_metric(['x'] * len(family.labels.split()), 1)
                self.assertEqual(family.full_name, metric.samples[0].name)
