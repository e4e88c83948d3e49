"""The command line of devcloud."""

import argparse
import contextlib
import io
import signal

import fixtures

from nova_gs.devcloud import cli
from tests.unit import base


class ParserTestCase(base.TestCase):

    def parse(self, *arguments):
        return cli._parser().parse_args(arguments)

    def test_up(self):
        options = self.parse(
            'up', '--dir', '/d', '--hosts', '3', '--driver', 'fake',
            '--database', 'URL', '--conductors', '2', '--set', 'a.b=1',
            '--set', 'host-a:a.b=2', '--concurrency', 'eventlet',
            '--post-copy', '--neutron', '0.5')
        self.assertEqual(
            (cli.up, '/d', 3, 'fake', 'URL', 2, ['a.b=1', 'host-a:a.b=2'],
             'eventlet', True, 0.5),
            (options.run, options.dir, options.hosts, options.driver,
             options.database, options.conductors, options.set,
             options.concurrency, options.post_copy, options.neutron))

    def test_up_by_default(self):
        options = self.parse('up')
        self.assertEqual(
            (None, 2, 'libvirt', None, 1, [], 'threads', False, None),
            (options.dir, options.hosts, options.driver, options.database,
             options.conductors, options.set, options.concurrency,
             options.post_copy, options.neutron))

    def test_every_command_takes_dir(self):
        for words in (['up'], ['down'], ['status'], ['env'], ['inventory'],
                      ['start', 'x'],
                      ['stop', 'x'], ['kill', 'x'], ['demo']):
            self.assertEqual('/d', self.parse(*words, '--dir', '/d').dir)

    def test_signals(self):
        for words, number in (
                (['stop', 'x'], signal.SIGTERM),
                (['kill', 'x'], signal.SIGKILL),
                (['stop', 'x', '--signal', 'quit'], signal.SIGQUIT),
                (['stop', 'x', '--signal', 'SIGHUP'], signal.SIGHUP),
                (['kill', 'x', '--signal', '12'], signal.SIGUSR2)):
            self.assertEqual(number, self.parse(*words).signal)

    def test_no_signal(self):
        for text in ('NIX', '0', '99', ''):
            self.assertRaises(argparse.ArgumentTypeError,
                              cli._signal_argument, text)

    def test_waiting(self):
        self.assertTrue(self.parse('start', 'x').wait)
        self.assertFalse(self.parse('stop', 'x', '--no-wait').wait)


class MainTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        for number in (signal.SIGTERM, signal.SIGHUP):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        self.directory = self.useFixture(
            fixtures.TempDir(rootdir='/tmp')).path

    def run_main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out):
            with contextlib.redirect_stderr(err):
                code = cli.main(arguments)
        return code, out.getvalue(), err.getvalue()

    def test_error_is_one_line_and_a_code(self):
        code, out, err = self.run_main('status', '--dir', self.directory)
        self.assertEqual((1, '', 1), (code, out, err.count('\n')))
        self.assertIn('There is no cloud', err)

    def test_down_where_nothing_is(self):
        code, out, _err = self.run_main('down', '--dir', self.directory)
        self.assertEqual(0, code)
        self.assertIn('nothing is running', out)

    def test_interrupted(self):
        def status(_options):
            """Say what runs."""
            raise KeyboardInterrupt()

        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.devcloud.cli.status', status))
        code, _out, err = self.run_main('status')
        self.assertEqual(130, code)
        self.assertIn('interrupted', err)
