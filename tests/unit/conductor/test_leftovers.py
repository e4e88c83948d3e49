"""Tasks that nobody works at any more are offered again, others are not."""

import fixtures
from oslo_db import exception as db_exc

from nova_gs.conductor import leftovers
from nova_gs.conductor.tasks import build
from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.shutdown import tracker
from nova_gs import steps
from tests.unit.conductor import base

ME, OTHER = 'me', 'other'


class LeftoversTestCase(base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.in_hand = set()
        self.leftovers = leftovers.Leftovers(
            self.context, self.means, ME, lambda: set(self.in_hand))
        for owner in (ME, OTHER):
            objects.Service.register(
                self.context, 'host-of-' + owner, 'nova-conductor',
                'conductor', 3, owner)

    def task(self):
        return self.accept(
            kind='live-migration', step='live_migrate_server', host=None,
            task_state='migrating',
            migration=objects.Migration(source_compute='host1'))

    def held_by(self, owner, claim_id='c'):
        """Return a task that somebody holds, for longer than usual."""
        operation = self.task()
        operation = objects.Operation.claim(
            self.context, operation.uuid, operation.step, owner, claim_id)
        self.pass_time()
        return operation

    def pass_time(self):
        table = models.operations
        with self.store.database.writer() as connection:
            connection.execute(
                table.update().where(table.c.next_sweep_at.is_not(None))
                .values(next_sweep_at='2001-01-01T00:00:00.000001'))

    def end(self, owner):
        """Let a conductor write that it was stopped."""
        objects.Service.get_by_host_and_binary(
            self.context, 'host-of-' + owner, 'nova-conductor').announce(
                'stopped')


class TestOfferAgain(LeftoversTestCase):

    def offered(self, operation):
        """Look once; return whether the task is offered and published."""
        count = self.leftovers.offer_again()
        stored = self.stored(operation)
        self.assertEqual(stored.is_offered, bool(count))
        self.assertEqual(
            [(operation.step, None, operation.uuid)] if count else [],
            self.publisher.published)
        return stored.is_offered

    def test_owner_that_lives(self):
        self.assertFalse(self.offered(self.held_by(OTHER)))

    def test_owner_that_has_stopped(self):
        operation = self.held_by(OTHER)
        self.end(OTHER)
        self.assertTrue(self.offered(operation))

    def test_owner_whose_place_another_process_has_taken(self):
        operation = self.held_by(OTHER)
        objects.Service.register(
            self.context, 'host-of-' + OTHER, 'nova-conductor', 'conductor',
            3, 'new')
        self.assertTrue(self.offered(operation))

    def test_worker_lives_with_its_record(self):
        operation = self.held_by(leftovers.worker_owner(OTHER, 2))
        self.assertFalse(self.offered(operation))
        self.end(OTHER)
        self.assertTrue(self.offered(operation))

    def test_what_is_in_hand_here(self):
        operation = self.held_by(ME)
        self.in_hand.add(operation.uuid)
        self.assertFalse(self.offered(operation))

    def test_what_is_held_here_without_anybody_working_at_it(self):
        # By the worker before this one, or after the database had failed.
        self.assertTrue(self.offered(self.held_by(ME)))

    def test_what_was_claimed_a_moment_ago(self):
        operation = self.task()
        objects.Operation.claim(
            self.context, operation.uuid, operation.step, 'dead', 'c')
        self.assertFalse(self.offered(operation))

    def test_what_hosts_hold_is_theirs(self):
        operation = self.claimed()
        self.pass_time()
        self.assertFalse(self.offered(operation))

    def test_what_has_ended_does_not_come_up(self):
        operation = self.held_by('dead')
        operation.finish('failed', error='x')
        self.assertEqual(0, self.leftovers.offer_again())

    def test_what_went_on_in_the_meantime(self):
        operation = self.held_by('dead')
        self.in_hand = _Then(lambda: operation.offer(
            'live_migration', host='host1'))
        self.leftovers._in_hand = self.in_hand
        self.assertEqual(0, self.leftovers.offer_again())
        self.assertEqual('live_migration', self.stored(operation).step)

    def test_old_owner_can_write_nothing_any_more(self):
        operation = self.held_by('dead')
        self.assertTrue(self.offered(operation))
        self.assertRaises(
            exception.ClaimRefused, operation.offer, 'live_migration',
            host='host1')

    def test_user_sees_both_tries(self):
        operation = self.held_by('dead')
        self.assertTrue(self.offered(operation))
        objects.Operation.claim(
            self.context, operation.uuid, operation.step, OTHER, 'c2')
        first, second = self.action(operation).events
        self.assertEqual('Error', first.result)
        self.assertIn('offered again', first.details)
        self.assertIsNone(second.finish_time)


class TestAtAStop(LeftoversTestCase):

    def test_hand_on_what_did_not_end(self):
        mine, theirs = self.held_by(ME), self.held_by(OTHER)
        self.leftovers.hand_on([mine.uuid, theirs.uuid, 'gone'])
        self.assertTrue(self.stored(mine).is_offered)
        self.assertFalse(self.stored(theirs).is_offered)
        self.assertEqual([(mine.step, None, mine.uuid)],
                         self.publisher.published)

    def test_publish_what_was_not_begun(self):
        waiting, taken = self.task(), self.held_by(OTHER)
        self.assertEqual(1, self.leftovers.publish_again(
            [taken.uuid, 'gone', waiting.uuid]))
        self.assertEqual([(waiting.step, None, waiting.uuid)],
                         self.publisher.published)

    def test_more_than_a_page_in_the_order_they_came(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.leftovers.PAGE', 2))
        waiting = [self.task().uuid for _ in range(5)]
        waiting.reverse()
        self.assertEqual(5, self.leftovers.publish_again(waiting))
        self.assertEqual(
            waiting, [uuid for *_, uuid in self.publisher.published])

    def test_stop_does_not_wait_for_thousands(self):
        publish, clock = self.publisher.publish, self.means.clock

        def slowly(ctxt, operation):
            clock.advance(leftovers.PUBLISH_WITHIN / 4)
            return publish(ctxt, operation)

        self.publisher.publish = slowly
        self.assertEqual(4, self.leftovers.publish_again(
            [self.task().uuid for _ in range(9)]))

    def test_broker_that_is_away_is_asked_once(self):
        self.publisher.broker_away = True
        asked = []
        publish = self.publisher.publish
        self.publisher.publish = lambda ctxt, operation: asked.append(
            operation.uuid) or publish(ctxt, operation)
        self.assertEqual(0, self.leftovers.publish_again(
            [self.task().uuid for _ in range(3)]))
        self.assertEqual(1, len(asked))


class _Then:
    """Says that nothing is in hand, after something else has happened."""

    def __init__(self, happens):
        self._happens = happens

    def __call__(self):
        self._happens()
        return set()


class AtOnce:
    """A pool that runs at once what it is given."""

    def submit(self, key, function, *args):
        function(*args)


class TestUnknownOutcome(LeftoversTestCase):
    """The database fails in the middle of a commit."""

    def setUp(self):
        super().setUp()
        self.tracker = tracker.Tracker(self.means.clock)
        self.runner = steps.StepRunner(
            tracker.Gate(self.tracker, 'conductor'), ME, AtOnce())
        self.begun = []

    def run_step(self, operation, method=None):
        self.runner.take(
            catalogue.ROWS[operation.step], method or self._note,
            self.context, operation.uuid)
        self.assertTrue(self.tracker.empty())
        self.pass_time()

    def _note(self, ctxt, operation, work):
        self.begun.append(operation.uuid)

    def fail_after(self, verb):
        """Let a verb's answer be lost after it has been committed."""
        commit = getattr(self.store.operations, verb)

        def lose(*args, **kwargs):
            commit(*args, **kwargs)
            raise db_exc.DBConnectionError()

        self.useFixture(fixtures.MockPatchObject(
            self.store.operations, verb, lose))

    def test_claim(self):
        """Nothing is begun; the same conductor offers it again."""
        operation = self.task()
        self.fail_after('claim')
        self.run_step(operation)
        self.assertEqual([], self.begun)
        self.assertEqual(ME, self.stored(operation).owner)
        self.assertEqual(1, self.leftovers.offer_again())
        self.assertTrue(self.stored(operation).is_offered)

    def test_claim_that_was_not_committed(self):
        operation = self.task()
        self.useFixture(fixtures.MockPatchObject(
            self.store.operations, 'claim',
            side_effect=db_exc.DBConnectionError()))
        self.run_step(operation)
        self.assertTrue(self.stored(operation).is_offered)

    def test_offer_to_a_host(self):
        """It stands; the sweeper sends it."""
        operation = self.accept(
            self.make_instance(host=None, vm_state='building'), kind='build',
            step='build_server', host=None, task_state='scheduling',
            params={'host': None, 'image_id': 'i'})
        self.fail_after('offer')
        self.run_step(operation, lambda ctxt, mine, work: build.Build(
            self.means, ctxt, mine).run())
        stored = self.stored(operation)
        self.assertEqual(('build_instance', 'host3', True, None), (
            stored.step, stored.host, stored.is_offered, stored.error))
        self.assertEqual(0, self.leftovers.offer_again())
