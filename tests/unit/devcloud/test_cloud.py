"""A cloud's own decisions; what runs for real is in tests/functional."""

import os
import signal
import subprocess

import fixtures

from nova_gs.devcloud import cloud
from nova_gs.devcloud import errors
from nova_gs.devcloud import layout
from nova_gs.devcloud import parts
from nova_gs.devcloud import power
from nova_gs.devcloud import procfs
from nova_gs.devcloud import waiting
from tests.unit import base


class DirectoryTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        # Short, because of the sockets.
        self.directory = self.useFixture(
            fixtures.TempDir(rootdir='/tmp')).path

    def make(self, **kwargs):
        return cloud.Cloud(self.directory, driver='fake', **kwargs)

    def stray(self):
        """Return a process of the cloud that has no supervisor.

        The kernel shows its environment a moment after it has told us that
        the program runs; on a busy machine that moment can be long.
        """
        process = subprocess.Popen(
            ['/bin/sleep', '1000'], env={procfs.TAG: self.directory})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(waiting.until(
            lambda: procfs.tagged(self.directory), 60))
        return process

    def test_nothing_to_load(self):
        error = self.assertRaises(
            errors.DevcloudError, cloud.Cloud.load, self.directory)
        self.assertIn('devcloud up --dir %s' % self.directory, str(error))

    def test_load_is_the_same_cloud(self):
        made = self.make(hosts=3, settings=['host-c:DEFAULT.debug=true'])
        made._prepare()
        loaded = cloud.Cloud.load(self.directory)
        self.assertEqual(made.options, loaded.options)
        self.assertEqual(made.api.url, loaded.api.url)
        self.assertEqual(['host-a', 'host-b', 'host-c'], loaded.hosts)

    def test_what_is_not_a_cloud_is_not_touched(self):
        path = os.path.join(self.directory, 'precious')
        with open(path, 'w'):
            pass
        self.assertRaises(errors.DevcloudError, self.make().up)
        power.end(layout.Layout(self.directory), 0, remove=True)
        self.assertEqual(['precious'], os.listdir(self.directory))

    def test_one_that_is_up_is_not_replaced(self):
        self.make()._prepare()
        self.stray()
        error = self.assertRaises(errors.DevcloudError, self.make().up)
        self.assertIn('devcloud down', str(error))

    def test_one_that_has_ended_is_replaced(self):
        self.make()._prepare()
        power.end(layout.Layout(self.directory), 0)
        self.assertRaises(
            errors.DevcloudError, cloud.Cloud.load, self.directory)
        self.make(hosts=1)._prepare()
        self.assertEqual(
            ['host-a'], cloud.Cloud.load(self.directory).hosts)

    def test_end_finds_what_lost_its_supervisor(self):
        self.make()._prepare()
        stray = self.stray()
        power.end(layout.Layout(self.directory), 0, remove=True)
        self.assertEqual(-signal.SIGKILL, stray.wait())
        self.assertFalse(os.path.exists(self.directory))
        os.mkdir(self.directory)

    def test_unknown_part(self):
        made = self.make()
        made._prepare()
        error = self.assertRaises(errors.DevcloudError, made.part, 'nix')
        self.assertIn('hypervisor@host-a', str(error))

    def test_status_before_anything_runs(self):
        made = self.make(hosts=1)
        made._prepare()
        status = made.status()
        compute = status['computes'][0]
        self.assertEqual(
            {'pid': None, 'state': 'absent', 'exit_code': None,
             'host': 'host-a', 'libvirt_uri': None},
            {name: compute[name] for name in (
                'pid', 'state', 'exit_code', 'host', 'libvirt_uri')})
        for name in ('config', 'log', 'journal', 'state_path'):
            self.assertTrue(compute[name].startswith(self.directory), name)
        self.assertEqual(
            {'pid', 'url', 'state', 'log', 'exit_code'}, set(status['api']))
        self.assertEqual({'pid', 'url', 'state', 'log', 'exit_code', 'ctl'},
                         set(status['broker']))
        self.assertTrue(status['database']['url'].startswith('sqlite:///'))

    def test_environment(self):
        made = self.make()
        made._prepare()
        environment = made.environment()
        self.assertEqual('none', environment['OS_AUTH_TYPE'])
        self.assertEqual(made.api.url + '/v2.1',
                         environment['OS_COMPUTE_ENDPOINT_OVERRIDE'])


class Sleeper(parts.Part):
    """A part that runs a shell script and is ready when told."""

    is_ready = True
    start_timeout = 30

    def __init__(self, files, script):
        super().__init__(files, 'sleeper')
        self.command = ['/bin/sh', '-c', script]

    def launch(self, owner=None):
        self.process.launch(self.command, {'PATH': os.environ['PATH']},
                            owner)

    def ready(self):
        return self.is_ready


class PartTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.layout = layout.Layout(self.useFixture(fixtures.TempDir()).path)

    def make(self, script):
        part = Sleeper(self.layout, script)
        self.addCleanup(waiting.until, part.process.is_powered_off, 30)
        self.addCleanup(part.process.power_off)
        return part

    def test_start_and_stop(self):
        part = self.make('exec sleep 1000')
        part.start()
        self.assertTrue(part.process.pid())
        self.assertEqual(-15, part.stop(timeout=30)['exit_code'])

    def test_stop_that_is_not_heeded(self):
        part = self.make('trap "" TERM; echo ready; sleep 1000')
        part.start()
        self.assertTrue(waiting.until(part.process.log_tail, 30))
        self.assertIsNone(part.stop(timeout=0))
        self.assertEqual(-9, part.stop(signal.SIGKILL, 30)['exit_code'])

    def test_early_end_shows_exit_code_and_log(self):
        part = self.make('echo the reason; exit 5')
        part.is_ready = False
        error = self.assertRaises(errors.PartFailed, part.start)
        for text in ('sleeper did not start', 'exit code 5', 'the reason',
                     part.process.log):
            self.assertIn(text, str(error))

    def test_never_ready(self):
        part = self.make('exec sleep 1000')
        part.is_ready, part.start_timeout = False, 0
        error = self.assertRaises(errors.PartFailed, part.start)
        self.assertIn('not ready after 0 s', str(error))

    def test_no_such_program(self):
        part = self.make('')
        part.command = ['/no/such']
        self.assertRaises(errors.PartFailed, part.start)
