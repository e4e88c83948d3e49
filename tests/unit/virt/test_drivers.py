"""A driver is found by its name, wherever it comes from."""

import importlib.metadata

import fixtures

from nova_gs import exception
from nova_gs.virt import drivers
from tests.unit import base


class Elsewhere:
    """A driver of another package."""

    def __init__(self, conf):
        self.conf = conf


class DriversTestCase(base.TestCase):

    def test_there_is_none_of_that_name(self):
        self.flags(compute_driver='xen')
        error = self.assertRaises(
            exception.ConfigurationError, drivers.load, self.conf)
        self.assertEqual(
            'compute_driver: There is no driver "xen". Name one that is '
            'installed: fake, libvirt.', str(error))

    def test_of_another_package(self):
        point = importlib.metadata.EntryPoint(
            'elsewhere', '%s:Elsewhere' % __name__, drivers.GROUP)
        self.useFixture(fixtures.MonkeyPatch(
            'importlib.metadata.entry_points', lambda group: [point]))
        self.flags(compute_driver='elsewhere')
        driver = drivers.load(self.conf)
        self.assertIsInstance(driver, Elsewhere)
        self.assertIs(self.conf, driver.conf)
