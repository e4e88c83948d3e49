"""The commands, run as the client runs them."""

import configparser
import importlib
import io
import json
import pathlib
import types

from cliff import command as cliff_command
import fixtures

from nova_gs import exception
from nova_gs.osc import drain
from tests.fixtures import drain_api
from tests.unit import base

V, OP = drain_api.view, drain_api.operation

_ROOT = pathlib.Path(__file__).parents[3]


class CommandTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.api = drain_api.DrainAPI(V())
        self.out, self.err = io.StringIO(), io.StringIO()
        self.app = types.SimpleNamespace(
            stdout=self.out, stderr=self.err,
            client_manager=types.SimpleNamespace(
                sdk_connection=types.SimpleNamespace(compute=self.api)))
        # Nobody has to wait for what is answered at once.
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.osc.wait.EVERY', 0))

    def run_it(self, kind, *argv):
        """Run a command and return what it prints."""
        made = kind(self.app, None)
        made.run(made.get_parser('it').parse_args(argv))
        return self.out.getvalue()

    def asked(self):
        return [method for method, _, _ in self.api.asked]


class StartTestCase(CommandTestCase):

    def test_start(self):
        said = self.run_it(drain.Start, 'host1', '--deadline', '60',
                           '--reason', 'new fans')
        self.assertEqual(
            [('PUT', '/os-services/host1/drain',
              {'deadline': 60, 'reason': 'new fans'})], self.api.asked)
        self.assertIn('quiesced', said)
        self.assertEqual('', self.err.getvalue())

    def test_wait(self):
        self.api.views = [V(OP(1)), V(OP(1, progress=80)), V()]
        said = json.loads(self.run_it(
            drain.Start, 'host1', '--wait', '-f', 'json'))
        self.assertEqual((True, []), (said['complete'], said['operations']))
        self.assertEqual('PUT GET GET GET'.split(), self.asked())
        for words in (' 80%', '0 open, 1 ended'):
            self.assertIn(words, self.err.getvalue())

    def test_an_interrupt_ends_the_watch_alone(self):
        self.api.views = [V(OP(1)), KeyboardInterrupt()]
        made = drain.Start(self.app, None)
        self.assertRaises(KeyboardInterrupt, made.run, made.get_parser(
            'it').parse_args(['host1', '--wait']))
        self.assertIn('openstack compute service drain show --wait host1',
                      self.err.getvalue())
        self.assertNotIn('DELETE', self.asked())

    def test_deadlines_that_make_no_sense(self):
        for text in ('-1', '1.5', 'soon'):
            with fixtures.MonkeyPatch('sys.stderr', io.StringIO()):
                self.assertRaises(SystemExit, self.run_it, drain.Start,
                                  'host1', '--deadline', text)
        self.assertEqual([], self.api.asked)

    def test_refused(self):
        self.api.failure = drain_api.Answer(409, {'conflictingRequest': {
            'message': 'nova-compute on host host1 is being stopped.'}})
        self.assertRaises(exception.Conflict, self.run_it, drain.Start,
                          'host1', '--wait')
        self.assertEqual(['PUT'], self.asked())


class ShowTestCase(CommandTestCase):

    def setUp(self):
        super().setUp()
        self.api.views = [V(OP(1), OP(2, progress=None), refused={
            'build_instance': 4}, handed_back=['operation-9'])]

    def test_for_people(self):
        said = self.run_it(drain.Show, 'host1', '--max-width', '0')
        for words in ('operation-1', 'pre-copy, 120 MiB left', ' 40%',
                      'at the deadline it is called off',
                      '4 x build_instance', 'operation-9', 'new fans'):
            self.assertIn(words, said)

    def test_for_programs(self):
        said = json.loads(self.run_it(drain.Show, 'host1', '-f', 'json'))
        view = self.api.views[0]
        self.assertEqual({name: view[name] for name in said}, said)
        self.assertIn('operations', said)

    def test_wait(self):
        self.api.views.append(V())
        self.run_it(drain.Show, 'host1', '--wait')
        self.assertEqual(['GET'] * 2, self.asked())


class CancelTestCase(CommandTestCase):

    def test_cancel(self):
        self.assertEqual('', self.run_it(drain.Cancel, 'host1'))
        self.assertEqual(['DELETE'], self.asked())

    def test_wait(self):
        self.api.views = [V(), V(phase='serving', reason=None)]
        self.run_it(drain.Cancel, 'host1', '--wait')
        self.assertEqual('DELETE GET GET'.split(), self.asked())


class EntryPointsTestCase(base.TestCase):

    def test_they_lead_to_commands(self):
        parser = configparser.ConfigParser()
        parser.read(_ROOT / 'setup.cfg')
        lines = parser['entry_points']['openstack.compute.v2'].split('\n')
        names = []
        for line in filter(None, lines):
            name, _, place = line.partition(' = ')
            module, _, kind = place.partition(':')
            self.assertTrue(issubclass(
                getattr(importlib.import_module(module), kind),
                cliff_command.Command), line)
            names.append(name)
        self.assertEqual(['compute_service_drain_' + verb for verb in (
            'cancel', 'show', 'start')], names)
