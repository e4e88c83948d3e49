from nova_gs import exception
from nova_gs.virt.fake import guests
from nova_gs.virt.fake import migrations
from nova_gs.virt.fake import mover
from nova_gs.virt.fake import protocol
from tests.fixtures import clock
from tests.unit.virt.fake import base


class MigrationsTestCase(base.TestCase):
    """What goes on at the source; the destination is a real one."""

    def setUp(self):
        super().setUp()
        self.source = self.host('source')
        self.dest = self.host('dest')
        self.spawn(self.source)
        self.dest.call('accept_migration', source_host='source',
                       memory_mb=128)

    def _start(self, path=None):
        uri = protocol.uri_of(path or self.dest.path)
        return self.source.call('start_migration', target_uri=uri)

    def _wait(self, migration, timeout=10):
        return self.source.call('wait', migration=migration, timeout=timeout)

    def _held(self):
        self.source.control.hold('start_migration')
        return self._start()

    def _where(self):
        return [host.name for host in (self.source, self.dest)
                if host.world.get('guests', base.GUEST)]

    def _events(self):
        return [(entry['event'], entry.get('outcome')) for entry in
                self.source.control.journal('start_migration')]

    def test_a_guest_arrives(self):
        before = self.source.call('console_output').split()[2]
        migration = self._start()
        outcome = self._wait(migration)
        self.assertTrue(outcome['arrived'])
        self.assertGreaterEqual(outcome['downtime_ms'], 1)
        self.assertEqual(['dest'], self._where())
        self.assertEqual(guests.RUNNING, self.dest.call('get_guest'))
        self.assertIn(before, self.dest.call('console_output'))
        self.assertEqual([('begun', None), ('ended', 'arrived')],
                         self._events())

    def test_what_it_left_is_there_until_finished(self):
        self._wait(self._start())
        self.assertIn(base.GUEST, self.source.world.rows('leftovers'))
        for _ in range(2):
            self.assertIsNone(self.source.call(
                'finish_migration', side='source', arrived=True))
        self.assertEqual({}, self.source.world.rows('leftovers'))
        self.assertEqual(guests.RUNNING, self.dest.call(
            'finish_migration', side='destination', arrived=True))

    def test_finish_removes_no_guest_that_is_there(self):
        self.assertEqual(guests.RUNNING, self.source.call(
            'finish_migration', side='source', arrived=False))
        self.assertIn('is on this host', self.refused(
            self.source.call, 'finish_migration', side='source',
            arrived=True))

    def test_abort_brings_it_back(self):
        migration = self._held()
        self.assertIsNone(self._wait(migration, 0))
        self.assertEqual(migration, self.source.call('adopt_migration'))
        self.source.call('abort', migration=migration)
        outcome = self._wait(migration)
        self.assertEqual((False, True),
                         (outcome['arrived'], outcome['aborted']))
        self.assertEqual(['source'], self._where())
        self.assertEqual(guests.RUNNING, self.source.call('get_guest'))
        self.assertEqual([('begun', None), ('ended', 'aborted')],
                         self._events())
        self.source.call('abort', migration=migration)
        self.assertIsNone(self.source.call('adopt_migration'))

    def test_force_complete_ends_what_would_never_end(self):
        migration = self._held()
        self.source.call('force_complete', migration=migration)
        self.assertTrue(self._wait(migration)['arrived'])
        self.source.call('force_complete', migration=migration)

    def test_post_copy_cannot_be_aborted(self):
        self.source.control.hold('post_copy')
        migration = self._held()
        self.source.call('force_complete', migration=migration)
        self.source.call('force_complete', migration=migration)
        progress = self.source.call('progress', migration=migration)
        self.assertEqual('post-copy', progress['phase'])
        self.assertIn('post-copy', self.refused(
            self.source.call, 'abort', migration=migration,
            error=exception.MigrationNotAbortable))
        self.source.control.release('post_copy')
        self.assertTrue(self._wait(migration)['arrived'])

    def test_a_guest_on_its_way_is_left_alone(self):
        migration = self._held()
        for verb in ('reboot', 'power_off', 'power_on'):
            self.assertIn('migration', self.refused(self.source.call, verb))
        self.assertIn('under way', self.refused(self._start))
        self.assertIsNone(self._wait(migration, 0))

    def test_destroy_ends_the_migration_first(self):
        self._held()
        self.source.call('destroy')
        self.assertEqual([], self._where())
        self.assertEqual([('begun', None), ('ended', 'aborted')],
                         self._events())

    def _fails(self, migration):
        outcome = self._wait(migration)
        self.assertEqual((False, False),
                         (outcome['arrived'], outcome['aborted']))
        self.assertEqual(['source'], self._where())
        self.assertEqual(guests.RUNNING, self.source.call('get_guest'))
        self.assertEqual(('failed', 'failed'), self._events()[-1])
        return outcome['reason']

    def test_failures_on_the_way(self):
        self.source.control.fail('start_migration', reason='broken pipe')
        self.assertEqual('broken pipe', self._fails(self._start()))
        self.dest.control.fail('open_arrival', reason='not now')
        self.assertEqual('not now', self._fails(self._start()))
        self.dest.control.fail('commit_arrival', reason='too late')
        self.assertEqual('too late', self._fails(self._start()))

    def test_no_destination(self):
        self.assertIn('cannot be reached', self._fails(
            self._start(self.dest.path + 'x')))
        self.assertIn('fake+unix', self.refused(
            self.source.call, 'start_migration', target_uri='qemu:///'))

    def test_no_room(self):
        self.dest.call('finish_migration', side='destination', arrived=False)
        self.assertIn('no room', self._fails(self._start()))

    def test_the_room_goes_away_under_way(self):
        migration = self._held()
        self.dest.control.wait_for('open_arrival', 'ended')
        self.dest.call('finish_migration', side='destination', arrived=False)
        self.source.control.release('start_migration')
        self.assertIn('meanwhile', self._fails(migration))

    def test_an_unknown_migration(self):
        self.refused(self.source.call, 'wait', migration='m', timeout=0)
        self.source.call('abort', migration='m')
        self.source.call('force_complete', migration='m')
        self.assertEqual(
            {'phase': 'ended'},
            self.source.call('progress', migration='m'))
        self.refused(self.source.call, 'start_migration', 'nobody',
                     target_uri='x', error=exception.GuestNotFound)


class RecoverTestCase(base.TestCase):
    """What a process finds that a kill left behind."""

    def setUp(self):
        super().setUp()
        self.source = self.host('source')
        self.call = protocol.Call('start_migration', base.GUEST, id='m')
        self.source.journal.write(self.call, 'begun')

    def _recover(self, **row):
        row = dict({'id': 'm', 'memory_mb': 1, 'target_uri': 'x',
                    'outcome': None}, **row)
        self.source.world.change(('migrations', base.GUEST, row))
        for _ in range(2):
            self.source.hypervisor.migrations.recover(self.source.journal)
        return [(entry['event'], entry['outcome'])
                for entry in self.source.journal.entries()[1:]]

    def test_pre_copy_is_given_up(self):
        self.assertEqual([('failed', 'failed')],
                         self._recover(phase=mover.PRE_COPY))
        row = self.source.world.get('migrations', base.GUEST)
        self.assertEqual(migrations.RESTARTED, row['outcome']['reason'])

    def test_an_end_without_a_line_gets_it(self):
        self.assertEqual([('ended', 'aborted')], self._recover(
            phase=mover.ENDED, outcome=mover.stayed('aborted', True)))

    def test_an_end_is_told_once(self):
        mover.record_end(self.source.journal, self.call, mover.stayed('no'))
        self.assertEqual([('failed', 'failed')], self._recover(
            phase=mover.ENDED, outcome=mover.stayed('no')))


class ProgressTestCase(base.TestCase):
    """Progress by time alone, with the clock in the test's hand."""

    def setUp(self):
        super().setUp()
        self.clock = clock.ManualClock()
        self.source = self.host('source')
        self.source.switches.set_duration('start_migration', 10)
        self.source.switches.set_duration('post_copy', 10)
        self.jobs = migrations.Migrations(
            None, self.source.world, self.source.switches, self.clock)
        row = {'id': 'm', 'phase': mover.PRE_COPY, 'memory_mb': 100,
               'target_uri': 'x'}
        call = protocol.Call('start_migration', base.GUEST, id='m')
        self.job = mover.Job(call, row, self.clock.now())
        self.jobs._jobs[base.GUEST] = self.job

    def _left(self):
        progress = self.jobs.progress(
            protocol.Call('progress', base.GUEST, {'migration': 'm'}))
        self.assertEqual(
            progress['memory_total'],
            progress['memory_processed'] + progress['memory_remaining'])
        return progress['memory_remaining'] >> 20

    def test_pre_copy(self):
        self.assertEqual(100, self._left())
        self.clock.advance(4)
        self.assertEqual(60, self._left())
        self.clock.advance(40)
        self.assertEqual(1, self._left())

    def test_post_copy_goes_on_from_there(self):
        self.clock.advance(4)
        self.jobs.force_complete(
            protocol.Call('force_complete', base.GUEST, {'migration': 'm'}))
        self.assertEqual(60, self._left())
        self.clock.advance(5)
        self.assertEqual(30, self._left())
