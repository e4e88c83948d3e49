"""What others see of a host that drains, and what they are refused."""

import contextlib
import dataclasses
import datetime
import random
import threading

from nova_gs.devcloud import api_client
from nova_gs.devcloud import figures
from tests.functional import base

SOURCE, OTHER = 'host-a', 'host-b'
REASON = 'nova-compute is being stopped'

#: Seconds after SIGTERM in which the queue of new work is left.
CLOSED_WITHIN = 1

#: Seconds that a refusal may take.
REFUSED_WITHIN = 2

#: Seconds that a drain may take at most; what the services are told.
BUDGET = 180


@dataclasses.dataclass(frozen=True)
class Look:
    """How many consumers two queues had between two moments."""

    began: float
    ended: float
    new_work: int
    ongoing: int


@dataclasses.dataclass(frozen=True)
class Request:
    """A request for a migration; no id when it was refused at once."""

    began: float
    answered: float
    request_id: str | None


class Drained:
    """One drain of SOURCE: when it began, and how often it reported."""

    def __init__(self, test, sent, count):
        self.test = test
        self.sent = sent
        self._count = count
        self.looks = []

    def now(self):
        return self.test.clock.utcnow().timestamp()

    def look(self):
        """Ask the broker who consumes; returns the Look."""
        broker, began = self.test.cloud.broker, self.now()
        new_work = broker.consumers('compute.' + SOURCE)
        ongoing = broker.consumers('compute-alt.' + SOURCE)
        self.looks.append(Look(began, self.now(), new_work, ongoing))
        return self.looks[-1]

    def is_known(self):
        """Whether os-services shows that the host drains."""
        service = self.test.api.service(SOURCE)
        return 'draining' in (service['disabled_reason'] or '') and service

    def end(self):
        """Let the reboot go; returns (its end, exit code, exit)."""
        hypervisor = self.test.hypervisor(SOURCE)
        hypervisor.release('reboot')
        call = hypervisor.wait_for('reboot', 'ended', count=self._count,
                                   timeout=30)
        return (call['t'], *self.test.await_exit(SOURCE))


class ClearedTestCase(base.CloudTestCase):
    """Both hosts are there, and empty."""

    OPTIONS = {'driver': 'fake', 'hosts': 2}
    SHARED = True

    def setUp(self):
        super().setUp()
        self.ensure_up()
        self.addCleanup(self._delete_all)

    def _delete_all(self):
        self.ensure_up()
        for server in self.api.get('servers')['servers']:
            self.api.delete_server(server['id'])
            self.api.await_gone(server['id'])


class DrainTestCase(ClearedTestCase):
    """SOURCE has two guests, OTHER three, so that SOURCE is emptier."""

    def setUp(self):
        super().setUp()
        self.kept = self.boot(SOURCE, name='kept')
        self.mover = self.boot(SOURCE, name='mover')
        self.guests = [self.boot(OTHER, name='guest') for _ in range(3)]

    @contextlib.contextmanager
    def drain(self):
        """SIGTERM to SOURCE while a reboot of ``kept`` does not end."""
        hypervisor = self.hypervisor(SOURCE)
        count = len(hypervisor.journal('reboot', 'begun')) + 1
        hypervisor.hold('reboot', self.kept)
        try:
            self.api.action(self.kept, 'reboot', {'type': 'HARD'})
            hypervisor.wait_for('reboot', count=count, timeout=30)
            yield Drained(self, self.terminate(SOURCE), count)
        finally:
            hypervisor.release('reboot')
            self.await_exit(SOURCE)
            self.ensure_up()
        self.api.await_server(self.kept, status='ACTIVE', task_state=None)


class TestWhoListens(DrainTestCase):

    def test_consumers_and_record(self):
        """The first queue is left at once, the second at the end."""
        closed, left = [], []
        for _ in range(self.times(2, 20)):
            with self.drain() as drained:
                took = self._watch_close(drained)
                self._check_record(drained)
                self._check_heartbeat(drained)
                self._check_scheduling()
                last_work, code, exited = self._watch_end(drained)
            self._check_looks(drained, last_work)
            self.assertEqual(0, code)
            closed.append(took)
            left.append(exited - last_work)
        self.figure(
            '3 SIGTERM to no consumer on compute', runs=len(closed),
            median_s=round(figures.percentile(closed, 50), 3),
            max_s=round(max(closed), 3),
            exit_after_last_work_max_s=round(max(left), 3))
        self.assertLessEqual(max(closed), base.within(CLOSED_WITHIN))

    def _watch_close(self, drained):
        """Look until the first queue has no consumer; return seconds."""
        look = self.await_that(
            'compute.%s is left' % SOURCE,
            lambda: drained.look().new_work == 0 and drained.looks[-1], 10)
        return look.ended - drained.sent

    def _check_record(self, drained):
        service = self.await_that('os-services shows the drain',
                                  drained.is_known, 5)
        self.assertEqual(('disabled', 'up'),
                         (service['status'], service['state']))
        words, _, until = service['disabled_reason'].partition(', until ')
        self.assertEqual('draining: ' + REASON, words)
        deadline = datetime.datetime.fromisoformat(until).timestamp()
        self.assertTrue(
            drained.sent + BUDGET - 5 < deadline < drained.sent + BUDGET + 5,
            service['disabled_reason'])

    def _check_heartbeat(self, drained):
        """Two more heartbeats come, the last of them after a second."""
        seen = {self.api.service(SOURCE)['updated_at']}

        def beaten():
            drained.look()
            seen.add(self.api.service(SOURCE)['updated_at'])
            return (len(seen) > 2
                    and drained.now() > drained.sent + CLOSED_WITHIN)

        self.await_that('heartbeats of a draining host', beaten, 20)
        self.assertEqual('up', self.api.service(SOURCE)['state'])

    def _check_scheduling(self):
        """The emptier host is passed by, and refused when it is named."""
        uuid = self.api.create_server('anywhere')
        self.api.await_server(uuid, status='ACTIVE', host=OTHER)
        error = self.assertRaises(
            api_client.ApiError, self.api.create_server, 'there',
            host=SOURCE)
        self.assertEqual(409, error.status)

    def _watch_end(self, drained):
        """Let the reboot end, looking all the while."""
        self.assertEqual(1, drained.look().ongoing)
        result = drained.end()
        self.assertEqual(0, drained.look().ongoing)
        return result

    def _check_looks(self, drained, last_work):
        late = [look for look in drained.looks
                if look.began >= drained.sent + CLOSED_WITHIN]
        self.assertGreater(len(late), 1, 'nobody looked after one second')
        self.assertEqual({0}, {look.new_work for look in late})
        busy = {look.ongoing for look in drained.looks
                if look.ended <= last_work}
        self.assertEqual({1}, busy)

    def test_emptier_host_is_chosen_otherwise(self):
        """Else passing by SOURCE would prove nothing."""
        uuid = self.api.create_server('anywhere')
        self.api.await_server(uuid, status='ACTIVE', host=SOURCE)


class TestRefusals(DrainTestCase):

    def setUp(self):
        super().setUp()
        self.stopped = self.boot(SOURCE, name='stopped')
        self.api.action(self.stopped, 'os-stop')
        self.api.await_server(self.stopped, status='SHUTOFF',
                              task_state=None)

    def test_refused_with_reason(self):
        """Whatever asks something of a draining host hears why not."""
        took, later = [], []
        for _ in range(self.times(2, 20)):
            with self.drain() as drained:
                self.await_that('os-services shows the drain',
                                drained.is_known, 5)
                for what, uuid, ask in self._requests():
                    took.append(self._check_refused(what, uuid, ask))
                later.append(self._check_nowhere_to_go())
                _, code, _ = drained.end()
            self.assertEqual(0, code)
        self.figure(
            '5 refusal by a draining host', runs=len(took),
            median_s=round(figures.percentile(took, 50), 3),
            max_s=round(max(took), 3),
            no_host_left_max_s=round(max(later), 3))
        self.assertLessEqual(max(took), base.within(REFUSED_WITHIN))
        self.assertLessEqual(max(later), base.within(REFUSED_WITHIN))

    def _requests(self):
        """Return (what, server, function that asks)."""
        api, mover, guest = self.api, self.mover, self.guests[0]
        return (
            ('live migration from it', mover,
             lambda: api.live_migrate(mover, OTHER)),
            ('live migration from it to anywhere', mover,
             lambda: api.live_migrate(mover)),
            ('live migration to it', guest,
             lambda: api.live_migrate(guest, SOURCE)),
            ('reboot', mover,
             lambda: api.action(mover, 'reboot', {'type': 'SOFT'})),
            ('stop', mover, lambda: api.action(mover, 'os-stop')),
            ('delete', mover, lambda: api.delete_server(mover)),
            ('start', self.stopped,
             lambda: api.action(self.stopped, 'os-start')),
        )

    def _check_refused(self, what, uuid, ask):
        """Ask; return how many seconds the refusal took."""
        began = self.clock.now()
        error = self.assertRaises(api_client.ApiError, ask)
        took = self.clock.now() - began
        self.assertEqual(409, error.status, what)
        year = self.clock.utcnow().year
        for word in (SOURCE, 'draining', REASON, 'until %d-' % year):
            self.assertIn(word, str(error), what)
        server = self.api.server(uuid)
        self.assertIsNone(server['OS-EXT-STS:task_state'], what)
        self.assertEqual(
            'SHUTOFF' if uuid == self.stopped else 'ACTIVE',
            server['status'], what)
        known = self.api.get('servers/%s/os-instance-actions' % uuid)
        self.assertNotIn(error.response.request_id, {
            action['request_id'] for action in known['instanceActions']})
        return took

    def _check_nowhere_to_go(self):
        """With no other host a migration ends soon, and says why."""
        guest = self.guests[1]
        began = self.clock.now()
        request = self.api.live_migrate(guest)
        self.api.await_server(guest, status='ACTIVE', task_state=None)
        took = self.clock.now() - began
        action = self.api.instance_action(guest, request.request_id)
        self.assertIn('Host %s is draining' % SOURCE, action['message'])
        newest = self.api.migrations(guest)[0]
        self.assertEqual('error', newest['status'])
        return took


class TestAtThatMoment(ClearedTestCase):

    #: Guests on each host, each with a request of its own.
    GUESTS = 5

    #: Seconds before and after SIGTERM in which requests come.
    AROUND = 0.1

    def setUp(self):
        super().setUp()
        self.random = random.Random(5)
        self.servers = {}
        for host, other in ((SOURCE, OTHER), (OTHER, SOURCE)):
            for _ in range(self.GUESTS):
                self.servers[self.boot(host)] = host

    def test_migrations_asked_as_the_host_leaves(self):
        """Whoever comes too late learns it soon, whatever is under way."""
        took, asked, exits = [], 0, []
        for _ in range(self.times(2, 20)):
            self.ensure_up()
            sent, requests = self._ask_around()
            asked += len(requests)
            took += self._refusals(requests)
            code, ended = self.await_exit(SOURCE)
            self.assertEqual(0, code)
            exits.append(ended - sent)
        self.assertTrue(took, 'nobody came too late')
        self.figure(
            '5 migrations asked around SIGTERM', asked=asked,
            refused=len(took), median_s=round(figures.percentile(took, 50), 3),
            max_s=round(max(took), 3), exit_max_s=round(max(exits), 3))
        self.assertLessEqual(max(took), base.within(REFUSED_WITHIN))

    def _ask_around(self):
        """SIGTERM amid requests.

        :returns: (when it was sent, {server: Request})
        """
        asked = {}
        start = threading.Barrier(len(self.servers) + 1)
        threads = [
            threading.Thread(target=self._ask, daemon=True, args=(
                uuid, start, self.random.uniform(0, 2 * self.AROUND), asked))
            for uuid in self.servers]
        for thread in threads:
            thread.start()
        start.wait(60)
        # Nothing announces the moment: it is to be any.
        threading.Event().wait(self.AROUND)
        sent = self.terminate(SOURCE)
        for thread in threads:
            thread.join(60)
        self.assertEqual(set(self.servers), set(asked))
        return sent, asked

    def _ask(self, uuid, start, pause, asked):
        start.wait(60)
        threading.Event().wait(pause)
        began = self.clock.now()
        try:
            request_id = self.api.live_migrate(uuid).request_id
        except api_client.ApiError as error:
            if error.status != 409:
                raise
            request_id = None
        asked[uuid] = Request(began, self.clock.now(), request_id)

    def _refusals(self, asked):
        """Return how many seconds each refusal took, at once or later."""
        ends = {}

        def ended():
            for server in self.api.get('servers/detail')['servers']:
                if server['OS-EXT-STS:task_state'] is None:
                    ends.setdefault(server['id'], self.clock.now())
            return len(ends) == len(asked)

        self.await_that('all migrations have ended', ended, 120, every=0.02)
        took = []
        for uuid, request in asked.items():
            self.assertEqual('ACTIVE', self.api.server(uuid)['status'])
            if request.request_id is None:
                took.append(request.answered - request.began)
            elif self._was_refused(uuid, request.request_id):
                took.append(ends[uuid] - request.began)
        return took

    def _was_refused(self, uuid, request_id):
        message = self.api.instance_action(uuid, request_id)['message']
        if message is None:
            return False
        self.assertIn(SOURCE, message)
        self.assertTrue(
            'draining' in message or 'is stopped' in message, message)
        return True
