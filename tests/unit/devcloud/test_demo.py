"""How the demo judges what it has seen."""

from nova_gs.devcloud import demo
from tests.unit import base

GOOD = {
    'guest_uuid': 'u', 'boots_seen': 1, 'ticks_lost': 0, 'memory_errors': 0,
    'downtime_ms': 20, 'migration_status': 'completed',
    'host_after': 'host-b', 'sigterm_to_exit_s': 4.0,
    'last_work_to_exit_s': 0.1, 'exit_code': 0,
    'idle_sigterm_to_exit_s': 0.5,
}


class ResultTestCase(base.TestCase):

    def judge(self, **changes):
        result = demo.Result(**dict(GOOD, **changes))
        rows = result.judge()
        return result.ok, [row[0] for row in rows if row[2] is False]

    def test_good(self):
        self.assertEqual((True, []), self.judge())
        # Not every libvirt tells.
        self.assertEqual((True, []), self.judge(downtime_ms=None))

    def test_each_thing_counts(self):
        for name, value in (
                ('boots_seen', 2), ('boots_seen', 0), ('ticks_lost', 1),
                ('memory_errors', 1), ('migration_status', 'error'),
                ('host_after', 'host-a'), ('exit_code', 3),
                ('exit_code', None), ('last_work_to_exit_s', 0.51),
                ('last_work_to_exit_s', None),
                ('idle_sigterm_to_exit_s', 0.51)):
            ok, wrong = self.judge(**{name: value})
            self.assertFalse(ok, name)
            self.assertEqual(1, len(wrong), name)

    def test_nothing_known_is_not_good(self):
        result = demo.Result()
        result.judge()
        self.assertFalse(result.ok)


class LastWorkTestCase(base.TestCase):

    def test_latest_end_counts(self):
        action = {
            'updated_at': '2030-01-01T00:00:02.500000',
            'events': [{'finish_time': '2030-01-01T00:00:03.000000'},
                       {'finish_time': None},
                       {'finish_time': '2030-01-01T00:00:01Z'}]}
        self.assertEqual(1893456003.0, demo._last_work(action))
        del action['events']
        self.assertEqual(1893456002.5, demo._last_work(action))

    def test_nothing_has_ended(self):
        self.assertIsNone(demo._last_work({'updated_at': None}))
