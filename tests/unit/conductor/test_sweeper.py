"""Offers that nobody took up: sent again, or failed when it is too late."""

import threading

import fixtures

from nova_gs import clock
from nova_gs.conductor import leftovers
from nova_gs.conductor import sweeper
from nova_gs.db import models
from nova_gs import exception
from nova_gs import objects
from nova_gs.shutdown import tracker
from tests.unit.conductor import base


class SweeperTestCase(base.ConductorTestCase):

    def setUp(self):
        super().setUp()
        self.tracker = tracker.Tracker(clock.Clock())
        self.gate = tracker.Gate(self.tracker, 'conductor')
        self.sweeper = self.make_sweeper()

    def make_sweeper(self):
        return sweeper.Sweeper(
            self.context, self.means, leftovers.Leftovers(
                self.context, self.means, 'me', set), self.gate)

    def make_due(self):
        """Make all that is offered due, as if time had passed."""
        table = models.operations
        with self.store.database.writer() as connection:
            connection.execute(
                table.update().where(table.c.next_sweep_at.is_not(None))
                .values(next_sweep_at='2001-01-01T00:00:00.000001',
                        updated_at=table.c.updated_at))

    def sweep(self):
        """Sweep once, with all offers due; returns what was sent."""
        self.make_due()
        del self.publisher.published[:]
        sent = self.sweeper.sweep()
        self.assertEqual(len(self.publisher.published), sent)
        return [(step, host) for step, host, _ in self.publisher.published]

    def migration(self, step='live_migrate_server', host=None, **values):
        return self.accept(
            kind='live-migration', step=step, task_state='migrating',
            host=host, migration=objects.Migration(source_compute='host1'),
            **values)


class TestSendAgain(SweeperTestCase):

    def test_to_a_host_that_serves(self):
        self.accept()
        self.assertEqual([('reboot_instance', 'host1')], self.sweep())
        self.assertEqual([('reboot_instance', 'host1')], self.sweep())

    def test_not_before_its_time(self):
        self.accept()
        self.assertEqual(0, self.sweeper.sweep())

    def test_not_what_is_claimed(self):
        self.claimed()
        self.assertEqual([], self.sweep())

    def test_to_any_conductor(self):
        self.migration()
        self.assertEqual([('live_migrate_server', None)], self.sweep())

    def test_hosts_that_take_their_steps_up_when_they_start(self):
        for leave in (
                lambda host: self.services[host].set_status(forced_down=True),
                lambda host: self.services[host].announce('stopped'),
                lambda host: self.services[host].destroy()):
            self.services['host1'] = self.serve('host1')
            self.accept()
            leave('host1')
            self.assertEqual([], self.sweep())

    def test_draining_host_gets_what_was_begun(self):
        self.drain('host1')
        self.accept()
        self.migration('post_live_migration_at_destination', 'host1')
        self.assertEqual(
            [('post_live_migration_at_destination', 'host1')], self.sweep())

    def test_quiesced_host_gets_what_empties_it(self):
        self.services['host1'].quiesce()
        self.accept()
        self.accept(kind='stop', step='stop_instance',
                    task_state='powering-off')
        self.assertEqual([('stop_instance', 'host1')], self.sweep())

    def test_build_whose_host_is_gone_goes_elsewhere(self):
        operation = self.accept(
            self.make_instance(vm_state='building'), kind='build',
            step='build_instance', task_state='spawning')
        self.services['host1'].destroy()
        self.make_due()
        self.assertEqual(0, self.sweeper.sweep())
        self.assertEqual([('build_instance', 'host3', operation.uuid)],
                         self.publisher.published)

    def test_broker_that_is_away(self):
        self.accept()
        self.publisher.broker_away = True
        self.assertEqual([], self.sweep())
        self.publisher.broker_away = False
        self.assertEqual(1, len(self.sweep()))

    def test_one_of_several_conductors(self):
        for _ in range(6):
            self.accept()
        self.make_due()
        other = self.make_sweeper()
        self.assertEqual(
            [6, 0], [self.sweeper.sweep(), other.sweep()])


class TestGivenBack(SweeperTestCase):
    """Guests whose destination is gone before it has begun."""

    def setUp(self):
        super().setUp()
        old, new = [objects.Flavor(
            id=1, flavorid=name, name=name, memory_mb=size, vcpus=1,
            root_gb=1) for name, size in (('small', 64), ('large', 128))]
        operation = self.claimed(
            kind='resize', step='resize_instance', task_state='resize_prep',
            migration=objects.Migration(
                source_compute='host1', source_node='node1',
                dest_compute='host2', status='migrating',
                old_flavor=old, new_flavor=new, old_vm_state='active'))
        operation.offer(
            'finish_resize', host='host2', peer_host='host1',
            instance={'host': 'host2', 'memory_mb': 128,
                      'task_state': 'resize_migrated'},
            migration={'status': 'post-migrating'}, params={'x': 'y'})
        self.operation = operation

    def lose(self, *hosts):
        for host in hosts:
            self.services[host].set_status(forced_down=True)
        self.make_due()
        self.sweeper.sweep()
        return self.stored(self.operation)

    def assert_waits(self, stored):
        self.assertEqual(
            ('finish_resize', 'host2', 'host2', 'post-migrating'),
            (stored.step, stored.host, stored.instance.host,
             stored.migration.status))

    def test_goes_back(self):
        stored = self.lose('host2')
        self.assertEqual(
            ('finish_revert_resize', 'host1', None, True),
            (stored.step, stored.host, stored.peer_host, stored.is_offered))
        self.assertEqual(
            ('host1', 'node1', 64, 'small', 'resize_reverting'),
            (stored.instance.host, stored.instance.node,
             stored.instance.memory_mb, stored.instance.flavor.flavorid,
             stored.instance.task_state))
        self.assertEqual('post-reverting', stored.migration.status)
        self.assertEqual('y', stored.params['x'])
        self.assertIn('not started on host host2', stored.params['ending'])
        self.assertIn(('finish_revert_resize', 'host1', stored.uuid),
                      self.publisher.published)
        self.assertRaises(
            exception.ClaimRefused, objects.Operation.claim, self.context,
            stored.uuid, 'finish_resize', 'owner-of-host2', 'late')

    def test_not_while_its_source_is_gone_too(self):
        self.assert_waits(self.lose('host1', 'host2'))

    def test_not_what_may_have_begun(self):
        taken = self.take(self.operation, 'd')
        taken.report(instance={'task_state': 'resize_finish'})
        taken.offer('finish_resize', host='host2', peer_host='host1')
        self.assert_waits(self.lose('host2'))

    def test_not_what_is_claimed(self):
        taken = self.take(self.operation, 'd')
        self.assertFalse(taken.migration.give_guest_back(
            taken.uuid, 'why', 5))

    def test_not_while_its_destination_is_there(self):
        self.assert_waits(self.lose())

    def test_not_what_was_deleted(self):
        self.operation.instance.deleted = True
        self.operation.instance.save()
        stored = self.lose('host2')
        self.assertEqual('finish_resize', stored.step)


class TestExpired(SweeperTestCase):

    def expired(self, operation):
        """Sweep an operation that is too late; returns its record."""
        self.assertEqual([], self.sweep())
        return self.stored(operation)

    def test_says_who_did_not_begin_what(self):
        stored = self.expired(self.accept(expires_in=-1))
        self.assertEqual('failed', stored.state)
        for words in ('reboot_instance', 'on host host1', 'Ask for it again'):
            self.assertIn(words, stored.error)
        self.assertIsNone(stored.instance.task_state)
        self.assertEqual('active', stored.instance.vm_state)
        self.assertEqual(stored.error, self.action(stored).message)

    def test_migration(self):
        stored = self.expired(self.migration(expires_in=-1))
        self.assertEqual(('failed', 'error'),
                         (stored.state, stored.migration.status))

    def test_what_could_be_confirmed_still_can(self):
        for step in ('confirm_resize', 'revert_resize'):
            stored = self.expired(self.accept(
                step=step, expires_in=-1,
                migration=objects.Migration(status='confirming')))
            self.assertEqual(('failed', 'finished'),
                             (stored.state, stored.migration.status))

    def test_build(self):
        stored = self.expired(self.accept(
            self.make_instance(host=None, vm_state='building'), kind='build',
            step='build_server', host=None, task_state='scheduling',
            expires_in=-1))
        self.assertEqual('error', stored.instance.vm_state)
        self.assertEqual(stored.error, stored.instance.fault['message'])

    def test_build_says_why_it_found_no_other_host(self):
        for host in ('host2', 'host3'):
            self.drain(host)
        stored = self.expired(self.accept(
            self.make_instance(vm_state='building'), kind='build',
            step='build_instance', task_state='spawning', expires_in=-1))
        for words in ('on host host1', 'Host host2 is draining',
                      'Host host3 is draining', 'Ask for it again'):
            self.assertIn(words, stored.instance.fault['message'])
        self.assertIsNone(stored.instance.host)

    def test_also_for_a_host_that_is_away(self):
        self.services['host1'].set_status(forced_down=True)
        self.assertEqual('failed', self.expired(
            self.accept(expires_in=-1)).state)

    def test_what_was_claimed_in_the_meantime_is_left_alone(self):
        operation = self.accept(expires_in=-1)
        operation.expired = True
        table = models.operations
        with self.store.database.writer() as connection:
            connection.execute(table.update().values(
                owner='o', claim_id='c', state='running'))
        self.sweeper._fail(operation)
        self.assertEqual('running', self.stored(operation).state)


class TestHostThatIsGone(SweeperTestCase):

    ENDING = {'state': 'failed', 'migration_status': 'error',
              'reason': 'The live migration failed, the server stays.'}
    ROLLBACK = 'rollback_live_migration_at_destination'

    def rolling_back(self):
        """Return a migration whose rollback is offered to host2."""
        operation = self.take(self.migration())
        operation.offer(self.ROLLBACK, host='host2',
                        params={'ending': self.ENDING})
        return operation

    def test_guest_does_not_wait_for_a_rollback_there(self):
        operation = self.rolling_back()
        self.assertEqual([(self.ROLLBACK, 'host2')], self.sweep())
        self.services['host2'].announce('stopped')
        self.assertEqual([], self.sweep())
        stored = self.stored(operation)
        self.assertEqual(
            ('failed', 'error', None, self.ENDING['reason']),
            (stored.state, stored.migration.status,
             stored.instance.task_state, stored.error))
        self.assertEqual(stored.error, self.action(stored).message)

    def test_nor_for_one_that_was_cut_there(self):
        operation = self.rolling_back()
        objects.Operation.claim(
            self.context, operation.uuid, self.ROLLBACK,
            'owner-of-host2', 'c')
        self.assertEqual('running', self.marked(operation)[0])
        self.stored(operation).mark_interrupted('cut')
        self.assertEqual('interrupted', self.marked(operation)[0])
        self.services['host2'].announce('stopped')
        self.assertEqual(('failed', self.ENDING['reason']),
                         self.marked(operation))

    def begun_on(self, host):
        operation = self.accept(host=host)
        return objects.Operation.claim(
            self.context, operation.uuid, operation.step,
            'owner-of-' + host, host)

    def marked(self, operation):
        """Mark what is lost; return the state and error on record."""
        self.sweeper.mark_lost()
        stored = self.stored(operation)
        return stored.state, stored.error or ''

    def test_host_that_only_could_not_be_heard(self):
        """As when the broker was away: nobody was."""
        operation = self.rolling_back()
        self.unheard_for(100, 'host1', 'host2', 'host3')
        self.means.hearing.look()
        self.assertEqual([], self.sweep())
        self.services['host1'].report()
        self.assertEqual([], self.sweep())
        self.assertTrue(self.stored(operation).is_offered)
        self.services['host2'].report()
        self.assertEqual([(self.ROLLBACK, 'host2')], self.sweep())

    def test_what_it_had_begun_does_not_claim_to_run(self):
        operation = self.begun_on('host1')
        other = self.begun_on('host2')
        self.assertEqual(('running', ''), self.marked(operation))
        self.services['host1'].announce('stopped')
        state, error = self.marked(operation)
        self.assertEqual('interrupted', state)
        self.assertIn('host host1 was stopped', error)
        self.assertEqual('running', self.stored(other).state)

    def test_host_that_does_not_come_back(self):
        operation = self.begun_on('host1')
        table = models.services
        with self.store.database.writer() as connection:
            connection.execute(
                table.update().where(table.c.host == 'host1')
                .values(last_seen_at='2001-01-01T00:00:00.000001'))
        state, error = self.marked(operation)
        self.assertEqual('interrupted', state)
        self.assertIn('host host1 has not reported for', error)

    def test_what_is_only_offered_waits(self):
        operation = self.accept()
        self.services['host1'].announce('stopped')
        self.assertEqual(('accepted', ''), self.marked(operation))


class TestLoop(SweeperTestCase):

    def test_hosts_that_leave_are_looked_at_between_sweeps(self):
        self.flags(group='operations', sweep_interval=7200)
        self.flags(service_down_time=4 * 3600)
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.conductor.sweeper.LOOK_EVERY', 0.01))
        operation = self.accept(
            self.make_instance(vm_state='building'), kind='build',
            step='build_instance', task_state='spawning')
        self.services['host1'].quiesce()
        looking = self.make_sweeper()
        looking.sweep = self.fail
        published = threading.Event()
        looking._means.publisher.publish = (
            lambda ctxt, sent: published.set())
        looking.start()
        self.addCleanup(looking._thread.join, 60)
        self.addCleanup(looking.stop)
        self.assertTrue(published.wait(60))
        self.assertEqual('host3', self.stored(operation).host)

    def make_looping(self):
        self.flags(group='operations', sweep_interval=0.1)
        looping = self.make_sweeper()
        self.addCleanup(looping._thread.join, 60)
        self.addCleanup(looping.stop)
        return looping

    def test_goes_on_after_any_failure(self):
        looping = self.make_looping()
        failures = [exception.ServiceNotFound(service_id='s'), KeyError('x')]
        swept = threading.Event()

        def sweep():
            if failures:
                raise failures.pop(0)
            swept.set()

        looping.sweep = sweep
        looping.start()
        self.assertTrue(swept.wait(60))
        looping.stop()
        looping._thread.join(60)
        self.assertFalse(looping._thread.is_alive())

    def test_without_a_database_it_waits_and_says_nothing(self):
        log = self.useFixture(
            fixtures.FakeLogger('nova_gs.conductor.sweeper'))
        looping = self.make_looping()
        swept, done = [], threading.Event()

        def sweep():
            swept.append(True)
            if len(swept) == 3:
                done.set()
            raise exception.DatabaseUnavailable(
                condition='does not answer', effect='Nothing')

        looping.sweep = sweep
        looping.start()
        self.assertTrue(done.wait(60))
        self.assertEqual('', log.output)

    def test_a_stop_waits_for_a_sweep(self):
        looping = self.make_looping()
        sweeping, go_on = threading.Event(), threading.Event()

        def sweep():
            sweeping.set()
            go_on.wait(60)

        looping.sweep = sweep
        looping.start()
        self.addCleanup(go_on.set)
        self.assertTrue(sweeping.wait(60))
        self.assertEqual(['sweep'], [w.name for w in self.tracker.list()])
        # None begins afterwards, whether it was told or not.
        self.gate.narrow('it is being stopped', 'now')
        go_on.set()
        looping._thread.join(60)
        self.assertFalse(looping._thread.is_alive())
        self.assertTrue(self.tracker.empty())

    def test_after_a_silence_no_host_is_given_up(self):
        looping = self.make_looping()
        table = models.services
        with self.store.database.writer() as connection:
            connection.execute(table.update().values(
                last_seen_at='2001-01-01T00:00:00.000001'))
        operation = self.claimed()
        self.means.hearing.begin()
        swept = []
        done = threading.Event()

        def sweep():
            swept.append(self.stored(operation).state)
            if len(swept) == 3:
                done.set()

        looping.sweep = sweep
        looping.start()
        self.assertTrue(done.wait(60))
        self.assertEqual({'running'}, set(swept))
