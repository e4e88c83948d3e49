"""What is said of a host, from its record and from itself."""

import datetime

from nova_gs.api.views import drain as view
from nova_gs import objects
from tests.unit import base

SINCE = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
UNTIL = SINCE + datetime.timedelta(minutes=5)


class DrainViewTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()

    def service(self, **values):
        return objects.Service(**{
            'uuid': 'u', 'host': 'host1', 'phase': 'quiesced',
            'quiesced_at': SINCE, 'phase_deadline': UNTIL, **values})

    def operation(self, step='live_migration', owner='me', **values):
        return objects.Operation(**{
            'uuid': 'op', 'kind': 'live-migration', 'instance_uuid': 'i',
            'state': 'running', 'step': step, 'owner': owner,
            'host': 'host1', 'peer_host': 'host2', 'request_id': 'req',
            **values})

    def told(self, **values):
        return {'phase': 'quiesced', 'since': '2030-01-01T01:00:00+00:00',
                'deadline': None, 'refused': {'start_instance': 2},
                'handed_back': ['other'], 'works': [],
                'live_migration_at_deadline': 'abort', **values}

    def full(self, *operations, told=None, **service):
        return view.full(self.service(**service), operations, told,
                         'force_complete')['drain']

    def test_of_a_host_that_does_not_answer(self):
        self.assertEqual({
            'service_id': 'u', 'host': 'host1', 'phase': 'quiesced',
            'reason': None, 'since': '2030-01-01T00:00:00Z',
            'deadline': '2030-01-01T00:05:00Z', 'complete': True,
            'live': False, 'operations': [], 'refused': {},
            'handed_back': []}, self.full())

    def test_of_a_host_that_answers(self):
        seen = self.full(told=self.told())
        self.assertEqual(
            (True, {'start_instance': 2}, ['other'], '2030-01-01T00:00:00Z'),
            (seen['live'], seen['refused'], seen['handed_back'],
             seen['since']))

    def test_a_stop_is_told_more_closely_by_the_host(self):
        seen = self.full(told=self.told(phase='aborting'), phase='draining')
        self.assertEqual(('aborting', '2030-01-01T01:00:00Z'),
                         (seen['phase'], seen['since']))
        for told in (None, self.told(phase='serving')):
            seen = self.full(phase='draining', told=told)
            self.assertEqual(('draining', None),
                             (seen['phase'], seen['since']))

    def test_the_record_is_ahead_of_the_host(self):
        seen = self.full(told=self.told(), phase='serving')
        self.assertEqual(('serving', None), (seen['phase'], seen['since']))

    def test_progress(self):
        recorded = self.operation(progress=10, remaining=900)
        one, = self.full(recorded)['operations']
        self.assertEqual(
            ('under way', 10, 900, None),
            (one['phase'], one['progress'], one['remaining_bytes'],
             one['estimated_end']))
        work = {'operation_id': 'op', 'note': 'pre-copy, 1 MiB left',
                'progress': 0, 'remaining': 0,
                'ends_at': '2030-01-01T00:00:10+00:00'}
        one, = self.full(recorded, told=self.told(works=[work]))[
            'operations']
        self.assertEqual(
            ('pre-copy, 1 MiB left', 0, 0, '2030-01-01T00:00:10Z'),
            (one['phase'], one['progress'], one['remaining_bytes'],
             one['estimated_end']))

    def test_what_becomes_of_it(self):
        for phase, step, owner, host, expected in (
                ('quiesced', 'live_migration', 'me', 'host1',
                 'force_complete'),
                ('quiesced', 'live_migration', None, 'host2',
                 'force_complete'),
                ('quiesced', 'reboot_instance', 'me', 'host1', 'finish'),
                ('quiesced', 'reboot_instance', None, 'host1',
                 'stays_offered'),
                ('serving', 'reboot_instance', None, 'host1', 'finish'),
                ('quiesced', 'delete_instance', None, 'host1', 'finish'),
                ('draining', 'delete_instance', None, 'host1',
                 'stays_offered'),
                ('draining', 'post_live_migration_at_source', None, 'host1',
                 'finish'),
                # A conductor works at it.
                ('quiesced', 'live_migrate_server', 'c', 'host1', 'finish')):
            operation = self.operation(step, owner, host=host)
            self.assertEqual(expected, view.fate(
                operation, self.service(phase=phase), 'force_complete'),
                (phase, step, owner))

    def test_build_that_waits_for_its_ports(self):
        for events, expected in (([['network-vif-plugged', 'p']], 'abort'),
                                 ([], 'finish')):
            operation = self.operation('build_instance', 'o', host='host1')
            operation.params = {'waits_for': {'events': events, 'after': 0}}
            self.assertEqual(expected, view.fate(
                operation, self.service(phase='draining'), 'resume'))

    def test_the_host_knows_its_own_option(self):
        one, = self.full(self.operation(), told=self.told())['operations']
        self.assertEqual('abort', one['at_deadline'])

    def test_complete(self):
        waiting = self.operation('reboot_instance', None)
        self.assertTrue(self.full(waiting)['complete'])
        self.assertFalse(self.full(waiting, self.operation())['complete'])
        # It is begun in a moment.
        self.assertFalse(self.full(waiting, phase='serving')['complete'])
