"""Processes, their supervisors and their records; with real ones."""

import json
import os
import signal
import subprocess
import sys

import fixtures

from nova_gs.devcloud import layout
from nova_gs.devcloud import processes
from nova_gs.devcloud import procfs
from nova_gs.devcloud import waiting
from tests.unit import base

TIMEOUT = 30
FOREVER = 'exec sleep 1000'


class ProcessTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.layout = layout.Layout(self.useFixture(fixtures.TempDir()).path)
        self.process = processes.Process(self.layout, 'one')
        self.addCleanup(self.power_off)

    def power_off(self):
        self.process.power_off()
        self.await_that(self.process.is_powered_off)

    def await_that(self, condition):
        result = waiting.until(condition, TIMEOUT)
        self.assertTrue(result)
        return result

    def launch(self, script, **kwargs):
        return self.process.launch(
            ['/bin/sh', '-c', script], {'PATH': os.environ['PATH']}, **kwargs)

    def test_never_started(self):
        self.assertEqual(processes.ABSENT, self.process.state())
        self.assertIsNone(self.process.record())
        self.assertIsNone(self.process.pid())
        self.assertIsNone(self.process.exit_code())
        self.assertIsNone(self.process.wait(0))
        self.assertFalse(self.process.send_signal(signal.SIGTERM))

    def test_exit_code_is_the_true_one(self):
        for script, code in (('exit 0', 0), ('exit 7', 7),
                             ('kill -9 $$', -9), ('kill -15 $$', -15)):
            self.launch(script)
            record = self.process.wait(TIMEOUT)
            self.assertEqual(code, record['exit_code'])
            self.assertGreaterEqual(record['ended_at'],
                                    record['started_at'])
            self.assertEqual(processes.STOPPED, self.process.state())

    def test_running_then_signalled(self):
        record = self.launch(FOREVER)
        self.assertEqual(processes.RUNNING, self.process.state())
        self.assertEqual(record['pid'], self.process.pid())
        self.assertIsNone(self.process.wait(0))
        self.assertTrue(self.process.send_signal(signal.SIGTERM))
        self.assertEqual(-15, self.process.wait(TIMEOUT)['exit_code'])
        self.assertFalse(self.process.send_signal(signal.SIGTERM))

    def test_last_launch_counts(self):
        for code in range(11):
            self.launch('exit %d' % code)
            self.process.wait(TIMEOUT)
        self.assertEqual(10, self.process.exit_code())

    def test_output_is_in_the_log(self):
        self.launch('echo out; echo err >&2')
        self.process.wait(TIMEOUT)
        self.assertEqual('out\nerr', self.process.log_tail())
        self.assertEqual('err', self.process.log_tail(lines=1))

    def test_command_that_is_not_there(self):
        error = self.assertRaises(
            processes.LaunchError, self.process.launch,
            ['/no/such/program'], {})
        self.assertIn('/no/such/program', str(error))
        self.assertEqual(processes.ABSENT, self.process.state())

    def test_bare_pid_is_not_trusted(self):
        self.launch('exit 0')
        self.process.wait(TIMEOUT)
        path = self.process._paths()[-1]
        with open(path) as record:
            facts = json.load(record)
        # As if our supervisor had been killed and our pid been given away.
        facts.update(pid=os.getpid(), exit_code=None, ended_at=None)
        with open(path, 'w') as record:
            json.dump(facts, record)
        self.assertEqual(processes.STOPPED, self.process.state())
        self.assertFalse(self.process.send_signal(signal.SIGKILL))
        self.await_that(self.process.is_powered_off)
        self.assertIsNone(self.process.wait(TIMEOUT)['exit_code'])

    def test_orphans_live_on_and_are_reaped(self):
        path = self.layout.path('pid')
        self.launch('sleep 1000 & echo $! > %s' % path)
        self.assertEqual(0, self.process.wait(TIMEOUT)['exit_code'])
        with open(path) as written:
            orphan = int(written.read())
        self.assertIsNotNone(procfs.start_time(orphan))
        os.kill(orphan, signal.SIGKILL)
        # Reaped, not a zombie; then the supervisor has nothing left to do.
        self.await_that(lambda: not os.path.exists('/proc/%d' % orphan))
        self.await_that(self.process.is_powered_off)

    def test_power_off_takes_all_below(self):
        self.launch('sleep 1000 & sleep 1000 & sh -c "sleep 1000 & wait" &'
                    'trap "" TERM; wait')
        self.await_that(
            lambda: len(procfs.tagged(self.layout.directory)) >= 6)
        self.power_off()
        self.assertEqual([], procfs.tagged(self.layout.directory))
        self.assertEqual(-9, self.process.exit_code())

    def test_nothing_outlives_its_owner(self):
        owner = subprocess.Popen(
            [sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
        self.launch(FOREVER, owner=owner.pid)
        owner.kill()
        owner.wait()
        self.assertEqual(-9, self.process.wait(TIMEOUT)['exit_code'])

    def test_supervisor_passes_signals_of_terminals_by(self):
        record = self.launch(FOREVER)
        procfs.send_signal(record['supervisor'],
                           record['supervisor_start_time'], signal.SIGINT)
        procfs.send_signal(record['supervisor'],
                           record['supervisor_start_time'], signal.SIGHUP)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(-15, self.process.wait(TIMEOUT)['exit_code'])


class TaggedTestCase(base.TestCase):

    def test_only_this_cloud(self):
        directory = self.useFixture(fixtures.TempDir()).path
        for environ in ({procfs.TAG: directory + 'x'},
                        {'HOME': directory},
                        {procfs.TAG: directory},
                        {'HOME': directory + '/hv/host-a'}):
            child = subprocess.Popen(['/bin/sleep', '1000'], env=environ)
            self.addCleanup(child.wait)
            self.addCleanup(child.kill)
        # The last two, a moment after Popen returns: the kernel shows an
        # environment only when exec is through.
        self.assertTrue(waiting.until(
            lambda: len(procfs.tagged(directory)) == 2, TIMEOUT))


class ProcfsTestCase(base.TestCase):

    def test_own_process(self):
        started = procfs.start_time(os.getpid())
        self.assertTrue(procfs.is_running(os.getpid(), started))
        self.assertFalse(procfs.is_running(os.getpid(), started + 1))
        self.assertFalse(procfs.is_running(None, None))

    def test_zombie_has_ended(self):
        child = subprocess.Popen(['/bin/true'])
        self.assertTrue(waiting.until(
            lambda: procfs.start_time(child.pid) is None, TIMEOUT))
        child.wait()
