"""Where a cloud keeps its files."""

import os

import fixtures

from nova_gs.devcloud import errors
from nova_gs.devcloud import layout
from tests.unit import base


class LayoutTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.layout = layout.Layout(self.directory)

    def test_remembers(self):
        self.assertIsNone(self.layout.load())
        self.layout.save({'ports': 5})
        self.assertEqual({'ports': 5}, self.layout.load())
        self.assertEqual([os.path.basename(self.layout.state_file)],
                         os.listdir(self.directory))

    def test_short_directory_will_do(self):
        layout.Layout('/tmp/devcloud-abcdefgh').check_length(['host-a'])

    def test_long_directory_is_refused_with_a_shorter_one(self):
        error = self.assertRaises(
            errors.DevcloudError,
            layout.Layout('/tmp/' + 40 * 'x').check_length, ['host-a'])
        self.assertIn('too long by', str(error))
        self.assertIn('such as /tmp/devcloud-', str(error))

    def test_another_default(self):
        self.useFixture(fixtures.EnvironmentVariable(layout.VARIABLE))
        usual = layout.default_directory()
        self.assertEqual(usual + '-demo', layout.default_directory('-demo'))
        self.useFixture(fixtures.EnvironmentVariable(
            layout.VARIABLE, '/tmp/' + 40 * 'x'))
        own = layout.default_directory()
        self.assertEqual('/tmp/' + 40 * 'x', own)
        self.assertEqual(own + '-demo', layout.default_directory('-demo'))
        error = self.assertRaises(
            errors.DevcloudError, layout.Layout(own).check_length, ['host-a'])
        self.assertIn('such as %s.' % usual, str(error))

    def test_longest_allowed_socket_fits(self):
        # One character more is refused.
        for extra in range(60):
            files = layout.Layout('/tmp/' + extra * 'x' + 'y')
            try:
                files.check_length(['host-a'])
            except errors.DevcloudError:
                break
            longest = files.hypervisor('host-a') + layout._LONGEST_SOCKET
        self.assertEqual(107, len(longest))

    def test_relative_directory_becomes_absolute(self):
        self.assertEqual(os.path.join(os.getcwd(), 'x'),
                         layout.Layout('x').directory)
