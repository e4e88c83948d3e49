"""Calls that nobody waits for any more are not begun.

A host is away, or stands still, while calls pile up in its queues.  Some of
their callers leave, some are killed, some wait.  When the host is back it
must tell one from the other, and whoever waits must not notice.
"""

import contextlib
import os
import signal
import threading
import uuid as uuids

from nova_gs.compute import peers
from nova_gs.compute import rpcapi
from nova_gs import exception
from nova_gs import objects
from nova_gs.rpc import catalogue
from nova_gs.rpc import channels
from nova_gs.rpc import client as rpc_client
from nova_gs.rpc import transport
from tests.fixtures import requester
from tests.functional import base
from tests.functional import two_hosts

SOURCE, DESTINATION = two_hosts.SOURCE, two_hosts.DESTINATION

#: Seconds for one thing, on a machine that does much else.
PATIENCE = two_hosts.PATIENCE

#: Threads of each queue; so many answers that nobody takes must not hold up
#: those that somebody waits for.
WORKERS = 2

#: Seconds after which a call's library gives up that nobody answers.
SOON = 2

#: Seconds after which callers leave that are bounded; longer than a host has
#: to stand still until it notices.
LEFT_AFTER = 1.5

#: Seconds from a call to its receipt, on a machine that does much else.
UNDER_WAY_AT_MOST = 2

#: Seconds from a host's being ready to its answer, when WORKERS or more of
#: its callers have died; a try to reach one of them lasts a minute.
ANSWERED_WITHIN = 15

NEW_WORK = catalogue.Topic.NEW_WORK.queue(DESTINATION)
ONGOING = catalogue.Topic.ONGOING.queue(DESTINATION)


class Caller:
    """One call, in a thread of its own.

    :param function: called without arguments
    """

    def __init__(self, function):
        self._function = function
        self._outcome = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def outcome(self, timeout=PATIENCE):
        """Return what came of it, or None if it waits for longer."""
        self._thread.join(timeout)
        return self._outcome

    def _run(self):
        try:
            self._outcome = self._function()
        except Exception as error:
            self._outcome = error


class StaleTestCase(two_hosts.TwoHostsTestCase):

    OPTIONS = {'driver': 'fake', 'hosts': 2, 'settings': [
        # A second one waits at its source for the end of the first.
        'DEFAULT.max_concurrent_live_migrations=1',
        # In the order in which they were asked for.
        'compute.max_concurrent_operations=1',
        'compute.rpc_workers=%d' % WORKERS,
        'compute.rpc_alt_workers=%d' % WORKERS]}

    def setUp(self):
        super().setUp()
        self.requester = self.useFixture(requester.Requester(self.cloud))
        self.addCleanup(self.delete_all)

    def console(self, instance, bound=None, compute=None):
        """Return a Caller that asks for a guest's console.

        :param bound: the most seconds that it waits; None for as long as a
            user does, who leaves when nobody reads the host's queue
        """
        def ask():
            with rpc_client.at_most(bound):
                return (compute or self.requester.compute).get_console_output(
                    self.requester.context, DESTINATION, instance, 5)

        return Caller(ask)

    def begun(self, verb, host=DESTINATION):
        """Return which guests a verb was begun for, in order."""
        return [entry['guest'] for entry
                in self.hypervisor(host).journal(verb, 'begun')]

    @contextlib.contextmanager
    def standing_still(self):
        process = self.cloud.part(DESTINATION).process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def instance(self, uuid):
        return objects.Instance.get_by_uuid(self.requester.context, uuid)

    def await_waiting(self, queue, count):
        """Wait until so many messages, or more, wait in a queue.

        The sweeper sends offered steps again; each is begun once.
        """
        self.await_that('%d messages wait in %s' % (count, queue), lambda: (
            self.cloud.broker.messages(queue) >= count), PATIENCE, every=0.1)

    def await_read(self, queue):
        """Wait until nothing waits in a queue."""
        self.await_that('%s is read' % queue, lambda: (
            not self.cloud.broker.messages(queue)), PATIENCE, every=0.1)


class TestStale(base.Spared, StaleTestCase):

    SOME = ('test_what_has_waited', 'test_what_has_come_meanwhile')

    # -- a host that was away

    def test_what_has_waited(self):
        """Casts run once and in order, calls if somebody waits."""
        for _ in range(self.times(1, 20)):
            self._one_round(*self.times((4, 2), (40, 10)))

    def _one_round(self, valid, late):
        self.start_both()
        moves = self.boot_all(SOURCE, SOURCE)
        guests = self.boot_all(*(valid + late) * [DESTINATION])
        late = guests[1::2][:late]
        before = {verb: len(self.begun(verb)) for verb in (
            'reboot', 'console_output', 'accept_migration')}
        self._begin_moves(moves)
        before['accept_migration'] += 1
        self.cloud.kill(DESTINATION)
        self._ask_for_reboots(guests, late)
        left = self._call_and_leave(guests[0])
        waits = self.console(self.instance(guests[0]), PATIENCE)
        self.await_waiting(NEW_WORK, len(guests) + left + 1)
        self._lose_source(moves, left)
        self._lose_source(moves, left)
        seen = os.path.getsize(self.cloud.part(DESTINATION).process.log)
        self.cloud.start(DESTINATION)
        ready = self.clock.now()
        self.assertIsInstance(waits.outcome(), str)
        answered = self.clock.now() - ready
        self._check_reboots(guests, late, before['reboot'])
        self.await_read(ONGOING)
        self._check_calls(before)
        self._check_asked(seen, left)
        self.start_both()
        self._check_moves(moves)
        self.check_used(dict(
            zip(moves, (DESTINATION, SOURCE)), **dict.fromkeys(
                guests, DESTINATION)))
        self._check_calls(before)
        self.assertLess(answered, ANSWERED_WITHIN)
        self.figure('4 stale messages', reboots=len(guests) - len(late),
                    expired=len(late), calls_left=2 * left + 1,
                    answered_after_s=round(answered, 2))
        self.delete_all()

    def _begin_moves(self, moves):
        """The first is under way, the second waits for its end."""
        self.hypervisor(SOURCE).hold('start_migration', moves[0])
        for uuid in moves:
            self.api.live_migrate(uuid, DESTINATION)
            self.await_status(
                uuid, 'running' if uuid == moves[0] else 'queued')

    def _ask_for_reboots(self, guests, late):
        for uuid in guests:
            self.api.action(uuid, 'reboot', {'type': 'HARD'})
        for uuid in late:
            self.records.expire(uuid)
        for uuid in late:
            self.await_that('it is too late', lambda uuid=uuid: (
                self.records.last_operation(uuid)['state'] == 'failed'))

    def _call_and_leave(self, uuid):
        """Make calls whose callers leave, half of them with their process.

        :returns: how many wait in each queue now
        """
        instance = self.instance(uuid)
        with self._process() as other:
            doors = WORKERS * [self.requester.compute, other]
            self._check_left([self.console(instance, compute=compute)
                              for compute in doors])
            self.requester.conf.set_override('rpc_response_timeout', SOON)
            self._check_left([self._room(instance, compute)
                              for compute in doors])
            self.requester.conf.clear_override('rpc_response_timeout')
        return len(doors)

    def _room(self, instance, compute):
        return Caller(lambda: compute.pre_live_migration(
            self.requester.context, DESTINATION, str(uuids.uuid4()),
            instance, objects.MigrateData()))

    def _check_left(self, callers):
        for caller in callers:
            self.assertIsInstance(caller.outcome(), (
                exception.HostUnavailable, exception.PeerUnavailable))

    @contextlib.contextmanager
    def _process(self):
        """Yield the ComputeAPI of a process that ends with the block.

        What it is answered by has vanished then, as it does some time after
        a process that was killed.
        """
        made = transport.create(self.requester.conf)
        yield rpcapi.ComputeAPI(
            self.requester.conf, made, self.clock,
            peers.Peers(self.requester.context, self.clock),
            threading.Event())
        queue = made._driver._reply_q
        made.cleanup()
        with channels.opened(self.requester.transport) as channel:
            channel.queue_delete(queue)

    def _lose_source(self, moves, left):
        """The second move begins, asks for a room, and is killed."""
        self.hypervisor(SOURCE).release('start_migration', moves[0])
        # The first one's next step, and the second one's call.
        self.await_waiting(ONGOING, left + 2)
        self.cloud.kill(SOURCE)

    def _check_reboots(self, guests, late, before):
        for uuid in guests:
            self.api.await_server(uuid, PATIENCE, status='ACTIVE',
                                  task_state=None)
        self.assertEqual([uuid for uuid in guests if uuid not in late],
                         self.begun('reboot')[before:])
        for uuid in guests:
            operation = self.records.last_operation(uuid)
            self.assertEqual('failed' if uuid in late else 'succeeded',
                             operation['state'])
            if uuid in late:
                self.assertIn('expired', operation['error'])

    def _check_calls(self, before):
        """Only who has waited was answered, and no room is kept."""
        self.assertEqual(before['console_output'] + 1,
                         len(self.begun('console_output')))
        self.assertEqual(before['accept_migration'],
                         len(self.begun('accept_migration')))
        for host in (SOURCE, DESTINATION):
            self.assertEqual({}, self.hypervisor(host).world()['rooms'])

    def _check_asked(self, seen, left):
        """None of the calls was there in vain, or had vanished before."""
        with open(self.cloud.part(DESTINATION).process.log,
                  encoding='utf-8') as log:
            log.seek(seen)
            said = log.read()
        for name, calls in (('get_console_output', left + 1),
                            ('pre_live_migration', left + 1)):
            self.assertEqual(calls, said.count(
                'cannot tell whether anybody still waits for %s' % name))

    def _check_moves(self, moves):
        self.await_arrival(moves[0], DESTINATION)
        self.api.await_server(moves[1], PATIENCE, status='ACTIVE',
                              task_state=None, host=SOURCE)
        self.assertEqual('error', self.status(moves[1]))
        self.assertEqual([], self.records.open())

    # -- a host that stood still

    def test_what_has_come_meanwhile(self):
        """SIGSTOP, calls whose callers leave, SIGCONT."""
        [guest] = self.boot_all(DESTINATION)
        instance = self.instance(guest)
        for _ in range(self.times(1, 20)):
            before = len(self.begun('console_output'))
            with self.standing_still():
                waits = self.console(instance, PATIENCE)
                self._leave_consoles(instance)
            self.assertIsInstance(waits.outcome(), str)
            self._check_begun(instance, before + 1)

    def test_what_was_in_hand(self):
        """Calls wait for a thread while the host stands still, or works."""
        [guest] = self.boot_all(DESTINATION)
        instance, hypervisor = (
            self.instance(guest), self.hypervisor(DESTINATION))
        self.addCleanup(hypervisor.reset)
        for still in 10 * (self.standing_still, contextlib.nullcontext):
            before = len(self.begun('console_output'))
            hypervisor.hold('console_output')
            busy = [self.console(instance, PATIENCE)
                    for _ in range(WORKERS)]
            hypervisor.wait_for('console_output', count=before + WORKERS,
                                timeout=PATIENCE)
            waits = self.console(instance, PATIENCE)
            with still():
                self._leave_consoles(instance)
                # What has been under way is no part of what is measured.
                threading.Event().wait(UNDER_WAY_AT_MOST)
            hypervisor.release('console_output')
            for caller in busy + [waits]:
                self.assertIsInstance(caller.outcome(), str)
            self._check_begun(instance, before + WORKERS + 1)

    def _leave_consoles(self, instance):
        self._check_left([self.console(instance, LEFT_AFTER)
                          for _ in range(2 * WORKERS)])

    def _check_begun(self, instance, count):
        """Whoever asks now stands behind all others."""
        self.await_read(NEW_WORK)
        self.assertIsInstance(
            self.console(instance, PATIENCE).outcome(), str)
        self.assertEqual(count + 1, len(self.begun('console_output')))


class TestRoomTooLate(base.Spared, StaleTestCase):
    """A destination stands still while it makes room."""

    #: What a source waits for a sign of life, in seconds.
    GIVES_UP_AFTER = 5

    OPTIONS = dict(StaleTestCase.OPTIONS, settings=[
        '%s:DEFAULT.rpc_response_timeout=%d' % (SOURCE, GIVES_UP_AFTER),
        *StaleTestCase.OPTIONS['settings']])

    def test_source_has_given_up(self):
        """Before the hypervisor made it, or after."""
        hypervisor = self.hypervisor(DESTINATION)
        for at in 5 * ('begin', 'answer'):
            [guest] = self.boot_all(SOURCE)
            hypervisor.hold('accept_migration', guest, at=at)
            self.api.live_migrate(guest, DESTINATION)
            hypervisor.wait_for('accept_migration', guest=guest,
                                timeout=PATIENCE)
            with self.standing_still():
                hypervisor.release('accept_migration', guest)
                self.await_that('the source has given up', lambda guest=guest:
                                self.records.last_operation(guest)[
                                    'step'] != 'live_migration' or
                                not self.records.open(), PATIENCE, every=0.1)
            self.api.await_server(guest, PATIENCE, status='ACTIVE',
                                  task_state=None, host=SOURCE)
            self.assertEqual('error', self.status(guest))
            self.await_that('the room is given back', lambda: (
                not hypervisor.world()['rooms']), PATIENCE)
            self.await_read(ONGOING)
            self.assertEqual([], self.records.open())
