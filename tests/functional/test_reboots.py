"""Hundreds of reboots, and an end in the middle: none lost, none twice.

The end is a stop, or a kill.
"""

import collections
import dataclasses
import queue
import threading

from nova_gs.devcloud import api_client
from tests.functional import base

HOST = 'host-a'

#: How many ask at the same time.
CLIENTS = 8

#: Servers that one request makes.
BATCH = 100

#: How many operations the host works on at a time.
AT_A_TIME = 10

#: Seconds that every part of it may take on a busy machine.
PATIENCE = 300


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the API said to a request for a reboot."""

    status: int
    request_id: str


class Asking:
    """Clients that ask for a reboot of each server, once.

    The last of them wait until they may go on, so that some are asked
    whatever happens in between.

    :param api: api_client.Client
    :param servers: their UUIDs
    :param first: how many may be asked at once
    """

    def __init__(self, api, servers, first):
        self.answers = {}
        self.failures = []
        self._api = api
        self._changed = threading.Condition()
        self._first = queue.SimpleQueue()
        self._last = queue.SimpleQueue()
        for number, uuid in enumerate(servers):
            (self._first if number < first else self._last).put(uuid)
        self._go_on = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True)
                         for _ in range(CLIENTS)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def wait_accepted(self, count):
        """Wait until so many were accepted; returns whether they were."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.failures or len(self._accepted()) >= count,
                PATIENCE) and not self.failures

    def go_on(self):
        """Let the last be asked, too."""
        self._go_on.set()

    def join(self):
        """Wait until all have been asked; returns {server: Answer}."""
        for thread in self._threads:
            thread.join(PATIENCE)
        if self.failures:
            raise self.failures[0]
        return self.answers

    def _accepted(self):
        return [answer for answer in self.answers.values()
                if answer.status == 202]

    def _run(self):
        try:
            self._ask_all(self._first)
            self._go_on.wait(PATIENCE)
            self._ask_all(self._last)
        except Exception as error:
            with self._changed:
                self.failures.append(error)
                self._changed.notify_all()

    def _ask_all(self, servers):
        while True:
            try:
                uuid = servers.get_nowait()
            except queue.Empty:
                return
            try:
                response = self._api.action(uuid, 'reboot', {'type': 'HARD'})
            except api_client.ApiError as error:
                response = error.response
            with self._changed:
                self.answers[uuid] = Answer(
                    response.status, response.request_id)
                self._changed.notify_all()


class RebootsTestCase(base.CloudTestCase):
    """A host full of guests."""

    OPTIONS = {
        'driver': 'fake', 'hosts': 1,
        'settings': ['fake.durations=reboot:0.05',
                     'compute.max_concurrent_operations=%d' % AT_A_TIME],
    }

    #: Guests in "make test", and in "make verify".
    COUNTS = (100, 500)

    def setUp(self):
        super().setUp()
        self.count = self.times(*self.COUNTS)
        self.servers = self._make_servers()

    def _make_servers(self):
        for _ in range(self.count // BATCH):
            self.api.request('POST', 'servers', {'server': {
                'name': 'guest', 'imageRef': self.api.image_id('ticker'),
                'flavorRef': '1', 'networks': 'none', 'min_count': BATCH}})

        def built():
            servers = self._list()
            self.assertEqual(self.count, len(servers))
            self.assertNotIn('ERROR', {one['status'] for one in servers})
            return {one['status'] for one in servers} == {'ACTIVE'} and [
                one['id'] for one in servers]

        return self.await_that('%d servers are built' % self.count, built,
                               PATIENCE, every=0.5)

    def _list(self):
        return self.api.get('servers/detail?limit=1000')['servers']

    def await_all(self):
        """Wait until every guest is at rest."""
        def at_rest():
            servers = self._list()
            return not any(
                one['OS-EXT-STS:task_state'] for one in servers) and servers

        servers = self.await_that('all reboots have ended', at_rest,
                                  PATIENCE, every=0.5)
        self.assertEqual({'ACTIVE'}, {one['status'] for one in servers})

    def check_journal(self, hypervisor, accepted):
        """What was accepted was begun once and ended, and nothing else was.

        :param accepted: UUIDs of those guests
        :returns: {what went wrong: how often that was}, for the figures
        """
        begun, ended = [collections.Counter(
            entry['guest'] for entry in hypervisor.journal('reboot', event))
            for event in ('begun', 'ended')]
        lost = [uuid for uuid in accepted if not ended[uuid]]
        twice = [uuid for uuid in begun if begun[uuid] > 1]
        self.assertEqual(([], []), (lost, twice))
        self.assertEqual({uuid: 1 for uuid in accepted}, dict(begun))
        self.assertEqual(begun, ended)
        return {'begun_twice': len(twice), 'lost': len(lost)}

    def check_action(self, uuid, request_id):
        """A reboot has succeeded, in all that is told of it."""
        action = self.api.instance_action(uuid, request_id)
        self.assertEqual(('reboot', None),
                         (action['action'], action['message']))
        self.assertTrue(action['events'])
        for event in action['events']:
            self.assertEqual('Success', event['result'], event)
            self.assertIsNotNone(event['finish_time'])


class TestReboots(RebootsTestCase):

    def test_stop_in_the_middle(self):
        """Each 202 is one reboot; each 409 is none."""
        hypervisor = self.hypervisor(HOST)
        began = self.clock.now()
        asking = Asking(self.api, self.servers, first=self.count * 9 // 10)
        asking.start()
        self.addCleanup(asking.go_on)
        self.assertTrue(asking.wait_accepted(self.count // 2))
        self.terminate(HOST)
        self.await_that('%s does not serve' % HOST, self._is_closed)
        asking.go_on()
        answers = asking.join()
        code, _ = self.await_exit(HOST, PATIENCE)
        self.assertEqual(0, code)
        accepted = {uuid: answer for uuid, answer in answers.items()
                    if answer.status == 202}
        refused = {uuid for uuid, answer in answers.items()
                   if answer.status == 409}
        begun_before = len(hypervisor.journal('reboot', 'begun'))
        self._check_moment(begun_before, accepted, refused)
        self.cloud.start(HOST)
        self.await_all()
        seconds = self.clock.now() - began
        self.figure('4 reboots, stop in the middle', accepted=len(accepted),
                    refused=len(refused), before_the_stop=begun_before,
                    seconds=round(seconds, 1),
                    **self.check_journal(hypervisor, accepted))
        for uuid, answer in accepted.items():
            self.check_action(uuid, answer.request_id)

    def _is_closed(self):
        service = self.api.service(HOST)
        return service['status'] == 'disabled' or service['state'] == 'down'

    def _check_moment(self, begun, accepted, refused):
        """The stop must have come between: between what, see here."""
        self.assertEqual(self.count, len(accepted) + len(refused),
                         'an answer was neither 202 nor 409')
        self.assertGreater(len(accepted), begun,
                           'nothing was left to do when the host stopped')
        self.assertTrue(refused, 'nothing was asked while the host drained')


class TestKilled(RebootsTestCase):
    """``kill -9`` with hundreds of reboots queued, a few of them begun."""

    COUNTS = (100, 300)

    def test_kill_in_the_middle(self):
        hypervisor = self.hypervisor(HOST)
        hypervisor.hold('reboot')
        self.addCleanup(hypervisor.reset)
        asking = Asking(self.api, self.servers, first=self.count)
        asking.start()
        asking.go_on()
        accepted = asking.join()
        self.assertEqual({202}, {one.status for one in accepted.values()})
        hypervisor.wait_for('reboot', count=AT_A_TIME, timeout=PATIENCE)
        self.cloud.kill(HOST)
        cut = [entry['guest']
               for entry in hypervisor.journal('reboot', 'begun')]
        self.assertEqual(AT_A_TIME, len(cut))
        hypervisor.release('reboot')
        began = self.clock.now()
        self.cloud.start(HOST)
        self.await_all()
        seconds = self.clock.now() - began
        wrong = self.check_journal(hypervisor, accepted)
        failed = [uuid for uuid, answer in accepted.items()
                  if not self._has_succeeded(uuid, answer.request_id)]
        # What had been begun is over, but nobody can tell how it ended.
        self.assertLessEqual(set(failed), set(cut))
        self.figure('2 kill -9 with queued reboots', accepted=len(accepted),
                    cut=len(cut), failed_with_a_reason=len(failed),
                    seconds=round(seconds, 1), **wrong)

    def _has_succeeded(self, uuid, request_id):
        """Return whether a reboot has; if not, its user can read why."""
        action = self.api.instance_action(uuid, request_id)
        self.assertNotIn(None, [
            event['finish_time'] for event in action['events']])
        if action['message'] is None:
            self.check_action(uuid, request_id)
            return True
        self.assertRegex(action['message'], 'Interrupted: nova-compute on '
                         'host %s ended.*ask again' % HOST)
        return False
