"""What a draining host still lets in, and what comes at its last moment.

Who steers a migration is heard to the end.  Who begins something is told at
once why not.  What comes when the host is about to leave is done, or stays
offered; and a host does not leave while its fate is not known.
"""

import collections
import random
import signal
import threading

from nova_gs.devcloud import api_client
from nova_gs.devcloud import figures
from nova_gs import objects
from tests.fixtures import requester
from tests.functional import base
from tests.functional import travellers
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION
BOTH = (SOURCE, DESTINATION)
REASON = 'nova-compute is being stopped'

#: Seconds that a refusal may take, and an answer to who steers.
ANSWERED_WITHIN = 1

#: The same around SIGTERM, when nothing says yet that the host leaves.
ANSWERED_AROUND = 2

#: Seconds before and after SIGTERM in which things come.
AROUND = 0.4

#: Seconds that a claim's outcome is waited for.
CLAIM_WITHIN = 5

#: Seconds in which it shows what becomes of what came too late.
SETTLED_WITHIN = 5

POST = 'post_live_migration_at_destination'


class Gate:
    """Tests for a TwoHostsTestCase on the fake driver."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(11)

    # -- who steers, and who begins something

    def test_steered_while_draining(self):
        steered, refused = [], []
        for draining in self.times([BOTH], [BOTH, (SOURCE,), (DESTINATION,)]):
            self.start_both()
            staying = [self.boot(host) for host in draining]
            late, hurried, *fillers, queued = travellers.bring(
                self, [travellers.PRE_COPY, travellers.PRE_COPY,
                       travellers.QUEUED])
            for host in draining:
                self.terminate(host)
            self.await_drain(*draining)
            for host, uuid in zip(draining, staying):
                refused += self._check_refusals(host, uuid)
            steered += self._steer(late, hurried, queued)
            # Nothing of it runs at the destination.
            for host in draining:
                self.assertTrue(self.lives(host), '%s left too early' % host)
            for guest in [hurried] + fillers:
                guest.let_go()
            for host in draining:
                self.assertEqual(0, self.await_exit(host)[0])
            for guest, status in ((late, 'cancelled'), (queued, 'cancelled'),
                                  (hurried, 'completed')):
                self.await_status(guest.uuid, status)
            self.delete_all()
        self._check_time('abort or force while draining', steered)
        self._check_time('refusal of a boot or a console', refused)

    def _steer(self, late, hurried, queued):
        """Abort two, hurry one; that one cannot be aborted any more.

        :returns: seconds that each answer took
        """
        self.hypervisor(SOURCE).hold('post_copy', hurried.uuid)
        took = [self.steer('abort', late.uuid),
                self.steer('abort', queued.uuid),
                self.steer('force_complete', hurried.uuid)]
        error = self.assertRaises(
            api_client.ApiError, self.steer, 'abort', hurried.uuid)
        self.assertEqual(409, error.status)
        self.assertRegex(str(error), '%s cannot be aborted: it is in '
                         'post-copy' % hurried.uuid)
        self.hypervisor(SOURCE).release('post_copy', hurried.uuid)
        for guest in (late, queued):
            self.await_status(guest.uuid, 'cancelled')
        return took

    def _check_refusals(self, host, uuid):
        """Return the seconds that each refusal took."""
        took = []
        zone = {'name': 'there', 'imageRef': self.api.image_id('ticker'),
                'flavorRef': '1', 'networks': 'none',
                'availability_zone': 'nova:' + host}
        for ask in (
                lambda: self.api.create_server('there', host=host),
                lambda: self.api.request('POST', 'servers', {'server': zone}),
                lambda: self.api.console(uuid)):
            began = self.clock.now()
            error = self.assertRaises(api_client.ApiError, ask)
            took.append(self.clock.now() - began)
            self.assertEqual(409, error.status)
            self.assertRegex(
                str(error), r'Host %s is draining \(%s; until 20\d\d-' % (
                    host, REASON))
        return took

    # -- what comes at the last moment

    def test_calls_around_the_stop(self):
        """Each is answered or refused soon; none waits for a timeout."""
        took, statuses = [], collections.Counter()
        for _ in range(self.times(1, 20)):
            self.start_both()
            uuid = self.boot(SOURCE)
            for seconds, status in self._around(
                    [lambda: self.api.console(uuid)] * 12):
                took.append(seconds)
                statuses[status] += 1
            self.assertEqual(0, self.await_exit(SOURCE)[0])
        self.assertEqual({200, 409}, set(statuses), statuses)
        self._check_time(
            'console asked around SIGTERM', took, ANSWERED_AROUND,
            answered=statuses[200], refused=statuses[409])

    def test_steps_around_the_stop(self):
        """What is offered to a host that leaves is done, or stays offered."""
        done, left = 0, 0
        for _ in range(self.times(1, 20)):
            self.start_both()
            guests = self.boot_all(*6 * [SOURCE])
            with requester.Requester(self.cloud) as asking:
                self._around([self._sender(asking, uuid) for uuid in guests],
                             before=0)
            self.assertEqual(0, self.await_exit(SOURCE)[0])
            self.await_that(
                'each is done or offered', lambda: not self._held(guests),
                SETTLED_WITHIN)
            offered = [uuid for uuid in guests if self.records.last_operation(
                uuid)['state'] == 'running']
            left += len(offered)
            done += len(guests) - len(offered)
            self.start_both()
            for uuid in guests:
                self.api.await_server(uuid, status='ACTIVE', task_state=None)
                self.assertEqual(
                    ('succeeded', 1),
                    (self.records.last_operation(uuid)['state'],
                     len(self.hypervisor(SOURCE).journal(
                         'finish_migration', 'begun', uuid))))
            self.delete_all()
        if figures.is_full():
            self.assertTrue(done and left, (done, left))
        self.figure('steps that come around SIGTERM', done=done, left=left)

    def _sender(self, asking, uuid):
        """Return what offers SOURCE the last steps of a guest's arrival."""
        instance = objects.Instance.get_by_uuid(asking.context, uuid)
        operation = objects.Operation.accept(
            asking.context, instance, kind='live-migration',
            step='live_migrate_server', task_state='migrating')
        operation = objects.Operation.claim(
            asking.context, operation.uuid, operation.step, 'test', uuid)

        def send():
            operation.offer(POST, host=SOURCE, peer_host=DESTINATION)
            asking.publisher.publish(asking.context, operation)

        return send

    def _held(self, guests):
        """Return the steps of SOURCE that claim to run."""
        return [row for row in map(self.records.last_operation, guests)
                if row['owner'] and row['host'] == SOURCE
                and row['state'] == 'running']

    def _around(self, requests, before=AROUND):
        """Make requests at random moments around SIGTERM to SOURCE.

        :param requests: functions
        :param before: how many seconds after the first moment it is sent
        :returns: [(seconds, status)] of their answers
        """
        answers, failures = [], []
        start = threading.Barrier(len(requests) + 1)
        threads = [threading.Thread(
            target=self._ask_at, daemon=True,
            args=(start, self.random.uniform(0, 2 * AROUND), request,
                  answers, failures)) for request in requests]
        for thread in threads:
            thread.start()
        start.wait(60)
        # Nothing announces the moment: it is to be any.
        threading.Event().wait(before)
        self.terminate(SOURCE)
        for thread in threads:
            thread.join(60)
        self.assertEqual(([], len(requests)), (failures, len(answers)))
        return answers

    def _ask_at(self, start, pause, request, answers, failures):
        start.wait(60)
        threading.Event().wait(pause)
        began = self.clock.now()
        status = 200
        try:
            request()
        except api_client.ApiError as error:
            status = error.status
        except Exception as error:
            failures.append(error)
        answers.append((self.clock.now() - began, status))

    # -- a claim in flight

    def test_claim_that_is_granted_late(self):
        uuid = self._stop_while_claiming(SOURCE)
        # Longer than anybody's patience but a claim's.
        self._outlast(3)
        self.assertTrue(self.lives(SOURCE), 'it did not wait for its claim')
        self._thaw()
        self.assertEqual(0, self.await_exit(SOURCE)[0])
        self.await_that('it is recorded', lambda: self.records.last_operation(
            uuid)['state'] == 'succeeded')
        self.assertEqual(1, self._reboots(uuid))

    def test_claim_whose_fate_stays_unknown(self):
        uuid = self._stop_while_claiming(SOURCE)
        stopped = self.clock.now()
        self.await_exit(SOURCE)
        took = self.clock.now() - stopped
        self.assertGreater(took, CLAIM_WITHIN - 1)
        self.assertEqual(0, self._reboots(uuid))
        self._thaw()
        self.start_both()
        self.api.await_server(uuid, status='ACTIVE', task_state=None)
        done = self.records.last_operation(uuid)['state'] == 'succeeded'
        self.assertEqual(int(done), self._reboots(uuid))
        self.figure('claim of unknown fate', sigterm_to_exit_s=round(took, 1))

    def _stop_while_claiming(self, host):
        """Let a claim hang, and the host be told to stop meanwhile.

        :returns: the UUID of the guest that is to be rebooted
        """
        uuid = self.boot(host)
        self.addCleanup(self._thaw)
        with self.records.unwritten():
            self.cloud.stop('conductor', signal.SIGSTOP, wait=False)
            self.await_that('it stands still', self._is_frozen)
        self.api.action(uuid, 'reboot', {'type': 'HARD'})
        self.await_that('it is fetched', lambda: not self.cloud.broker
                        .messages('compute.' + host))
        self.terminate(host)
        self.await_that('it waits for the claim', lambda: (
            'waiting for reboot_instance' in self.cloud.part(host)
            .process.log_tail(20)))
        return uuid

    def _outlast(self, seconds):
        """Let time pass: that nothing happens in it is what is looked at."""
        threading.Event().wait(seconds)

    def _is_frozen(self):
        pid = self.cloud.part('conductor').process.pid()
        with open('/proc/%d/stat' % pid) as stat:
            return stat.read().rpartition(')')[2].split()[0] == 'T'

    def _thaw(self):
        self.cloud.stop('conductor', signal.SIGCONT, wait=False)

    def _reboots(self, uuid):
        return len(self.hypervisor(SOURCE).journal(
            'reboot', 'begun', guest=uuid))

    def _check_time(self, what, took, within=ANSWERED_WITHIN, **more):
        self.figure('control lane: ' + what, answers=len(took),
                    median_s=round(figures.percentile(took, 50), 3),
                    max_s=round(max(took), 3), **more)
        self.assertLessEqual(max(took), base.within(within))
