"""A cold migration at its source."""

from nova_gs.compute.resize import source
from nova_gs import exception
from nova_gs import objects
from tests.unit.compute.resize import base


class TestLeave(base.ResizeTestCase):

    HOST = 'source'

    def leave(self):
        source.leave(self.host, None, self.operation)

    def test_new_place_is_committed_before_the_destination_is_told(self):
        self.leave()
        values = self.assert_passed_on(
            'finish_resize', 'destination', 'source', 'post-migrating')
        self.assertEqual(
            ('destination', 'node-d', 128, 'large', 'resize_migrated', 4),
            tuple(values['instance'][name] if name != 'flavor'
                  else values['instance'][name].flavorid
                  for name in ('host', 'node', 'memory_mb', 'flavor',
                               'task_state', 'power_state')))
        self.assertEqual(
            {'disk': 'one'}, objects.MigrateData.obj_from_primitive(
                values['params']['resize_data']).details)

    def test_disk_is_asked_for_before_the_guest_is_switched_off(self):
        self.leave()
        self.assertEqual(
            [('check_instance_shared_storage', 'destination')],
            self.host.compute_rpcapi.calls)
        self.assertEqual(['describe_for_resize', 'leave_for_resize'],
                         self.driver.names())

    def test_same_host_is_not_asked(self):
        self.operation.migration.dest_compute = 'source'
        self.leave()
        self.assertEqual([], self.host.compute_rpcapi.calls)
        self.assert_passed_on('finish_resize', 'source', 'source',
                              'post-migrating')

    def test_disk_that_is_not_seen(self):
        self.host.compute_rpcapi.sees = False
        self.leave()
        self.assertNotIn('leave_for_resize', self.driver.names())
        self.assert_failed('stays on host source: .*not on storage that '
                           'hosts source and destination share')

    def test_destination_that_does_not_answer(self):
        self.host.compute_rpcapi.errors['check_instance_shared_storage'] = (
            exception.PeerUnavailable(
                service='compute-alt', host='destination', method='m',
                reason='MessagingTimeout'))
        self.leave()
        self.assertNotIn('leave_for_resize', self.driver.names())
        self.assert_failed('stays on host source: .*did not answer',
                           vm_state='active', power_state=1)

    def test_guest_that_cannot_leave_is_started_again(self):
        self.driver.errors['leave_for_resize'] = base.FANS
        self.leave()
        self.assertEqual(('return_from_resize', None, True),
                         self.driver.calls[-1])
        self.assert_failed('^The server stays on host source: no more fans',
                           vm_state='active', power_state=1)

    def test_what_was_off_stays_off(self):
        self.operation.migration.old_vm_state = 'stopped'
        self.operation.instance.vm_state = 'stopped'
        self.driver.errors['leave_for_resize'] = base.FANS
        self.driver.state = base.SHUTDOWN
        self.leave()
        self.assertEqual(('return_from_resize', None, False),
                         self.driver.calls[-1])
        self.assert_failed('no more fans', vm_state='stopped', power_state=4)

    def test_guest_that_cannot_be_started_again(self):
        self.driver.errors.update(leave_for_resize=base.AWAY,
                                  return_from_resize=base.FANS)
        self.leave()
        self.assert_failed('gone.*could not be started again: no more fans',
                           vm_state='error')

    def test_deleted_meanwhile(self):
        self.operation.instance.deleted = True
        self.leave()
        self.assertEqual(['destroy', 'confirm_resize'], self.driver.names())
        self.assertEqual(
            ('finish', 'aborted'),
            (self.operation.last()[0], self.operation.last()[1]['state']))


class TestConfirm(base.ResizeTestCase):

    HOST = 'source'

    def confirm(self):
        source.confirm(self.host, None, self.operation)

    def test_is_what_it_was_seen_as(self):
        for state, vm_state in ((1, 'active'), (4, 'stopped'), (0, 'active')):
            self.operation.instance.power_state = state
            self.confirm()
            values = self.operation.last()[1]
            self.assertEqual(
                ('succeeded', {'vm_state': vm_state}, 'confirmed'),
                (values['state'], values['instance'],
                 values['migration']['status']))

    def test_failure_leaves_the_choice(self):
        self.driver.errors['confirm_resize'] = base.FANS
        self.confirm()
        self.assert_failed('no more fans', 'finished')

    def test_delete_goes_on_at_the_guest(self):
        self.operation.kind = 'delete'
        self.operation.instance.host = 'destination'
        self.confirm()
        self.assertEqual(['confirm_resize'], self.driver.names())
        self.assertEqual([('delete_instance', 'destination')],
                         self.host.publisher.sent)


class TestTakeBack(base.ResizeTestCase):

    HOST = 'source'

    def setUp(self):
        super().setUp()
        self.operation.params['resize_data'] = objects.MigrateData(
            details={'disk': 'two'}).obj_to_primitive()

    def take_back(self):
        source.take_back(self.host, self.operation)

    def test_ports_come_back(self):
        self.give_port()
        self.take_back()
        self.assertEqual({'bridge_name': 'br0'}, self.bound())

    def test_reverted(self):
        self.take_back()
        self.assertEqual([('return_from_resize', {'disk': 'two'}, True)],
                         self.driver.calls)
        values = self.operation.last()[1]
        self.assertEqual(
            ('succeeded', {'vm_state': 'active', 'power_state': 1},
             'reverted'),
            (values['state'], values['instance'],
             values['migration']['status']))

    def test_what_did_not_arrive_says_why(self):
        self.operation.params['ending'] = 'It did not start.'
        self.take_back()
        self.assert_failed(
            '^It did not start. It is back on host source.$',
            vm_state='active', power_state=1)

    def test_failure(self):
        self.driver.errors['return_from_resize'] = base.FANS
        self.take_back()
        self.assert_failed('^The server is off, and could not be started '
                           'again on host source: no more fans',
                           vm_state='error')

    def test_both_fail(self):
        self.operation.params['ending'] = 'It did not start.'
        self.driver.errors['return_from_resize'] = base.FANS
        self.take_back()
        self.assert_failed('^It did not start. The server is off, .*fans',
                           vm_state='error')

    def test_deleted_meanwhile(self):
        self.host.turns.removed(self.operation.instance_uuid)
        self.take_back()
        self.assertEqual('aborted', self.operation.last()[1]['state'])
