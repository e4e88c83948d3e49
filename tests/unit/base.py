"""The TestCase of every unit test."""

import fixtures
import testtools

from tests.fixtures import conf as conf_fixture


class TestCase(testtools.TestCase):
    """A test with options of its own.

    ``self.conf`` is a fresh ConfigOpts that has read no file; ``host`` is
    ``host1`` and ``state_path`` a directory that goes with the test.
    """

    def setUp(self):
        super().setUp()
        self.conf = self.useFixture(conf_fixture.Conf()).conf
        # What is logged shows beside a failure, and nowhere else.
        self.useFixture(fixtures.FakeLogger())

    def flags(self, group=None, **options):
        """Set options for the time of this test.

        :param group: the options' group; None for DEFAULT
        :param options: values by option name
        """
        for name, value in options.items():
            self.conf.set_override(name, value, group=group)
