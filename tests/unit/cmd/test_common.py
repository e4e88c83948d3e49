"""What a wrong option looks like to whoever starts a program."""

import os

from oslo_config import cfg

from nova_gs.cmd import common
import nova_gs.conf
from nova_gs import exception
from tests.unit import base


class TestReadAll(base.TestCase):

    def read(self, text):
        path = os.path.join(self.conf.state_path, 'nova.conf')
        with open(path, 'w') as stream:
            stream.write(text)
        conf = cfg.ConfigOpts()
        nova_gs.conf.register_opts(conf)
        conf([], project='nova_gs', default_config_files=[path])
        self.path = path
        common.read_all(conf)

    def test_fine(self):
        self.read('[DEFAULT]\nhost = here\n[api]\nthreads = 2\n')

    def test_wrong_names_option_and_file(self):
        for text, option in (
                ('[api]\nthreads = many\n', '[api] threads'),
                ('[api]\nthreads = 0\n', '[api] threads'),
                ('[DEFAULT]\ngraceful_shutdown_timeout = -1\n',
                 'graceful_shutdown_timeout'),
                ('[shutdown]\nlive_migration_at_deadline = magic\n',
                 '[shutdown] live_migration_at_deadline'),
                ('[compute]\nram_allocation_ratio = x\n',
                 '[compute] ram_allocation_ratio')):
            error = self.assertRaises(
                exception.ConfigurationError, self.read, text)
            self.assertTrue(str(error).startswith(option + ': '), error)
            self.assertIn('Correct it in %s.' % self.path, str(error))
            self.assertNotIn('\n', str(error))
