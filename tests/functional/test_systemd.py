"""Services under a real systemd, by the units that are shipped."""

import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.parse

import fixtures
import testtools

from nova_gs.devcloud import figures
from nova_gs.virt.fake import screen
from tests.fixtures import real_systemd
from tests.fixtures import records
from tests.fixtures import viewer
from tests.functional import under_systemd

HOST, OTHER = 'host-a', 'host-b'

#: Seconds; what the unit is given where it is to be too short.
SHORT = 30 if figures.is_full() else 12

#: How long a migration lasts that outlasts it, in seconds.
LONG = 90 if figures.is_full() else 20


class TestUnits(testtools.TestCase):
    """The files, as systemd reads them; nothing is started."""

    def setUp(self):
        super().setUp()
        if shutil.which('systemd-analyze') is None:
            self.skipTest('The package systemd is not installed.')
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def copy(self, name, drop_in=None):
        """Copy a unit to where its program exists; return the path."""
        path = self.folder / name
        path.write_text(re.sub(
            'ExecStart=/usr/bin/[a-z-]+', 'ExecStart=/bin/true',
            under_systemd.unit_text(name)))
        if drop_in:
            target = self.folder / (name + '.d')
            target.mkdir()
            shutil.copy(under_systemd.UNITS / (name + '.d') / drop_in, target)
        return str(path)

    def analyze(self, *arguments):
        return subprocess.run(
            ['systemd-analyze', *arguments], text=True, timeout=120,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_verify_prints_nothing(self):
        units = under_systemd.UNITS
        for path in sorted(units.glob('*.service')):
            for drop_in in [None] + sorted(
                    one.name for one in units.glob(path.name + '.d/*')):
                shutil.rmtree(self.folder / (path.name + '.d'), True)
                done = self.analyze('verify', self.copy(path.name, drop_in))
                self.assertEqual((0, ''), (done.returncode, done.stdout))

    def test_hardened(self):
        for name, drop_in in (('nova-compute.service', 'hardened.conf'),
                              ('nova-conductor.service', None),
                              ('nova-api.service', None),
                              ('nova-novncproxy.service', None)):
            path = self.copy(name, drop_in)
            done = self.analyze('security', '--offline=true',
                                '--threshold=50', '--no-pager', path)
            self.assertEqual(0, done.returncode, done.stdout)
            score = re.search(r'exposure level for \S+: ([\d.]+)',
                              done.stdout)[1]
            figures.record('systemd-analyze security: ' + name,
                           exposure=float(score))
            self.assertLessEqual(float(score), 5.0)


@unittest.skipIf(under_systemd.OBSTACLE, 'There is no systemd to be had: %s.'
                 % under_systemd.OBSTACLE)
class TestSystemd(under_systemd.SystemdTestCase):
    """HOST's compute, and what controls it, as their units say."""

    OPTIONS = {'driver': 'fake', 'hosts': 2, 'consoles': True}

    def setUp(self):
        super().setUp()
        self.records = records.Records(self.cloud.layout)
        self.unit = None

    def start(self, *lines, **more):
        """Start the compute by its unit; see ``run_by_unit``."""
        self.unit = self.run_by_unit(HOST, *lines, **more)
        self.addCleanup(self.hypervisor(HOST).reset)
        self.await_that('it is up', lambda: (
            self.api.service(HOST)['state'] == 'up' and
            self.api.service(HOST)['status'] == 'enabled'))

    def migrate(self, seconds):
        """Let a guest leave HOST; return its UUID once it moves."""
        self.ensure_up(OTHER)
        uuid = self.boot(HOST)
        self.hypervisor(HOST).set_duration('start_migration', seconds)
        self.api.live_migrate(uuid, OTHER)
        self.await_that('it moves', lambda: any(
            one['status'] == 'running' for one in self.api.migrations(uuid)))
        return uuid

    def stall(self):
        """Let a guest leave HOST and get nowhere; return its UUID."""
        self.hypervisor(HOST).hold('start_migration')
        uuid = self.migrate(0.1)
        self.await_that('it stands still', lambda: (
            self.records.last_operation(uuid)['progress'] == 99))
        return uuid

    def stop(self):
        """Stop it; return what ``stop_unit`` does."""
        return self.stop_unit(self.unit)

    def events(self):
        """Return what the report says beside its phases."""
        return [event['text'] for event in self.report(HOST)['events']]

    def test_console_proxy(self):
        uuid = self.boot(OTHER)
        unit = self.run_by_unit('novncproxy', *self.visible())
        self.assertEqual(['active', 'serving'],
                         unit.show('ActiveState', 'StatusText'))
        console = urllib.parse.urlsplit(self.api.console_url(uuid))
        path, = urllib.parse.parse_qs(console.query)['path']
        looks = viewer.Viewer(
            (console.hostname, console.port), '/websockify' + path)
        self.addCleanup(looks.leave)
        self.assertEqual(screen.GREETING, looks.read(len(screen.GREETING)))
        states, _texts, _took = self.stop_unit(unit)
        self.assertIn('being restarted', looks.end()[1])
        self.assertEqual('inactive', states[-1])
        self.assertEqual(['success'], unit.show('Result'))

    def test_a_stop_that_moves_gets_more_time(self):
        self.start('TimeoutStopSec=%d' % SHORT)
        self.assertEqual(['active', 'serving'],
                         self.unit.show('ActiveState', 'StatusText'))
        self.assertRegex(self.unit.journal(), (
            r'cut by force after %d s \(TimeoutStopSec of nova-compute'
            r'\.service\).*TimeoutStopSec to 182 or more' % SHORT))
        uuid = self.migrate(LONG)
        states, texts, took = self.stop()
        self.assertEqual(['deactivating', 'inactive'], states)
        self.assertEqual(['success'], self.unit.show('Result'))
        self.assertGreater(took, SHORT)
        shown = under_systemd.percents(texts)
        self.assertEqual(sorted(shown), shown)
        self.assertGreater(len(set(shown)), 5, texts)
        self.assertTrue(any('ends about' in text for text in texts), texts)
        self.api.await_server(uuid, host=OTHER, status='ACTIVE')
        self.assertIn('lease_extended', self.events())
        self.figure('systemd: a migration of %d s, TimeoutStopSec %d'
                    % (LONG, SHORT), seconds=round(took, 1))

    def test_a_stop_that_stalls_is_ended_before_the_kill(self):
        self.start('TimeoutStopSec=%d' % SHORT)
        uuid = self.stall()
        states, texts, took = self.stop()
        self.assertEqual(['success'], self.unit.show('Result'), texts)
        self.assertLess(took, SHORT)
        self.api.await_server(uuid, host=HOST, status='ACTIVE',
                              task_state=None)
        self.assertEqual('cancelled', self.api.migrations(uuid)[0]['status'])
        operation = self.records.last_operation(uuid)
        self.assertIn((operation['uuid'], 'aborted'), [
            (work['operation_uuid'], work['fate'])
            for work in self.report(HOST)['works']])
        self.assertNotIn('lease_extended', self.events())
        self.figure('systemd: a stalled migration, TimeoutStopSec %d'
                    % SHORT, seconds=round(took, 1))

    def test_a_stop_that_leaves_work_shows_as_failed(self):
        self.start(config='[shutdown]\nlive_migration_at_deadline = resume')
        self.stall()
        self.unit.do('kill', '--signal=TERM', '--kill-who=main')
        self.await_that('it drains', lambda: (
            self.unit.state() == 'deactivating'))
        self.unit.do('kill', '--signal=TERM', '--kill-who=main')
        # Without RestartPreventExitStatus it would be activating.
        self.await_that('it has failed', lambda: (
            self.unit.state() == 'failed'))
        self.assertEqual(
            ['exit-code', '3', '0'],
            self.unit.show('Result', 'ExecMainStatus', 'NRestarts'))

    def test_a_restart_of_libvirtd_does_not_stop_it(self):
        self.start()
        libvirtd = real_systemd.Unit(self.machine, 'libvirtd.service')
        ours, theirs = self.unit.show('MainPID'), libvirtd.show('MainPID')
        libvirtd.do('restart')
        self.assertNotEqual(theirs, libvirtd.show('MainPID'))
        self.assertEqual(ours, self.unit.show('MainPID'))

    def test_reload(self):
        self.start()
        pid = self.unit.show('MainPID')
        self.unit.do('reload')
        self.await_that('the options are read', lambda: (
            'The options were read again' in self.unit.journal()))
        self.await_that('it serves again', lambda: (
            self.unit.show('ActiveState', 'StatusText')
            == ['active', 'serving']))
        self.assertEqual(pid, self.unit.show('MainPID'))

    def test_watchdog(self):
        """Petted while it serves; one that hangs is started anew."""
        self.start('WatchdogSec=2', 'RestartSec=100ms')
        before = self.unit.show('MainPID')
        pets = self.unit.show('WatchdogTimestampMonotonic')
        for _ in range(5):
            self.await_that('it is petted', lambda: (
                pets != self.unit.show('WatchdogTimestampMonotonic')))
            pets = self.unit.show('WatchdogTimestampMonotonic')
        self.assertEqual(before, self.unit.show('MainPID'))
        self.unit.do('kill', '--signal=STOP', '--kill-who=main')
        self.await_that('it is started anew', lambda: (
            self.unit.show('NRestarts', 'ActiveState') == ['1', 'active']))
        self.assertIn("result 'watchdog'", self.unit.journal())

    def test_eventlet(self):
        """On green threads: told its time, petting, showing what is left."""
        self.start('Environment=NOVA_GS_CONCURRENCY=eventlet',
                   'TimeoutStopSec=%d' % SHORT, 'WatchdogSec=6')
        self.assertIn('after %d s (TimeoutStopSec' % SHORT,
                      self.unit.journal())
        pets = self.unit.show('WatchdogTimestampMonotonic')
        self.await_that('it is petted', lambda: (
            pets != self.unit.show('WatchdogTimestampMonotonic')))
        uuid = self.migrate(5)
        states, texts, took = self.stop()
        self.assertEqual(['success'], self.unit.show('Result'), texts)
        self.assertTrue(under_systemd.percents(texts), texts)
        self.api.await_server(uuid, host=OTHER, status='ACTIVE')

    def test_hardened(self):
        """It serves, and drains, with nothing but what that leaves."""
        self.start(*self.visible(), hardened=under_systemd.unit_text(
            'nova-compute.service.d/hardened.conf'))
        uuid = self.migrate(3)
        states, texts, took = self.stop()
        self.assertEqual(['success'], self.unit.show('Result'), texts)
        self.api.await_server(uuid, host=OTHER, status='ACTIVE')

    def test_controller(self):
        """The conductor and the API: started, read again, and stopped."""
        for name, options in (
                ('conductor', ''), ('conductor', '[conductor]\nworkers = 2'),
                ('api', '')):
            unit = self.run_by_unit(name, *self.visible(), config=options)
            self.addCleanup(self._start_again, name)
            self.await_that('it serves', lambda: (
                'serving' in unit.show('StatusText')[0]))
            pid = unit.show('MainPID')
            unit.do('reload')
            self.await_that('it serves again', lambda: (
                'were read again' in unit.journal()
                and unit.state() == 'active'))
            self.assertEqual(pid, unit.show('MainPID'))
            states, texts, took = self.stop_unit(unit)
            self.assertEqual(['success'], unit.show('Result'), texts)
            self.figure('systemd: stop of an idle ' + unit.name,
                        seconds=round(took, 2))

    def _start_again(self, name):
        if not self.cloud.part(name).process.pid():
            self.cloud.start(name)
