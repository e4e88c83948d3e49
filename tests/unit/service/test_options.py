"""Reading the options again, from good files and bad ones."""

import os

import fixtures
from oslo_config import cfg

from nova_gs import conf as nova_conf
from nova_gs.service import options
from tests.unit import base


class ReloadTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.conf.state_path, 'nova.conf')
        self.log = self.useFixture(fixtures.FakeLogger())
        self.read = cfg.ConfigOpts()
        nova_conf.register_opts(self.read)
        for name in ('patience', 'times'):
            self.read.register_opt(cfg.IntOpt(name, mutable=True))
        self.write(patience=1)
        self.read([], default_config_files=[self.path],
                  default_config_dirs=[])

    def write(self, **values):
        with open(self.path, 'w') as config:
            config.write('[DEFAULT]\n')
            for item in values.items():
                config.write('%s = %s\n' % item)

    def reload(self):
        options.reload(self.read)
        return self.log.output.splitlines()

    def assert_refused(self, *words):
        """The reload says in one line what is wrong, and changes nothing."""
        said = [line for line in self.reload() if 'could not' in line]
        self.assertEqual(1, len(said), said)
        for word in words:
            self.assertIn(word, said[0])
        self.assertNotIn('Traceback', self.log.output)
        self.assertEqual(1, self.read.patience)

    def test_mutable_ones_only(self):
        self.write(patience=2, report_interval=77)
        said = self.reload()
        self.assertEqual(2, self.read.patience)
        self.assertEqual(10, self.read.report_interval)
        self.assertIn('The options were read again.', said)
        self.assertIn('Ignoring change to immutable option '
                      'DEFAULT.report_interval', said)

    def test_bad_value(self):
        self.write(patience='long')
        self.assert_refused('patience', self.path)

    def test_good_value_beside_a_bad_one(self):
        """All or none, also of what was looked at already."""
        self.write(patience=2, times='many')
        self.assert_refused('times')
        self.assertIsNone(self.read.times)

    def test_bad_file(self):
        with open(self.path, 'w') as config:
            config.write('[DEFAULT\npatience = 2\n')
        self.assert_refused(self.path)

    def test_no_file(self):
        os.unlink(self.path)
        self.assert_refused(self.path)

    def test_file_that_may_not_be_read(self):
        os.unlink(self.path)
        os.mkdir(self.path)
        self.assert_refused(self.path)

    def test_bad_and_good_again(self):
        self.write(patience='long')
        self.reload()
        self.write(patience=3)
        self.reload()
        self.assertEqual(3, self.read.patience)
