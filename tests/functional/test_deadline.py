"""Work that does not end in time: ended, forced, left, and what comes of it.

See ``five_hosts`` for who does what.
"""

from tests.functional import base
from tests.functional import five_hosts

ABORT, RESUME, FORCE = five_hosts.ABORT, five_hosts.RESUME, five_hosts.FORCE
ENDLESS, SHORT = five_hosts.ENDLESS, five_hosts.SHORT
ABORT_DUE, RELEASE_DUE = five_hosts.ABORT_DUE, five_hosts.RELEASE_DUE


class TestDeadline(five_hosts.FiveHostsTestCase):

    def test_longer_than_the_budget(self):
        """Each of the settings; what ends in time; a reboot that hangs."""
        for _ in range(self.times(1, 5)):
            self._check_longer_than_the_budget()

    def _check_longer_than_the_budget(self):
        # On ABORT it looks as if both would end in time.
        self.hypervisor(ABORT).set_duration(
            'start_migration', five_hosts.ENDS_AFTER)
        in_time, deceiver, left, resumed, queued, forced, hung = (
            self.boot_all(ABORT, ABORT, RESUME, RESUME, RESUME, FORCE,
                          SHORT))
        reboot = self._hang(hung)
        for uuid in (left, resumed):
            self.migrate(uuid, RESUME, ENDLESS)
        self.api.live_migrate(queued, ENDLESS)
        self.await_status(queued, 'queued')
        self.migrate(forced, FORCE, ENDLESS)
        self.migrate(deceiver, ABORT, ENDLESS)
        self.migrate(in_time, ABORT, ENDLESS, endless=False)
        ends = self.stop(ABORT, RESUME, FORCE, SHORT)
        self._check_ends(ends)
        self._check_on_abort(in_time, deceiver)
        self._check_on_force(forced)
        self._check_left(queued, left, resumed)
        self._check_hung(hung)
        # It arrives with nobody watching, and its destination sees to it.
        self.arrive(RESUME, left)
        self.api.await_server(left, five_hosts.PATIENCE, status='ACTIVE',
                              task_state=None, host=ENDLESS)
        self.start_all()
        self.check_settled(left, ENDLESS, 'completed')
        self._check_resumed(resumed)
        self._check_failed(hung, reboot)
        self.check_next({deceiver: ENDLESS, in_time: ABORT, left: RESUME,
                         resumed: FORCE, queued: ENDLESS, forced: FORCE})
        self.figure('3 longer than the budget', **{
            'stop_%s_s' % host: round(took, 2)
            for host, (_, took) in ends.items()})
        self.delete_all()

    def _hang(self, uuid):
        """Begin a reboot that does not end; returns its request id."""
        hypervisor = self.hypervisor(SHORT)
        hypervisor.hold('reboot')
        answer = self.api.action(uuid, 'reboot', {'type': 'HARD'})
        hypervisor.wait_for('reboot', guest=uuid)
        return answer.request_id

    def _check_ends(self, ends):
        """The exit codes are true, and every deadline held."""
        self.assertEqual({ABORT: 0, RESUME: 3, FORCE: 0, SHORT: 3}, {
            host: code for host, (code, _) in ends.items()})
        for host in (ABORT, RESUME, FORCE):
            self.assertTrue(
                ABORT_DUE <= ends[host][1] < RELEASE_DUE, (host, ends))
        # What looked as if it would end was given its time.
        self.assertGreater(ends[ABORT][1], ABORT_DUE + 1)
        self.assertTrue(five_hosts.SHORT_RELEASE_DUE <= ends[SHORT][1]
                        < five_hosts.SHORT_BUDGET, ends)

    def _check_on_abort(self, in_time, deceiver):
        """One ended by itself, the other only looked as if it would."""
        self.check_settled(in_time, ENDLESS, 'completed')
        self.check_settled(deceiver, ABORT, 'cancelled',
                           'nova-compute on host host-a had to be stopped')
        for uuid, aborts in ((in_time, 0), (deceiver, 1)):
            self.check_moved_once(ABORT, uuid)
            self.assertEqual(aborts, self.count(ABORT, 'abort', uuid))
        self.assertEqual('aborted', self.fates(ABORT)[
            ('live_migration', deceiver)])
        self.assertEqual('finished', self.fates(ABORT)[
            ('live_migration', in_time)])

    def _check_on_force(self, uuid):
        self.check_settled(uuid, ENDLESS, 'completed')
        self.check_moved_once(FORCE, uuid)
        for verb, times in (('force_complete', 1), ('abort', 0)):
            self.assertEqual(times, self.count(FORCE, verb, uuid), verb)

    def _check_left(self, queued, *moving):
        """What is left says so, to whoever looks."""
        # What has not begun is cancelled, whatever the setting.
        self.check_settled(queued, RESUME, 'cancelled',
                           'nova-compute on host host-b had to be stopped')
        self.assertEqual(0, self.count(RESUME, 'start_migration', queued))
        expected = {('live_migration', queued): 'aborted'}
        for uuid in moving:
            expected['live_migration', uuid] = 'left'
            operation = self.records.last_operation(uuid)
            self.assertEqual(('interrupted', 'live_migration'), (
                operation['state'], operation['step']))
            for words in ('Interrupted', RESUME, 'when nova-compute starts',
                          'the hypervisor carries the live migration on'):
                self.assertIn(words, operation['error'])
            self.assertEqual(
                'migrating', self.api.server(uuid)['OS-EXT-STS:task_state'])
            for verb in ('abort', 'force_complete'):
                self.assertEqual(0, self.count(RESUME, verb, uuid), verb)
        self.assertEqual(expected, self.fates(RESUME))
        report = self.report(RESUME)
        self.assertEqual((3, 'left_work'),
                         (report['exit_code'], report['outcome']))

    def _check_resumed(self, uuid):
        """It moves all the time; the start has taken it up, and serves."""
        operation = self.records.last_operation(uuid)
        self.assertEqual(('running', None),
                         (operation['state'], operation['error']))
        migration, = self.api.live_migrations(uuid)
        self.assertEqual('running', migration['status'])
        self.api.request('DELETE', 'servers/%s/migrations/%s' % (
            uuid, migration['id']))
        self.await_status(uuid, 'cancelled')
        self.check_settled(uuid, RESUME, 'cancelled', 'asked for by a user')
        self.check_moved_once(RESUME, uuid)

    def _check_hung(self, uuid):
        self.assertEqual({('reboot_instance', uuid): 'left'},
                         self.fates(SHORT))
        operation = self.records.last_operation(uuid)
        self.assertEqual('interrupted', operation['state'])
        self.hypervisor(SHORT).release('reboot')

    def _check_failed(self, uuid, request_id):
        """The next start has ended what hung, and the guest can be used."""
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
        self.assertEqual('failed',
                         self.records.last_operation(uuid)['state'])
        action = self.api.instance_action(uuid, request_id)
        self.assertIn('Interrupted', action['message'])
        self.assertEqual(1, self.count(SHORT, 'reboot', uuid))
        self.api.action(uuid, 'reboot', {'type': 'HARD'})
        self.api.await_server(uuid, status='ACTIVE', task_state=None)

    def test_what_others_say(self):
        """The operator says it again; the other end of it has to stop."""
        for _ in range(self.times(1, 5)):
            self._check_what_others_say()

    def _check_what_others_say(self):
        self.hypervisor(ENDLESS).set_duration('start_migration', 60)
        patient, asked, left = self.boot_all(ENDLESS, FORCE, FORCE)
        self.migrate(asked, FORCE, ABORT)
        self.migrate(left, FORCE, RESUME)
        self.migrate(patient, ENDLESS, SHORT, endless=False)
        self.terminate(ENDLESS)
        ends = self.stop(ABORT, RESUME)
        self.assertEqual({ABORT: 0, RESUME: 3}, {
            host: code for host, (code, _) in ends.items()})
        for host, (_, took) in ends.items():
            self.assertTrue(ABORT_DUE <= took < RELEASE_DUE, (host, took))
        self._check_asked(asked)
        self._check_coming(left)
        self._check_hurried(patient)
        self.arrive(FORCE, left)
        self.start_all()
        self.check_settled(left, RESUME, 'completed')
        for uuid in (asked, left):
            self.check_moved_once(FORCE, uuid)
        self.check_next({asked: ABORT, left: FORCE, patient: SHORT})
        self.figure('3 destination at its deadline', **{
            'stop_%s_s' % host: round(took, 2)
            for host, (_, took) in ends.items()})
        self.delete_all()

    def _check_asked(self, uuid):
        """The source called it off, and says who had to stop."""
        self.check_settled(uuid, FORCE, 'cancelled',
                           'nova-compute on host host-a had to be stopped')
        self.assertEqual(1, self.count(FORCE, 'abort', uuid))

    def _check_coming(self, uuid):
        """The destination does not wait for it, and the source goes on."""
        operation = self.records.last_operation(uuid)
        self.assertEqual(('running', FORCE, RESUME), (
            operation['state'], operation['host'], operation['peer_host']))
        self.assertEqual({('live_migration from host-c', uuid): 'left'},
                         self.fates(RESUME))

    def _check_hurried(self, uuid):
        """It would end, and there is no deadline; but it is told again."""
        process = self.cloud.part(ENDLESS).process
        self.assertTrue(process.pid(), 'it did not wait')
        self.hypervisor(ENDLESS).set_duration('start_migration', 8)
        sent = self.terminate(ENDLESS)
        code, ended = self.await_exit(ENDLESS)
        self.assertEqual(0, code)
        self.assertLess(ended - sent, five_hosts.ABORT_RESERVE)
        self.check_settled(uuid, ENDLESS, 'cancelled',
                           'nova-compute on host host-d had to be stopped')
        self.assertEqual({('live_migration', uuid): 'aborted'},
                         self.fates(ENDLESS))


class TestTakenUp(base.Spared, five_hosts.FiveHostsTestCase):

    def test_killed_source(self):
        """What it began goes on without it; its next start takes it up."""
        arrived, moving = self.boot_all(FORCE, FORCE)
        for uuid in (arrived, moving):
            self.migrate(uuid, FORCE, ENDLESS)
        self.cloud.kill(FORCE)
        self.arrive(FORCE, arrived)
        self.start_all()
        self.check_settled(arrived, ENDLESS, 'completed')
        self.assertEqual('running',
                         self.records.last_operation(moving)['state'])
        self.arrive(FORCE, moving)
        self.check_settled(moving, ENDLESS, 'completed')
        for uuid in (arrived, moving):
            self.check_moved_once(FORCE, uuid)
        self.check_next({arrived: FORCE, moving: ABORT})

    def test_post_copy_that_is_cut(self):
        """It is past the point: waited for, then left, and taken up."""
        uuid, = self.boot_all(SHORT)
        hypervisor = self.hypervisor(SHORT)
        hypervisor.hold('post_copy')
        self.migrate(uuid, SHORT, ENDLESS)
        self.api.request(
            'POST', 'servers/%s/migrations/%s/action' % (
                uuid, self.api.live_migrations(uuid)[0]['id']),
            {'force_complete': None})
        (code, took), = self.stop(SHORT).values()
        self.assertEqual(3, code)
        self.assertGreaterEqual(took, five_hosts.SHORT_RELEASE_DUE)
        self.assertEqual('interrupted',
                         self.records.last_operation(uuid)['state'])
        self.assertEqual(0, self.count(SHORT, 'abort', uuid))
        self.start_all()
        self.assertEqual('running',
                         self.records.last_operation(uuid)['state'])
        hypervisor.release('post_copy')
        self.check_settled(uuid, ENDLESS, 'completed')
        self.check_moved_once(SHORT, uuid)
        self.check_next({uuid: SHORT})
