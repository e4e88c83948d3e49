import testtools

from nova_gs.virt import driver
from nova_gs.virt import live_migration
from tests.fixtures import docs  # noqa: F401

import drivers  # noqa: I100


class DriversTestCase(testtools.TestCase):

    def test_every_verb_says_what_it_does(self):
        for cls in (driver.ComputeDriver, live_migration.MigrationHandle):
            shown = drivers.verbs(cls)
            self.assertEqual(len(cls.__abstractmethods__), len(shown))
            for name, text in shown:
                self.assertNotIn('self', name)
                self.assertTrue(text, name)

    def test_suite(self):
        hooks, tests = drivers.suite()
        self.assertIn('make_pair', [name for name, _text in hooks])
        self.assertIn('test_spawn_and_destroy',
                      [name for name, _text in tests])
        for name, text in hooks:
            self.assertTrue(text, name)

    def test_sentences(self):
        self.assertEqual('Abort at once.',
                         drivers._sentence('test_abort_at_once', None))
        self.assertEqual('It is so.', drivers._sentence(
            'test_x', 'It is so.\n\nMore.'))
