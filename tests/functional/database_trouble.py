"""What scenarios share whose database is in trouble."""

import sqlalchemy as sa

from nova_gs.devcloud import api_client
from tests.fixtures import database_servers
from tests.fixtures import records
from tests.functional import travellers
from tests.functional import trouble
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: What is said when a trouble begins, by what the matter is, and at its end.
BEGUN = {
    'does not answer': 'what needs it is refused until it does',
    'is full': 'nothing is recorded or begun until it takes changes again',
    'is read-only': 'nothing is recorded or begun until it takes changes '
                    'again',
}
OVER = {
    'does not answer': 'The database answers again',
    'is full': 'The database takes changes again',
    'is read-only': 'The database takes changes again',
}


class DatabaseTroubleTestCase(two_hosts.TwoHostsTestCase):
    """Two hosts with a database of their own, ``server``."""

    SERVER = database_servers.MariaDB

    @classmethod
    def setUpClass(cls):
        cls.OPTIONS = dict(
            cls.OPTIONS, driver='fake', hosts=2, database=cls.make_database(),
            settings=[travellers.SETTING, 'operations.sweep_interval=1'])
        super().setUpClass()

    @classmethod
    def make_database(cls):
        """Make what the cloud is to live on; returns its URL."""
        running = cls.use_for_class(database_servers.Running(cls.SERVER))
        cls.server = running.server
        return cls.server.url

    @classmethod
    def use_for_class(cls, fixture):
        """Set a fixture up until all tests of the class are over."""
        fixture.setUp()
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    def setUp(self):
        super().setUp()
        self.records = records.RecordsAt(self.cloud.options['database'])
        self.addCleanup(self.delete_all)

    # -- the daemons

    def listen(self):
        """Hear what all services say from now on."""
        return trouble.Heard(self.cloud, *(
            part.name for part in self.cloud.parts.services))

    def check_daemons(self, heard, matter, hit):
        """They are the same still, and have said it once.

        :param heard: what ``listen`` returned before
        :param matter: a key of ``BEGUN``
        :param hit: names of those that must have found it so
        """
        heard.check_same(self)
        for name in ('api', 'conductor'):
            begun = heard.said(name).count(
                'The database %s; %s' % (matter, BEGUN[matter]))
            self.assertIn(begun, (1,) if name in hit else (0, 1), name)
            self.await_that(
                '%s says that it is over' % name,
                lambda name=name, begun=begun: (
                    heard.said(name).count(OVER[matter]) == begun))

    # -- requests

    def refused(self, matter, uuid):
        """A request is refused with the reason; returns seconds."""
        began = self.clock.now()
        error = self.assertRaises(
            api_client.ApiError, self.api.action, uuid, 'reboot',
            {'type': 'HARD'})
        self.assertEqual(503, error.status, error)
        self.assertIn('the database ' + matter, str(error))
        return self.clock.now() - began

    def await_all_ended(self):
        """Wait until every operation is final."""
        self.await_that('the database is back', self._answers)
        travellers.await_all_ended(self)

    def _answers(self):
        """Whether it is back, and nova-api has seen that."""
        try:
            self.records.open()
            self.api.services()
        except (sa.exc.OperationalError, api_client.ApiError):
            return False
        return True

    def reboots(self, uuid):
        """Return how many reboots of a guest have begun."""
        return len(self.hypervisor(SOURCE).journal(
            'reboot', 'begun', uuid))
