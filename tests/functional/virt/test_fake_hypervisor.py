"""Real processes, killed at the worst moments: a guest stays in one place."""

import concurrent.futures
import random
import subprocess
import sys

import fixtures

from nova_gs import clock
from nova_gs.devcloud import waiting
from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.fake import client
from nova_gs.virt.fake import journal
from nova_gs.virt.fake import process
from nova_gs.virt.fake import protocol
from tests.unit import base

GUEST = '7e9a4a8c-0000-4000-8000-000000000001'

#: A client in a process of its own, to be killed: SOCKET VERB GUEST.
CLIENT = '''
import json, sys
from nova_gs.virt.fake import client, protocol
path, verb, guest, args = sys.argv[1:]
one = client.Client(path)
found = one.call(protocol.Call(verb, guest, json.loads(args)))
if verb == 'start_migration':
    one.call(protocol.Call('wait', guest, {'migration': found,
                                           'timeout': 600}))
'''


class TestCase(base.TestCase):
    """A source and a destination with a guest of 128 MiB at the source."""

    def setUp(self):
        super().setUp()
        directory = self.useFixture(fixtures.TempDir()).path
        self.image = self._file(directory + '/image')
        self.source = self._host('source', directory)
        self.dest = self._host('dest', directory)
        self._spawn(GUEST)

    @staticmethod
    def _file(path):
        with open(path, 'wb') as stream:
            stream.write(b'image')
        return path

    def _host(self, name, directory):
        host = process.HypervisorProcess(name, directory).start()
        self.addCleanup(host.stop)
        return host

    def _call(self, host, verb, guest=GUEST, **args):
        return client.Client(host.socket).call(
            protocol.Call(verb, guest, args))

    def _spawn(self, guest):
        self._call(self.source, 'spawn', guest, image_path=self.image,
                   name='one', memory_mb=128, vcpus=1, root_gb=1)

    def _client(self, host, verb, args='{}'):
        child = subprocess.Popen(
            [sys.executable, '-c', CLIENT, host.socket, verb, GUEST, args],
            stderr=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def _start(self, source=None, dest=None, guest=GUEST):
        source, dest = source or self.source, dest or self.dest
        self._call(dest, 'accept_migration', guest, memory_mb=128,
                   source_host=source.name)
        return self._call(source, 'start_migration', guest,
                          target_uri=protocol.uri_of(dest.socket))

    def _wait(self, migration, host=None, guest=GUEST, timeout=20):
        return self._call(host or self.source, 'wait', guest,
                          migration=migration, timeout=timeout)

    def _where(self, guest=GUEST):
        return [host.name for host in (self.source, self.dest)
                if guest in host.world()['guests']]

    def _state(self, host):
        return driver.PowerState(self._call(host, 'get_guest'))

    def _is_only_at(self, host):
        self.assertEqual([host.name], self._where())
        self.assertEqual(driver.PowerState.RUNNING, self._state(host))


class LifeTestCase(TestCase):

    def test_a_killed_client_changes_nothing(self):
        self.source.control.hold('reboot')
        child = self._client(self.source, 'reboot')
        self.source.control.wait_for('reboot', 'begun')
        child.kill()
        child.wait()
        self.source.control.release('reboot')
        self.source.control.wait_for('reboot', 'ended')
        self.assertEqual(
            ['begun', 'ended'],
            [one['event'] for one in self.source.journal()
             if one['verb'] == 'reboot'])
        boots = self.source.world()['guests'][GUEST]['boots']
        self.assertEqual(2, len(boots))

    def test_a_killed_hypervisor_has_its_guests_again(self):
        self.source.control.hold('reboot')
        self._client(self.source, 'reboot')
        self.source.control.wait_for('reboot', 'begun')
        before = self.source.world()
        self.source.kill()
        error = self.assertRaises(exception.HypervisorUnavailable,
                                  self._call, self.source, 'get_guest')
        self.assertIn(self.source.socket, str(error))
        self.source.start()
        self.assertEqual(before, self.source.control.world())
        self._is_only_at(self.source)
        self._call(self.source, 'reboot')

    def test_sigterm_ends_it_cleanly_and_fails_what_is_held(self):
        self.source.control.hold('reboot')
        child = self._client(self.source, 'reboot')
        self.source.control.wait_for('reboot', 'begun')
        self.assertEqual(0, self.source.stop())
        self.assertNotEqual(0, child.wait(20))
        entries = self.source.journal()
        self.assertEqual(
            [('reboot', 'failed'), ('hypervisor', 'ended')],
            [(one['verb'], one['event']) for one in entries[-2:]])
        self.source.start()
        self._is_only_at(self.source)

    def test_sigterm_with_a_migration_leaves_the_guest_here(self):
        self.source.control.hold('start_migration')
        migration = self._start()
        self.dest.control.wait_for('open_arrival', 'ended')
        self.assertEqual(0, self.source.stop())
        self.source.start()
        self.assertIn('restarted', self._wait(migration)['reason'])
        self._is_only_at(self.source)

    def test_a_second_process_is_refused(self):
        self.assertRaises(RuntimeError, process.HypervisorProcess(
            self.source.name, self.source.socket.rpartition('/')[0]).start)
        self._is_only_at(self.source)

    def test_many_calls_at_once(self):
        guests = ['guest-%d' % number for number in range(200)]
        for guest in guests:
            self._spawn(guest)
        self.source.control.set_duration('reboot', 0.05)
        ticks = clock.Clock()
        began = ticks.now()
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            list(pool.map(
                lambda guest: self._call(self.source, 'reboot', guest),
                guests))
        # 200 calls of 0.05 s, ten at a time, last at least 1 s.
        self.assertLess(ticks.now() - began, 5)
        self.assertEqual(
            200, len(self.source.control.journal('reboot', 'ended')))


class MigrationTestCase(TestCase):

    def test_it_goes_on_without_its_client_and_can_be_adopted(self):
        self.source.control.hold('start_migration')
        self._call(self.dest, 'accept_migration', memory_mb=128,
                   source_host='source')
        child = self._client(
            self.source, 'start_migration',
            '{"target_uri": "%s"}' % protocol.uri_of(self.dest.socket))
        self.source.control.wait_for('start_migration', 'begun')
        child.kill()
        child.wait()
        # It has begun before it is known.
        adopted = waiting.until(
            lambda: self._call(self.source, 'adopt_migration'), 20)
        self.source.control.release('start_migration')
        self.assertTrue(self._wait(adopted)['arrived'])
        self._is_only_at(self.dest)
        self.assertEqual(1, len(
            self.source.control.journal('start_migration', 'begun')))

    def _pre_copying(self):
        self.source.control.hold('start_migration')
        migration = self._start()
        self.dest.control.wait_for('open_arrival', 'ended')
        return migration

    def test_the_source_is_killed_in_pre_copy(self):
        migration = self._pre_copying()
        self.source.kill()
        self.source.start()
        self.assertFalse(self._wait(migration)['arrived'])
        self._is_only_at(self.source)
        self.assertIn(GUEST, self.dest.world()['rooms'])
        self.assertTrue(self._wait(self._start())['arrived'])
        self._is_only_at(self.dest)

    def test_the_destination_is_killed_in_pre_copy(self):
        migration = self._pre_copying()
        self.dest.kill()
        outcome = self._wait(migration)
        self.assertFalse(outcome['arrived'])
        self.assertIn('lost', outcome['reason'])
        self.dest.start()
        self._is_only_at(self.source)

    def _handing_over(self, at):
        """Stop in the middle of the hand-over, before or after the line."""
        self.dest.control.hold('commit_arrival', at=at)
        migration = self._start()
        self.dest.control.wait_for(
            'commit_arrival', 'begun' if at == 'begin' else 'ended')
        return migration

    def test_the_hand_over_stands_still_and_cannot_be_aborted(self):
        migration = self._handing_over('begin')
        self.assertEqual(driver.PowerState.PAUSED, self._state(self.source))
        self.assertRaises(
            exception.MigrationNotAbortable, self._call, self.source,
            'abort', migration=migration)
        self.dest.control.release('commit_arrival')
        self.assertTrue(self._wait(migration)['arrived'])

    def test_the_source_is_killed_and_the_guest_arrives(self):
        migration = self._handing_over('begin')
        self.source.kill()
        self.dest.control.release('commit_arrival')
        self.dest.control.wait_for('commit_arrival', 'ended')
        self.source.start()
        self.assertTrue(self._wait(migration)['arrived'])
        self._is_only_at(self.dest)

    def test_the_source_is_killed_and_asks_before_the_guest_arrives(self):
        migration = self._handing_over('begin')
        self.source.kill()
        self.source.start()
        self.assertFalse(self._wait(migration)['arrived'])
        self.dest.control.release('commit_arrival')
        self.dest.control.wait_for('commit_arrival', 'failed')
        self._is_only_at(self.source)

    def test_the_destination_is_killed_before_the_guest_arrives(self):
        migration = self._handing_over('begin')
        self.dest.kill()
        self.assertIsNone(self._wait(migration, timeout=0.3))
        self.assertEqual(driver.PowerState.PAUSED, self._state(self.source))
        self.dest.start()
        self.assertFalse(self._wait(migration)['arrived'])
        self._is_only_at(self.source)

    def test_the_destination_is_killed_after_the_guest_arrived(self):
        migration = self._handing_over('answer')
        self.dest.kill()
        self.assertIsNone(self._wait(migration, timeout=0.3))
        self.dest.start()
        self.assertTrue(self._wait(migration)['arrived'])
        self._is_only_at(self.dest)

    def test_both_are_killed_after_the_guest_arrived(self):
        migration = self._handing_over('answer')
        self.source.kill()
        self.dest.kill()
        self.source.start()
        self.assertIsNone(self._wait(migration, timeout=0.3))
        self.dest.start()
        self.assertTrue(self._wait(migration)['arrived'])
        self._is_only_at(self.dest)
        self.assertEqual(
            ['begun', 'ended'],
            [one['event'] for one in self.source.journal()
             if one['verb'] == 'start_migration'])


class RandomKillTestCase(TestCase):
    """Wherever the kill falls, both worlds agree on one place.

    What goes on runs on while the process is being killed, so the kill falls
    somewhere behind the step that is waited for.
    """

    ROUNDS = 20

    def test_kills_at_any_step(self):
        chance = random.Random(4)
        at, other = self.source, self.dest
        for _ in range(self.ROUNDS):
            self._round(chance, at, other)
            if self._where() == [other.name]:
                at, other = other, at
            self.assertEqual([at.name], self._where())
            self.assertEqual(driver.PowerState.RUNNING, self._state(at))
            self._call(other, 'finish_migration', side='source',
                       arrived=True)

    def _round(self, chance, at, other):
        victims = chance.choice([[at], [other], [at, other]])
        verb, event = chance.choice([
            ('start_migration', 'begun'), ('start_migration', 'ended'),
            ('open_arrival', 'begun'), ('open_arrival', 'ended'),
            ('commit_arrival', 'begun'), ('commit_arrival', 'ended')])
        watched = at if verb == 'start_migration' else other
        count = 1 + sum(journal.matches(entry, verb, event)
                        for entry in watched.journal())
        migration = self._start(at, other)
        watched.control.wait_for(verb, event, count=count)
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.start()
        outcome = self._wait(migration, at)
        self.assertEqual([(other if outcome['arrived'] else at).name],
                         self._where())
        if not outcome['arrived']:
            self._call(other, 'finish_migration', side='destination',
                       arrived=False)
