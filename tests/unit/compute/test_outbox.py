"""What is told late: kept over a restart, and told under its claim."""

import datetime
import os
import types

import fixtures

from nova_gs.compute import outbox
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import compute
from tests.unit.db import base

_NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


class TestOutbox(base.OperationTestCase):

    def setUp(self):
        super().setUp()
        self.directory = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'unrecorded')
        self.outbox = outbox.Outbox(self.directory)
        self.host = types.SimpleNamespace(
            name='host1', owner='successor',
            publisher=compute.FakePublisher())

    def deliver(self):
        outbox.Outbox(self.directory).deliver(self.host, self.context)

    def files(self):
        return os.listdir(self.directory)

    def keep(self, operation, write, *args, **kwargs):
        return self.outbox.keep(getattr(operation, write), args, kwargs)

    def test_end(self):
        operation = self.claimed()
        self.assertEqual('claim', self.keep(
            operation, 'finish', 'succeeded', instance={
                'vm_state': 'active', 'power_state': 1,
                'launched_at': _NOW}))
        self.deliver()
        stored = self.stored(operation)
        self.assertEqual('succeeded', stored.state)
        self.assertEqual(_NOW, stored.instance.launched_at)
        self.assertIsNone(stored.instance.task_state)
        self.assertEqual([], self.files())

    def test_next_step(self):
        operation = self.claimed(
            migration=objects.Migration(source_compute='host1'))
        self.keep(operation, 'offer', 'post_live_migration_at_destination',
                  host='host2', peer_host='host1',
                  instance={'host': 'host2'}, params={'downtime_ms': 3},
                  migration={'status': 'post-migrating'})
        self.deliver()
        stored = self.stored(operation)
        self.assertEqual(
            ('post_live_migration_at_destination', 'host2', 'host1', None),
            (stored.step, stored.host, stored.peer_host, stored.owner))
        self.assertEqual('host2', stored.instance.host)
        self.assertEqual('post-migrating', stored.migration.status)
        self.assertEqual({'downtime_ms': 3}, stored.params)
        self.assertEqual([(stored.step, 'host2')], self.host.publisher.sent)

    def test_it_was_taken_after_all(self):
        operation = self.claimed()
        self.keep(operation, 'finish', 'succeeded')
        operation.finish('succeeded')
        self.deliver()
        self.assertEqual('succeeded', self.stored(operation).state)
        self.assertEqual([], self.files())

    def test_it_is_settled_otherwise(self):
        operation = self.claimed()
        self.keep(operation, 'finish', 'succeeded')
        operation.finish('failed', error='settled')
        self.deliver()
        self.assertEqual('failed', self.stored(operation).state)
        self.assertEqual([], self.files())

    def test_it_is_marked_as_interrupted(self):
        operation = self.claimed()
        self.keep(operation, 'finish', 'succeeded')
        self.stored(operation).mark_interrupted('the host is away')
        self.deliver()
        stored = self.stored(operation)
        self.assertEqual(('succeeded', None), (stored.state, stored.error))

    def test_it_is_gone(self):
        self.outbox.keep_doubt('claim', 'nobody', 'reboot_instance')
        self.deliver()
        self.assertEqual([], self.files())

    def test_a_claim_that_was_granted(self):
        operation = self.accept()
        self.outbox.keep_doubt('claim', operation.uuid, operation.step)
        self.claim(operation)
        self.deliver()
        stored = self.stored(operation)
        self.assertTrue(stored.is_offered)
        self.assertEqual(('reboot_instance', 'host1'),
                         (stored.step, stored.host))

    def test_a_claim_that_was_not(self):
        operation = self.accept()
        self.outbox.keep_doubt('claim', operation.uuid, operation.step)
        self.claim(operation, claim_id='other')
        self.deliver()
        self.assertEqual('other', self.stored(operation).claim_id)

    def test_what_is_not_kept(self):
        operation = self.accept()
        self.assertIsNone(self.keep(operation, 'finish', 'succeeded'))
        operation = self.claim(operation)
        self.assertIsNone(self.keep(operation, 'mark_interrupted', 'why'))
        self.deliver()
        self.assertFalse(os.path.exists(self.directory))

    def test_dropped(self):
        operation = self.claimed()
        claim = self.keep(operation, 'finish', 'succeeded')
        self.outbox.drop(claim)
        self.outbox.drop(claim)
        self.deliver()
        self.assertEqual('running', self.stored(operation).state)

    def test_nobody_to_tell(self):
        operation = self.claimed()
        self.keep(operation, 'finish', 'succeeded')

        def away(cls, *args):
            raise compute.unreachable()

        with fixtures.MonkeyPatch(
                'nova_gs.objects.Operation.get_by_uuid', classmethod(away)):
            self.assertRaises(exception.PeerUnavailable, self.deliver)
        self.assertEqual(1, len(self.files()))
        self.deliver()
        self.assertEqual('succeeded', self.stored(operation).state)

    def test_a_damaged_file_is_passed_by(self):
        operation = self.claimed()
        self.keep(operation, 'finish', 'succeeded')
        with open(os.path.join(self.directory, 'x.json'), 'w') as out:
            out.write('{')
        self.deliver()
        self.assertEqual('succeeded', self.stored(operation).state)
        self.assertEqual(['x.json'], self.files())

    def test_no_room(self):
        with open(self.directory, 'w'):
            pass
        self.assertIsNone(self.keep(self.claimed(), 'finish', 'succeeded'))
