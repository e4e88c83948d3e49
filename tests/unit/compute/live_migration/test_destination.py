"""A migration at its destination."""

from nova_gs.compute.live_migration import destination
from nova_gs import exception
from nova_gs.virt import driver
from tests.fixtures import compute
from tests.unit import base


class TestDestination(base.TestCase):

    def setUp(self):
        super().setUp()
        self.host = compute.host(self.conf)
        self.operation = compute.FakeOperation()
        self.operation.host, self.operation.peer_host = 'host1', 'source'

    def test_take_over_hands_on_to_the_source_and_lets_go(self):
        destination.take_over(self.host, None, self.operation)
        what, values = self.operation.last()
        self.assertEqual(
            ('offer', 'post_live_migration_at_source', 'source', None),
            (what, values['step'], values['host'], values['peer_host']))
        self.assertEqual({'vm_state': 'active', 'power_state': 1},
                         values['instance'])

    def test_take_over_goes_on_although_looking_after_it_fails(self):
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        destination.take_over(self.host, None, self.operation)
        self.assertEqual('offer', self.operation.last()[0])

    def test_forget(self):
        self.operation.params['ending'] = {
            'state': 'aborted', 'migration_status': 'cancelled',
            'reason': 'asked for by a user'}
        destination.forget(self.host, self.operation)
        self.assertEqual(
            [('finish_migration', driver.Side.DESTINATION, False)],
            self.host.driver.calls)
        what, values = self.operation.last()
        self.assertEqual(('finish', 'aborted', 'asked for by a user'),
                         (what, values['state'], values['error']))
        self.assertEqual({'status': 'cancelled'}, values['migration'])

    def test_forget_ends_although_the_room_stays(self):
        self.operation.params['ending'] = {
            'state': 'failed', 'migration_status': 'error', 'reason': 'x'}
        self.host.driver.errors['finish_migration'] = (
            exception.HypervisorError(reason='busy'))
        destination.forget(self.host, self.operation)
        self.assertEqual('finish', self.operation.last()[0])
