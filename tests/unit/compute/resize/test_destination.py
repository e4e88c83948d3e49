"""A cold migration at its destination."""

from nova_gs.compute.resize import destination
from nova_gs import exception
from nova_gs import objects
from tests.unit.compute.resize import base


class TestPrepare(base.ResizeTestCase):

    HOST = 'destination'

    def prepare(self, **params):
        self.operation.params.update(params)
        destination.prepare(self.host, None, self.operation)

    def test_agreed(self):
        self.prepare(begin_within=30)
        self.assertEqual([('check_resize', 'large')], self.driver.calls)
        values = self.assert_passed_on(
            'resize_instance', 'source', 'destination', 'migrating')
        self.assertEqual(30, values['expires_in'])

    def test_source_that_left(self):
        self.down.add('source')
        self.prepare()
        self.assertEqual([], self.driver.calls)
        self.assert_failed('Host source is not available')

    def test_another_host_is_chosen(self):
        self.driver.errors['check_resize'] = (
            exception.MigrationPreCheckError(reason='too large'))
        self.prepare(failed_on={'host9': 'x'})
        values = self.assert_passed_on('migrate_server', None, None,
                                       'accepted')
        self.assertIsNone(values['migration']['dest_compute'])
        self.assertEqual({'host9', 'destination'},
                         set(values['params']['failed_on']))

    def test_no_other_host_is_chosen(self):
        self.driver.errors['check_resize'] = base.FANS
        for params in ({'dest_host': 'destination'},
                       {'dest_host': None,
                        'failed_on': {'host8': 'x', 'host9': 'x'}}):
            self.prepare(**params)
            self.assert_failed('no more fans')


class TestArrive(base.ResizeTestCase):

    HOST = 'destination'

    def setUp(self):
        super().setUp()
        self.operation.params['resize_data'] = objects.MigrateData(
            details={'disk': 'one'}).obj_to_primitive()

    def arrive(self):
        destination.arrive(self.host, None, self.operation)

    def test_can_be_confirmed(self):
        self.arrive()
        self.assertEqual([('arrive_from_resize', {'disk': 'one'}, True)],
                         self.driver.calls)
        values = self.operation.last()[1]
        self.assertEqual(
            ('succeeded', 'resized', 1, 'finished'),
            (values['state'], values['instance']['vm_state'],
             values['instance']['power_state'],
             values['migration']['status']))

    def test_ports_come_along(self):
        self.give_port()
        self.arrive()
        self.assertEqual({'bridge_name': 'br0'}, self.bound())

    def test_what_was_off_stays_off(self):
        self.operation.migration.old_vm_state = 'stopped'
        self.driver.state = base.SHUTDOWN
        self.arrive()
        self.assertFalse(self.driver.calls[0][-1])
        self.assertEqual(
            4, self.operation.last()[1]['instance']['power_state'])

    def test_failure_gives_it_back(self):
        self.driver.errors['arrive_from_resize'] = base.FANS
        self.arrive()
        self.assertEqual('leave_for_revert', self.driver.names()[-1])
        values = self.assert_passed_on(
            'finish_revert_resize', 'source', None, 'post-reverting')
        self.assertEqual(('source', 'node-s', 64), tuple(
            values['instance'][name]
            for name in ('host', 'node', 'memory_mb')))
        self.assertRegex(values['params']['ending'],
                         'not be started on host destination: no more fans')

    def test_what_may_run_here_is_started_nowhere_else(self):
        self.driver.errors.update(arrive_from_resize=base.FANS,
                                  leave_for_revert=base.AWAY)
        self.arrive()
        self.assert_failed('no more fans. Whether it is off there cannot be '
                           'told: .*gone', vm_state='error')
        self.assertEqual([], self.host.publisher.sent)

    def test_deleted_meanwhile(self):
        self.operation.instance.deleted = True
        self.arrive()
        self.assertEqual(['destroy', 'confirm_resize'], self.driver.names())


class TestLetGo(base.ResizeTestCase):

    HOST = 'destination'

    def let_go(self):
        destination.let_go(self.host, None, self.operation)

    def test_goes_back(self):
        self.let_go()
        self.assertEqual(('report', {'peer_host': 'source'}),
                         self.operation.written[0])
        values = self.assert_passed_on(
            'finish_revert_resize', 'source', None, 'post-reverting')
        self.assertEqual(
            {'disk': 'two'}, objects.MigrateData.obj_from_primitive(
                values['params']['resize_data']).details)

    def test_stays_where_it_is(self):
        for prepare, reason in (
                (lambda: self.down.add('source'), 'source is not available'),
                (lambda: self.driver.errors.update(
                    leave_for_revert=base.FANS), 'no more fans')):
            prepare()
            self.let_go()
            self.assert_failed('stays on host destination: .*' + reason,
                               'finished', power_state=1)
            self.down.clear()

    def test_what_cannot_be_seen(self):
        self.driver.errors.update(leave_for_revert=base.AWAY,
                                  get_guest=base.AWAY)
        self.let_go()
        self.assert_failed('gone', 'finished')
