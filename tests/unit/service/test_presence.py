"""What the record of a conductor says of it, from its start to its end."""

import fixtures

from nova_gs import exception
from nova_gs import objects
from nova_gs.service import presence
from tests.unit.db import base


class PresenceTestCase(base.DatabaseTestCase):

    def setUp(self):
        super().setUp()
        self.serves = True
        self.presence = presence.Presence(
            self.context, 'host1', 'me', 3600, lambda: self.serves)

    def record(self):
        return objects.Service.get_by_host_and_binary(
            self.context, 'host1', 'nova-conductor')

    def test_from_start_to_end(self):
        self.presence.begin()
        self.assertEqual(('serving', 'me', 'conductor'), (
            self.record().phase, self.record().owner, self.record().topic))
        self.presence.draining(None)
        self.assertEqual('draining', self.record().phase)
        self.presence.end()
        self.assertEqual('stopped', self.record().phase)

    def test_heartbeat_only_while_somebody_serves(self):
        self.presence.begin()
        for serves, count in ((True, 1), (False, 1), (True, 2)):
            self.serves = serves
            self.presence.report()
            self.assertEqual(count, self.record().report_count)

    def test_a_database_that_is_away_keeps_nobody_from_leaving(self):
        self.presence.begin()

        def announce(*args):
            raise exception.DatabaseUnavailable(
                condition='does not answer', effect='Nothing')

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.objects.Service.announce', announce))
        self.presence.draining(None)
        self.presence.end()

    def test_stop_before_it_began(self):
        self.presence.draining(None)
        self.presence.end()
        self.assertEqual([], list(objects.ServiceList.get_by_filters(
            self.context, {})))

    def test_record_of_a_successor_is_left_alone(self):
        self.presence.begin()
        presence.Presence(self.context, 'host1', 'next', 3600).begin()
        self.presence.end()
        self.assertEqual(('serving', 'next'),
                         (self.record().phase, self.record().owner))
