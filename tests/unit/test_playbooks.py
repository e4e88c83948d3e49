"""The job's tables and plays fit to the services, and to each other."""

import dataclasses
import pathlib
import re

import yaml

from nova_gs.devcloud import neutron_server
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.shutdown import phases
from nova_gs.shutdown import policy
from nova_gs.shutdown import report
from tests.unit import base

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAYS = ROOT / 'playbooks' / 'nova-graceful-shutdown'
ROLE = ROOT / 'roles' / 'stop_scenario'
SIDES = ('source', 'destination')
#: In what is expected, and in a row.
OPTIONAL = ('guest_is', 'boots')
MEANWHILE = 'meanwhile'

#: What the API shows of an operation that has ended; of a build, the status
#: of the guest.
MOVES_END = set(fields.MigrationStatus.ALL) - set(
    fields.MigrationStatus.IN_PROGRESS)
ENDS = {'build': {'ACTIVE', 'ERROR'}}

#: Seconds; no scenario takes as long.
ENOUGH = 600

#: They wait for the clock rather than for an event.
_FIXED_WAITS = re.compile(r'\b(sleep|pause|wait_for)\b')

#: Blocks that hold tasks.
_BLOCKS = ('block', 'rescue', 'always')


def files():
    """Return the path of each YAML file of the job."""
    return [ROOT / '.zuul.yaml', *sorted(
        path for folder in (ROOT / 'playbooks', ROOT / 'roles')
        for path in folder.rglob('*.yaml'))]


def load(path):
    """Return what a YAML file says."""
    return yaml.safe_load(path.read_text())


def tasks_of(tasks):
    """Yield each task, also those in blocks."""
    for task in tasks or ():
        yield task
        for block in _BLOCKS:
            yield from tasks_of(task.get(block))


def all_tasks():
    """Yield (path, task) of the role and the plays."""
    for path in sorted((ROLE / 'tasks').rglob('*.yaml')):
        for task in tasks_of(load(path)):
            yield path, task
    for path in sorted(PLAYS.glob('*.yaml')):
        said = load(path)
        for play in said if isinstance(said, list) else ():
            for task in tasks_of(play['tasks']):
                yield path, task


def leads_there(names):
    """Return whether a stop can go through these phases, in this order."""
    here = phases.Phase.SERVING
    for name in names:
        there = phases.Phase(name)
        if not any(before is here and after is there for
                   (before, _event), (after, _) in
                   phases.TRANSITIONS.items()):
            return False
        here = there
    return True


class ScenariosTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.rows = load(PLAYS / 'scenarios.yaml')['scenarios']

    def test_rows_are_alike(self):
        self.assertEqual(len(self.rows),
                         len({row['name'] for row in self.rows}))
        for row in self.rows:
            self.assertEqual(
                ['name', 'operation', 'stopped', 'moment', 'signals',
                 'expected'],
                [name for name in row if name != MEANWHILE])
            expected = [name for name in row['expected']
                        if name not in OPTIONAL]
            self.assertEqual(
                ['status', 'guest_on', 'exit_code', 'outcome', 'phases',
                 'works'], expected)
            self.assertIn(row['signals'], (1, 2))
            self.assertIn(row['expected']['guest_on'], SIDES)

    def test_both_sides_are_stopped(self):
        self.assertEqual(set(SIDES), {row['stopped'] for row in self.rows})

    def test_operations_are_there(self):
        for row in self.rows:
            self.assertIn(row['operation'].replace('_', '-'),
                          fields.OperationKind.ALL)
            text = (ROLE / 'tasks' / 'operations' / (
                row['operation'] + '.yaml')).read_text()
            self.assertRegex(text, r'\n {6,}%s: ' % row['moment'])
            self.assertIn('\n    stop_scenario_status_argv:', text)

    def test_what_happens_meanwhile_is_there(self):
        named = {row[MEANWHILE] for row in self.rows if MEANWHILE in row}
        self.assertEqual(named, {
            path.stem for path in (ROLE / 'tasks' / MEANWHILE).iterdir()})

    def test_scenarios_that_must_be_survived_are_there(self):
        there = {(row['operation'], row['stopped']) for row in self.rows}
        self.assertEqual(set(), {
            ('live_migration', 'source'), ('live_migration', 'destination'),
            ('migrate', 'source'), ('migrate', 'destination'),
            ('build', 'source'), ('revert_resize', 'destination'),
        } - there)

    def test_what_is_expected_can_be(self):
        for row in self.rows:
            expected = row['expected']
            self.assertIn(expected['status'], ENDS.get(
                row['operation'], MOVES_END))
            code = policy.ExitCode(expected['exit_code'])
            self.assertEqual(code.name.lower(), expected['outcome'])
            self.assertTrue(leads_there(expected['phases']), row['name'])
            # Otherwise it would not be noticed that the moment was missed.
            self.assertTrue(expected['works'], row['name'])
            for name, fate in expected['works'].items():
                policy.Fate(fate)
                self.assertIn(name, catalogue.ROWS)

    def test_leads_there(self):
        self.assertTrue(leads_there(['draining', 'aborting', 'releasing']))
        self.assertFalse(leads_there(['draining', 'serving']))
        self.assertFalse(leads_there(['releasing']))


class PlaysTestCase(base.TestCase):

    def test_all_can_be_loaded(self):
        for path in files():
            self.assertTrue(load(path), path)

    def test_nothing_waits_for_the_clock(self):
        for path in files():
            self.assertEqual(
                [], _FIXED_WAITS.findall(path.read_text()), path)
        for path, task in all_tasks():
            if 'until' in task:
                self.assertTrue({'retries', 'delay'} <= set(task), path)
            else:
                self.assertNotIn('delay', task, path)

    def test_tasks_are_found(self):
        found = list(all_tasks())
        self.assertGreater(len(found), 40)
        self.assertIn('SIGTERM once more to {{ stop_scenario_stopped }}',
                      [task['name'] for _path, task in found])

    def test_files_that_are_included_are_there(self):
        for path, task in all_tasks():
            name = task.get('ansible.builtin.include_tasks')
            if isinstance(name, str):
                self.assertTrue((ROLE / 'tasks' / name).is_file(), path)

    def test_the_stand_in_for_neutron_knows_its_options(self):
        """It tells nothing by itself, as with "tox -e graceful-shutdown"."""
        module = neutron_server.__name__
        argv, = [task['ansible.builtin.command']['argv']
                 for _path, task in all_tasks()
                 if module in str(task.get('ansible.builtin.command'))]
        words = argv[argv.index(module) + 1:]
        options = neutron_server.make_parser().parse_args(words)
        self.assertEqual('{{ nodepool.private_ipv4 }}', options.listen)
        self.assertEqual(
            'http://{{ job_controller }}:%d' % options.port,
            load(PLAYS / 'group_vars' / 'all.yaml')['job_neutron'])
        self.assertGreater(options.delay, ENOUGH)

    def test_the_report_has_what_is_read(self):
        text = (ROLE / 'tasks' / 'verify.yaml').read_text()
        names = set(re.findall(r'stop_scenario_report\.(\w+)', text))
        self.assertTrue(names)
        self.assertEqual(set(), names - {
            field.name for field in dataclasses.fields(report.DrainReport)})
        self.assertEqual(
            report.SCHEMA,
            load(ROLE / 'defaults' / 'main.yaml')['stop_scenario_schema'])


class ZuulTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.said = {}
        for one in load(ROOT / '.zuul.yaml'):
            (kind, value), = one.items()
            self.said.setdefault(kind, []).append(value)

    def test_playbooks_are_there(self):
        job, = self.said['job']
        for when in ('pre-run', 'run', 'post-run'):
            self.assertTrue((ROOT / job[when]).is_file(), job[when])

    def test_jobs_and_nodes_are_known(self):
        job, = self.said['job']
        nodeset, = self.said['nodeset']
        project, = self.said['project']
        self.assertEqual(nodeset['name'], job['nodeset'])
        for pipeline in ('check', 'gate'):
            self.assertEqual(
                ['openstack-tox-pep8', 'openstack-tox-py311',
                 'openstack-tox-docs', job['name']],
                project[pipeline]['jobs'])

    def test_groups_are_those_of_the_plays(self):
        nodeset, = self.said['nodeset']
        groups = {group['name']: group['nodes']
                  for group in nodeset['groups']}
        self.assertEqual({'controllers': 1, 'computes': 2}, {
            name: len(nodes) for name, nodes in groups.items()})
        self.assertEqual(
            [node['name'] for node in nodeset['nodes']],
            groups['controllers'] + groups['computes'])
        for name in groups:
            self.assertTrue(
                (PLAYS / 'group_vars' / (name + '.yaml')).is_file())
