"""Field types and the words in fields."""

import datetime

from nova_gs.objects import fields
from tests.unit import base

UTC = datetime.timezone.utc


class DateTimeTestCase(base.TestCase):

    def test_coercion(self):
        time = datetime.datetime(2030, 1, 1, 12, 0, 0, 123456)
        field = fields.DateTimeField()
        zone = datetime.timezone(datetime.timedelta(hours=2))
        for value in (time, time.replace(tzinfo=UTC),
                      '2030-01-01T12:00:00.123456',
                      '2030-01-01T12:00:00.123456Z',
                      time.replace(hour=14, tzinfo=zone)):
            coerced = field.coerce(None, 'time', value)
            self.assertEqual(time.replace(tzinfo=UTC), coerced)
            self.assertEqual(UTC, coerced.tzinfo)

    def test_microseconds_travel(self):
        field = fields.DateTimeField()
        time = datetime.datetime(2030, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
        self.assertEqual(time, field.from_primitive(
            None, 'time', field.to_primitive(None, 'time', time)))


class JsonTestCase(base.TestCase):

    def test_only_dicts(self):
        field = fields.JsonField()
        self.assertEqual({'a': [1, None]},
                         field.coerce(None, 'json', {'a': [1, None]}))
        self.assertRaises(ValueError, field.coerce, None, 'json', [1])


class WordsTestCase(base.TestCase):

    def test_states_fall_into_groups(self):
        states = fields.OperationState
        self.assertEqual(6, len(states.ALL))
        self.assertFalse(set(states.FINAL) & set(states.CLAIMABLE))
        self.assertIn(states.INTERRUPTED, states.ALL)

    def test_only_what_is_in_progress_holds_room(self):
        status = fields.MigrationStatus
        self.assertEqual(
            {status.ACCEPTED},
            set(status.IN_PROGRESS) - set(status.HOLDS_ROOM)
            - set(status.HOLDS_ROOM_AHEAD))
