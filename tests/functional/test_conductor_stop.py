"""Conductors that stop, or lose a worker, in the middle of everything.

Clients go on asking for builds, reboots and live migrations.  Whatever
becomes of the conductors: each request that was accepted is carried out
once, and nobody is told of an error.
"""

import glob
import os
import re
import signal
import threading

from nova_gs.conductor import rpcapi
from nova_gs.devcloud import procfs
from nova_gs import exception
from nova_gs.objects import fields
from tests.fixtures import requester
from tests.functional import base
from tests.functional import load

FIRST, SECOND = 'conductor', 'conductor-2'

#: How many processes SECOND has.
WORKERS = 3

CLIENTS = 4
SERVERS_EACH = 3

#: Seconds from SIGTERM to the end of a conductor that is at work.
EXIT_WITHIN = 5

#: Seconds in which a call is answered while one of two conductors stops: on
#: a machine that does much else, and on one that does not.
CALL_WITHIN = (10, 2)

#: Threads that call the conductors.
CALLERS = 8

#: Servers that one request makes.
BATCH = 100

KINDS = (load.REBOOT, load.MIGRATE, load.REBOOT, load.BOOT)


class TestConductorStop(base.Spared, base.CloudTestCase):

    OPTIONS = {
        'driver': 'fake', 'hosts': 2, 'conductors': 2,
        'settings': [
            SECOND + ':conductor.workers=%d' % WORKERS,
            'fake.durations=reboot:0.02,start_migration:0.05',
            # Room for thousands of guests.
            'compute.cpu_allocation_ratio=1000',
            'compute.ram_allocation_ratio=1000',
            # A busy machine may be late with the heartbeats, too.
            'DEFAULT.service_down_time=20'],
    }

    SOME = ('test_check_is_left_to_the_next_one',
            'test_one_of_two_in_a_flood')

    def setUp(self):
        super().setUp()
        self.begun_at = {
            service.name: os.path.getsize(service.process.log)
            for service in self.cloud.parts.services}

    # -- conductors

    def ensure_conductors(self, *names):
        """See to it that these conductors run, and no others."""
        for name in (FIRST, SECOND):
            running = bool(self.cloud.part(name).process.pid())
            if name in names and not running:
                self.cloud.start(name)
            elif name not in names and running:
                self.cloud.stop(name)

    def stop(self, name):
        """Send SIGTERM and wait for the end; returns the seconds it took."""
        sent = self.terminate(name)
        code, ended_at = self.await_exit(name)
        self.assertEqual(0, code)
        self.assertLess(ended_at - sent, base.within(EXIT_WITHIN))
        return ended_at - sent

    def workers(self):
        """Return the process ids of the workers of SECOND."""
        pids = []
        for path in glob.glob('/proc/%d/task/*/children' % (
                self.cloud.part(SECOND).process.pid())):
            with open(path, encoding='ascii') as children:
                pids += [int(pid) for pid in children.read().split()]
        return sorted(pids)

    def kill_worker(self, number):
        before = self.workers()
        self.assertEqual(WORKERS, len(before))
        os.kill(before[number], signal.SIGKILL)
        self.await_that('another worker is in its place', lambda: len(
            set(self.workers()) - {before[number]}) == WORKERS)
        self.await_that('it serves', self.cloud.part(SECOND).ready)

    def kill_parent(self):
        """Kill the parent; its workers drain and end by themselves."""
        workers = {pid: procfs.start_time(pid) for pid in self.workers()}
        self.cloud.kill(SECOND)
        self.await_that('no worker is left', lambda: not any(
            procfs.is_running(*one) for one in workers.items()),
            base.within(EXIT_WITHIN))

    # -- accounts

    def assert_no_traceback(self):
        for service in self.cloud.parts.services:
            with open(service.process.log, encoding='utf-8') as log:
                log.seek(self.begun_at[service.name])
                text = log.read()
            found = re.search(r'(?m)^.*Traceback(.*\n){1,30}', text)
            self.assertIsNone(found, '%s: %s' % (
                service.name, found and found.group()))

    def journals(self):
        return sum((self.hypervisor(host).journal()
                    for host in self.cloud.hosts), [])

    def at_rest(self):
        servers = self.api.get('servers/detail?limit=1000')['servers']
        for one in servers:
            self.assertNotEqual('ERROR', one['status'], one.get('fault'))
        return all(one['status'] == 'ACTIVE'
                   and one['OS-EXT-STS:task_state'] is None
                   for one in servers)

    # -- clients at work

    def start_load(self):
        servers = [[self.api.create_server('guest')
                    for _ in range(SERVERS_EACH)] for _ in range(CLIENTS)]
        for uuid in sum(servers, []):
            self.api.await_server(uuid, status='ACTIVE', task_state=None)
        self.load = load.Load(self.api.url, CLIENTS, KINDS, servers)
        self.addCleanup(self.load.stop)
        self.load.start()
        self.go_on()

    def go_on(self):
        """Wait until clients have got further."""
        self.assertTrue(self.load.wait_for(self.times(8, 60)),
                        'the load does not go on')

    def settle(self, scenario, seconds):
        """End the load and compare all accounts."""
        requests = self.load.stop()
        self.await_that('everything has come to rest', self.at_rest,
                        load.PATIENCE, every=0.2)
        account = load.Account(requests, self.journals())
        lost, twice = account.lost_and_twice()
        self.figure('conductor stop: ' + scenario,
                    accepted=len(account.accepted), lost=len(lost),
                    twice=len(twice),
                    seconds_to_exit_most=round(max(seconds), 3))
        self.assertEqual(([], []), (lost, twice))
        self.assertLessEqual(set(account.statuses()), {'202', '409'})
        for one in account.accepted:
            action = self.api.instance_action(one.server, one.request_id)
            self.assertEqual((None, 'Success'), (
                action['message'], action['events'][-1]['result']), one)
        self.assert_no_traceback()

    def test_one_of_two(self):
        self.ensure_conductors(FIRST, SECOND)
        self.start_load()
        seconds = []
        for name in self.times(1, 10) * [FIRST] + self.times(0, 10) * [SECOND]:
            seconds.append(self.stop(name))
            self.go_on()
            self.cloud.start(name)
        self.settle('one of two', seconds)

    def test_the_only_one(self):
        self.ensure_conductors(FIRST)
        self.start_load()
        seconds = []
        for _ in range(self.times(1, 10)):
            seconds.append(self.stop(FIRST))
            # What is asked for meanwhile is recorded, and waits.  Clients
            # whose servers are all busy ask for nothing.
            meanwhile = self.api.create_server('meanwhile')
            self.cloud.start(FIRST)
            self.api.await_server(meanwhile, status='ACTIVE')
            self.go_on()
        self.settle('the only one', seconds)

    def test_one_with_workers_one_of_them_killed(self):
        self.ensure_conductors(SECOND)
        self.start_load()
        seconds = []
        for number in range(self.times(1, 10)):
            self.kill_worker(number % WORKERS)
            self.go_on()
            if number % 2:
                self.kill_parent()
            else:
                seconds.append(self.stop(SECOND))
            self.cloud.start(SECOND)
            self.go_on()
        self.settle('one with %d workers, one of them killed' % WORKERS,
                    seconds)

    # -- a live migration whose check takes its time

    def check_migration(self, conductor):
        """Hold a check; returns (server, request id, hypervisor)."""
        self.ensure_conductors(conductor)
        server = self.boot('host-a')
        hypervisor = self.hypervisor('host-b')
        hypervisor.hold('check_migration')
        self.addCleanup(hypervisor.reset)
        request_id = self.api.live_migrate(server, 'host-b').request_id
        hypervisor.wait_for('check_migration', guest=server, timeout=30)
        return server, request_id, hypervisor

    def await_draining(self, conductor):
        self.await_that('%s drains' % conductor, lambda: self.api.service(
            conductor, 'nova-conductor')['disabled_reason'])
        self.assertIsNotNone(self.cloud.part(conductor).process.pid())

    def assert_moved(self, server, request_id, checks):
        """Wait for a server to be there, with so many checks before."""
        self.api.await_server(server, host='host-b', task_state=None)
        begun = [entry['verb'] for entry in self.journals()
                 if entry['guest'] == server and entry['event'] == 'begun']
        self.assertEqual((checks, 1), (
            begun.count('check_migration'), begun.count('start_migration')))
        action = self.api.instance_action(server, request_id)
        self.assertIsNone(action['message'])
        self.assert_no_traceback()

    def test_check_is_left_to_the_next_one(self):
        """At the second SIGTERM, and by a conductor that was killed."""
        for end in (self.hurry, self.cloud.kill)[:self.times(1, 2)]:
            server, request_id, hypervisor = self.check_migration(FIRST)
            end(FIRST)
            hypervisor.reset()
            self.cloud.start(FIRST)
            self.assert_moved(server, request_id, checks=2)

    def hurry(self, conductor):
        """Send SIGTERM twice, and see that it took both."""
        self.terminate(conductor)
        self.await_draining(conductor)
        self.stop(conductor)

    def test_sigterm_to_all_processes_is_one_sigterm(self):
        """As systemd sends it: the check is waited for, not handed on."""
        server, request_id, hypervisor = self.check_migration(SECOND)
        for pid in self.workers():
            os.kill(pid, signal.SIGTERM)
        self.terminate(SECOND)
        for pid in self.workers():
            os.kill(pid, signal.SIGTERM)
        self.await_draining(SECOND)
        hypervisor.reset()
        code, _ = self.await_exit(SECOND)
        self.assertEqual(0, code)
        self.cloud.start(SECOND)
        self.assert_moved(server, request_id, checks=1)

    # -- thousands of tasks and calls on one topic

    def test_one_of_two_in_a_flood(self):
        """Tasks and calls that a conductor had fetched go elsewhere."""
        before = self.spawned()
        self.ensure_conductors()
        wanted = self.ask_for_servers(self.times(100, 4000))
        for name in (FIRST, SECOND):
            self.cloud.start(name, wait=False)
        calls = Calls(self.useFixture(requester.Requester(self.cloud)),
                      self.times(100, 1000))
        self.await_that('builds are under way', lambda: (
            self.spawned() - before > wanted // 10), load.PATIENCE)
        calls.start()
        seconds = self.stop(FIRST)
        done_then = self.spawned() - before
        self.await_that('all is built', self.at_rest, 4 * load.PATIENCE,
                        every=0.5)
        self.assertLess(done_then, wanted, 'it was no flood any more')
        outcomes, slowest = calls.join()
        self.figure('conductor stop: flood', builds=wanted, lost=wanted - (
            self.spawned() - before), built_before_the_exit=done_then,
            calls=len(outcomes), seconds_of_slowest_call=round(slowest, 3),
            seconds_to_exit=round(seconds, 3))
        self.assertEqual(wanted, self.spawned() - before)
        self.assertEqual({'answered'}, set(outcomes))
        self.assertLess(slowest, self.times(*CALL_WITHIN))
        self.assert_no_traceback()

    def spawned(self):
        """Return how many guests the hypervisors have begun to make."""
        return sum(entry['verb'] == 'spawn' and entry['event'] == 'begun'
                   for entry in self.journals())

    def ask_for_servers(self, count):
        for _ in range(count // BATCH):
            self.api.request('POST', 'servers', {'server': {
                'name': 'flood', 'imageRef': self.api.image_id('ticker'),
                'flavorRef': '1', 'networks': 'none', 'min_count': BATCH}})
        return count // BATCH * BATCH


class Calls:
    """Calls to the conductors from several threads, as computes make them.

    :param asker: requester.Requester
    :param count: how many
    """

    def __init__(self, asker, count):
        self._context = asker.context
        self._clock = asker.clock
        self._conductor = rpcapi.ConductorAPI(asker.conf, asker.transport)
        self._taken = []
        self._threads = [
            threading.Thread(target=self._run, args=(count // CALLERS,),
                             daemon=True) for _ in range(CALLERS)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def join(self):
        """Return (outcomes, seconds that the slowest took)."""
        for thread in self._threads:
            thread.join(load.PATIENCE)
        return ([outcome for outcome, _ in self._taken],
                max(seconds for _, seconds in self._taken))

    def _run(self, count):
        for _ in range(count):
            began = self._clock.now()
            outcome = self._call()
            self._taken.append((outcome, self._clock.now() - began))

    def _call(self):
        try:
            self._conductor.object_class_action_versions(
                self._context, 'ServiceList', 'get_minimum_version',
                {'ServiceList': '1.0', 'Service': '1.0'},
                (fields.Binary.COMPUTE,), {})
        except exception.NovaGSException as error:
            return exception.reason_of(error)
        return 'answered'
