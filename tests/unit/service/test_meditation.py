"""The report on SIGUSR2: what is in it, what never is, where it goes."""

import os
import subprocess
import sys
import threading

import fixtures
from oslo_config import cfg

from nova_gs import exception
from nova_gs.service import meditation
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from tests.fixtures import clock as clock_fixture
from tests.fixtures import house
from tests.unit import base
from tests.unit.service import test_daemon

_IMPORTED = """\
from nova_gs.cmd import common
import sys
common.init_backend()
from nova_gs.service import %s
print([name for name in sys.modules
       if name.split('.')[0] in ('oslo_reports', 'jinja2')])
"""


class MeditationTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.conf.prog = 'nova-compute'
        self.clock = clock_fixture.ManualClock()
        self.said = []
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.shutdown.native.write_lines', self.write_lines))
        self.folder = self.useFixture(fixtures.TempDir()).path

    def write_lines(self, descriptor, text, patience):
        self.assertEqual(2, descriptor)
        self.said.append(text)
        return True

    def make(self, **sections):
        return meditation.Meditation(self.conf, self.clock, sections)

    def report(self, **sections):
        """Write a report and return what was said."""
        self.make(**sections).write()
        self.assertEqual(1, len(self.said))
        return self.said[0]

    def test_sections(self):
        text = self.report(Ours=lambda: ['one', 'two'])
        for title in ('Guru Meditation', 'Package', 'Ours', 'Threads',
                      'Processes', 'Configuration'):
            self.assertIn('====%s====' % title.center(64), text)
        self.assertIn('\none\ntwo\n', text)
        self.assertIn('product = nova_gs', text)
        self.assertIn('in test_sections', text)
        self.assertIn('Process %d ' % os.getpid(), text)
        self.assertNotIn('could not be made', text)

    def test_threads_have_names(self):
        ready, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def stand():
            ready.set()
            go_on.wait(60)

        thread = threading.Thread(target=stand, name='goodbye')
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(go_on.set)
        ready.wait(60)
        self.assertIn('#%d goodbye' % thread.ident, self.report())

    def test_secrets(self):
        self.conf.register_opts([cfg.StrOpt('connection', secret=True)],
                                group='database')
        self.conf.register_opts([cfg.StrOpt('transport_url', secret=True)])
        self.flags(transport_url='rabbit://nova:sesame@broker/')
        self.flags(group='database',
                   connection='mysql+pymysql://nova:sesame@db/nova')
        text = self.report()
        self.assertNotIn('sesame', text)
        self.assertIn('transport_url = ***', text)
        self.assertIn('connection = ***', text)
        self.assertIn('host = host1', text)

    def test_a_section_that_fails(self):
        def fail():
            raise ValueError('no such thing')

        text = self.report(Broken=fail, Whole=lambda: ['here'])
        self.assertIn("could not be made: ValueError('no such thing')", text)
        self.assertIn('\nhere\n', text)
        self.assertIn('Configuration', text)

    def test_file(self):
        self.flags(group='oslo_reports', log_dir=self.folder)
        path = os.path.join(
            self.folder,
            'nova-compute_gurumeditation_20300101000000_%d' % os.getpid())
        self.assertEqual('Guru Meditation Report: %s\n' % path,
                         self.report(Ours=lambda: ['one']))
        with open(path) as report:
            self.assertIn('\none\n', report.read())
        self.assertEqual(0o640 & ~_umask(), os.stat(path).st_mode & 0o777)

    def test_two_in_a_second(self):
        self.flags(group='oslo_reports', log_dir=self.folder)
        for number in range(2):
            self.make(Ours=lambda number=number: ['no. %d' % number]).write()
        name, = os.listdir(self.folder)
        with open(os.path.join(self.folder, name)) as reports:
            text = reports.read()
        self.assertIn('\nno. 0\n', text)
        self.assertIn('\nno. 1\n', text)

    def test_no_such_folder(self):
        self.flags(group='oslo_reports', log_dir=self.folder + '/no')
        text = self.report(Ours=lambda: ['one'])
        first = text.splitlines()[0]
        self.assertIn('[oslo_reports] log_dir: %s/no/' % self.folder, first)
        self.assertIn('No such file or directory', first)
        self.assertIn('\none\n', text)

    def test_nobody_reads(self):
        def broken(descriptor, text, patience):
            raise BrokenPipeError()

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.shutdown.native.write_lines', broken))
        self.make().write()

    def test_library_that_fails(self):
        self.useFixture(fixtures.MonkeyPatch(
            'oslo_reports.report.TextReport.run', None))
        self.assertIn('The Guru Meditation Report could not be written',
                      self.report())

    def test_it_costs_no_start(self):
        for name in ('api', 'compute', 'conductor'):
            done = subprocess.run(
                [sys.executable, '-W', 'ignore', '-c', _IMPORTED % name],
                cwd=house.ROOT, text=True, capture_output=True, timeout=60,
                check=True)
            self.assertEqual('[]', done.stdout.strip())


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


class DaemonSectionsTestCase(base.TestCase):
    """What the report says of a daemon, phase by phase."""

    def setUp(self):
        super().setUp()
        self.daemon = test_daemon.FakeDaemon(self.conf)
        self.clock = self.daemon.clock = clock_fixture.ManualClock()
        self.daemon.coordinator._clock = self.clock
        self.daemon.coordinator._spawn = lambda name, function: None
        self.sections = meditation.of_daemon(self.daemon)

    def lines(self, title):
        return list(self.sections[title]())

    def test_serving(self):
        lines = self.lines('Stop')
        self.assertIn('host: host1', lines)
        self.assertIn('because of start', lines[1])
        self.assertIn('deadline: none', lines)
        self.assertIn('gate: open', lines)
        self.assertIn('intake: open', lines)
        self.assertEqual(['nothing runs'], self.lines('Work'))

    def test_draining(self):
        work = self.daemon.gate.enter(
            'reboot_instance', policy.WhileDraining.NEVER,
            policy.OnShutdown.FINISH, operation_uuid='op', instance_uuid='i')
        work.say('shutting the guest down', progress=20)
        self.clock.advance(5)
        self.daemon.coordinator.handle(phases.Event.TERM)
        self.clock.advance(2)
        self.assertRaises(
            exception.HostDraining, self.daemon.gate.enter, 'build_instance',
            policy.WhileDraining.NEVER, policy.OnShutdown.FINISH)
        lines = self.lines('Stop')
        self.assertIn('phase: draining since 2030-01-01 00:00:05 UTC (2.0 s)'
                      ', because of term', lines)
        self.assertIn('deadline: work is called off in 138.0 s', lines)
        self.assertIn('deadline: work is left in 158.0 s', lines)
        self.assertIn('deadline: exit in 178.0 s', lines)
        self.assertIn('gate: steps_only', lines)
        self.assertIn('refused: build_instance, 1 times', lines)
        work = '\n'.join(self.lines('Work'))
        for words in ('reboot_instance: operation op, instance i',
                      'finish', 'shutting the guest down, 20 %'):
            self.assertIn(words, work)

    def test_nobody_waits_for_a_lock(self):
        """Somebody is stuck and holds it: that is what is looked for."""
        held, go_on = threading.Event(), threading.Event()

        def hold():
            with self.daemon.tracker.lock:
                held.set()
                go_on.wait(60)

        thread = threading.Thread(target=hold)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(go_on.set)
        held.wait(60)
        for title in self.sections:
            self.lines(title)
        self.assertTrue(thread.is_alive(), 'it has waited for the lock')
