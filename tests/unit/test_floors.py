"""The house has floors, and imports only go down.

The tables come first: which module stands on which floor, who must not know
whom, which library has which door, how large things may be.  The tests walk
the syntax trees of ``nova_gs/`` and compare.  An import inside a function
counts like any other.
"""

import ast
import pathlib
import subprocess
import sys

import fixtures
import testtools

from tests.fixtures import house

#: What stands where.  The longest name that fits a module counts, so
#: ``shutdown.phases`` is on floor 0 and the rest of ``shutdown`` on floor 1.
FLOORS = (
    'clock concurrency exception version hacking '
    'shutdown.policy shutdown.phases shutdown.deadlines',
    'shutdown conf policies rpc.catalogue rpc.versions',
    'context objects report',
    'db rpc virt.driver',
    'api.rpcapi compute.rpcapi conductor.rpcapi virt servicegroup '
    'compute.executors compute.questions offers pools steps metrics '
    'network notifications',
    'api compute conductor consoles',
    'api.routes compute.manager conductor.manager',
    'api.app service',
    'cmd devcloud osc',
)

#: Floors alone would let these meet: who -> whom it must not import.
STRANGERS = {
    'api': 'compute conductor consoles',
    'conductor': 'api compute consoles',
    'compute': 'api conductor consoles db',
    'consoles': 'api compute conductor db virt',
    'rpc': 'db virt',
    'db': 'rpc virt',
    'virt': 'db rpc compute conductor servicegroup offers',
}

#: The doors through which strangers talk, and the tables that all may read.
DOORS = ('api.rpcapi', 'compute.rpcapi', 'conductor.rpcapi',
         'rpc.catalogue', 'rpc.versions')

#: Packages that are to stand alone: who -> all that it may import of ours.
ALONE = {
    'clock': '',
    'conf': 'conf',
    'exception': '',
    'hacking': 'hacking',
    'osc': 'osc shutdown clock exception',
    'report': 'report shutdown exception',
    'shutdown': 'shutdown clock exception',
}

#: Libraries that only some of us may know.
LIBRARIES = {
    'sqlalchemy': 'db',
    'alembic': 'db',
    'cliff': 'osc',
    'libvirt': 'virt.libvirt devcloud',
    'falcon': 'api',
    'prometheus_client': 'metrics',
    'waitress': 'api cmd',
    'websockify': 'consoles',
}

#: Where the daemon of a hypervisor host begins, and what it never loads.
COMPUTE = 'nova_gs.cmd.compute'
NEVER_IN_COMPUTE = ('sqlalchemy', 'alembic', 'oslo_db')

#: Packages whose modules are all loaded together, by name.
REGISTRIES = ('objects',)

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50

#: Folders of generated or append-only code, whose functions may be long.
RECORDS = ('db.migrations',)


def floor_of(module):
    """Return the number of a module's floor, None when no row has it."""
    name = house.short(module)
    if name == house.PACKAGE:
        return 0
    best, number = '', None
    for floor, row in enumerate(FLOORS):
        for prefix in row.split():
            if house.within(name, [prefix]) and len(prefix) > len(best):
                best, number = prefix, floor
    return number


def climbing(built):
    """Return a complaint for each import that goes up."""
    complaints = []
    for found in built.inner_imports():
        below, above = floor_of(found.target), floor_of(found.importer)
        if None not in (below, above) and below > above:
            complaints.append('%s, from floor %d up to %d' % (
                found, above, below))
    return complaints


def circular(built):
    """Return a complaint for each circle of imports."""
    edges = {name: set() for name in built.files}
    for found in built.inner_imports():
        edges[found.importer].add(found.target)
    return [' <-> '.join(circle) for circle in house.circles(edges)]


def meeting(built):
    """Return a complaint for each pair of strangers that meet."""
    complaints = []
    for found in built.inner_imports():
        target = house.short(found.target)
        for who, whom in STRANGERS.items():
            if (house.within(house.short(found.importer), [who]) and
                    house.within(target, whom.split()) and
                    target not in DOORS):
                complaints.append('%s: strangers' % found)
    return complaints


def clinging(built):
    """Return a complaint for each import by what is to stand alone."""
    complaints = []
    for found in built.inner_imports():
        for who, whom in ALONE.items():
            if (house.within(house.short(found.importer), [who]) and
                    not house.within(house.short(found.target),
                                     whom.split())):
                complaints.append('%s, but may only know: %s' % (
                    found, whom or 'nobody'))
    return complaints


def trespassing(built):
    """Return a complaint for each library that came in by another door."""
    complaints = []
    for found in built.outer_imports():
        doors = LIBRARIES.get(found.target.split('.')[0])
        if doors is not None and not house.within(
                house.short(found.importer), doors.split()):
            complaints.append('%s: %s may' % (found, doors or 'nobody'))
    return complaints


class _HouseTestCase(testtools.TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = house.House(registries=REGISTRIES)

    def assert_none(self, complaints):
        """Fail with one line a complaint, if there is any."""
        lines = [str(complaint) for complaint in complaints]
        if lines:
            self.fail('\n'.join(['%d found' % len(lines)] + lines))


class FloorsTestCase(_HouseTestCase):

    def test_every_module_has_a_floor(self):
        self.assert_none(
            '%s stands on no floor: give it a row in FLOORS' % name
            for name in self.house.files if floor_of(name) is None)

    def test_nothing_stands_on_two_floors(self):
        words = [word for row in FLOORS for word in row.split()]
        self.assertEqual(len(words), len(set(words)))

    def test_imports_go_down(self):
        self.assert_none(climbing(self.house))

    def test_no_circle(self):
        self.assert_none(circular(self.house))

    def test_strangers_stay_strangers(self):
        self.assert_none(meeting(self.house))

    def test_some_stand_alone(self):
        self.assert_none(clinging(self.house))

    def test_each_library_has_its_door(self):
        self.assert_none(trespassing(self.house))


class ComputeClosureTestCase(_HouseTestCase):

    def test_no_database_in_what_compute_may_load(self):
        loaded = self.house.closure(COMPUTE)
        complaints = []
        for name in loaded:
            if name.split('.')[0] in NEVER_IN_COMPUTE:
                chain = [name]
                while loaded[chain[-1]]:
                    chain.append(loaded[chain[-1]])
                complaints.append(' <- '.join(chain))
        self.assert_none(complaints)

    def assert_no_database_after_import_of(self, names):
        program = '\n'.join([
            'import importlib, sys',
            'import nova_gs.cmd.common',
            'nova_gs.cmd.common.init_backend()',
            'for name in %r:' % names,
            '    importlib.import_module(name)',
            'loaded = sorted(set(%r) & set(sys.modules))' % (
                NEVER_IN_COMPUTE,),
            'sys.exit("loaded: %s" % loaded if loaded else 0)'])
        done = subprocess.run(
            [sys.executable, '-c', program], cwd=house.ROOT, text=True,
            capture_output=True, timeout=60, check=False)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_no_database_in_a_real_process(self):
        self.assert_no_database_after_import_of([COMPUTE])

    def test_no_database_in_a_process_that_has_loaded_all_it_may(self):
        # The program's own imports are lazy, and what libraries bring along
        # is in no syntax tree of ours.
        self.assert_no_database_after_import_of(
            [COMPUTE] + [name for name in self.house.closure(COMPUTE)
                         if name in self.house.files])


class SizesTestCase(_HouseTestCase):

    def test_modules(self):
        complaints = []
        for name, path in self.house.files.items():
            lines = len(path.read_text().splitlines())
            if lines > LONGEST_MODULE:
                complaints.append('%s has %d lines' % (name, lines))
        self.assert_none(complaints)

    def test_functions(self):
        complaints = []
        for name, tree in self.house.trees.items():
            if house.within(house.short(name), RECORDS):
                continue
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    lines = node.end_lineno - node.lineno + 1
                    if lines > LONGEST_FUNCTION:
                        complaints.append('%s:%d %s() has %d lines' % (
                            name, node.lineno, node.name, lines))
        self.assert_none(complaints)

    def test_every_module_says_what_it_is_for(self):
        self.assert_none([
            '%s has no docstring' % name
            for name, tree in self.house.trees.items()
            if tree.body and not ast.get_docstring(tree)])


class RulesTestCase(testtools.TestCase):
    """The rules themselves, on houses made up for them."""

    def build(self, **sources):
        """Return a House of modules given as a__b='source'."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for name, source in sources.items():
            path = root.joinpath(house.PACKAGE, *name.split('__'))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix('.py').write_text(source)
        return house.House(root)

    def test_floor_of(self):
        for name, floor in (
                ('nova_gs', 0), ('nova_gs.shutdown.phases', 0),
                ('nova_gs.shutdown.report', 1), ('nova_gs.rpc.server', 3),
                ('nova_gs.virt.driver', 3), ('nova_gs.virt.fake.driver', 4),
                ('nova_gs.compute.power', 5), ('nova_gs.compute.manager', 6),
                ('nova_gs.cmd.compute', 8), ('nova_gs.drawer', None),
                ('nova_gs.clockwork', None)):
            self.assertEqual(floor, floor_of(name), name)

    def test_climbing(self):
        lazy = 'def f():\n    from nova_gs.compute import manager\n'
        built = self.build(compute__manager='', compute__power=lazy)
        self.assertEqual(1, len(climbing(built)))
        self.assertIn('from floor 5 up to 6', climbing(built)[0])

    def test_circular(self):
        built = self.build(db__a='from nova_gs.db import b',
                           db__b='import nova_gs.db.a')
        self.assertEqual(['nova_gs.db.a <-> nova_gs.db.b'], circular(built))

    def test_meeting(self):
        built = self.build(
            api__handlers__servers='from nova_gs.compute import rpcapi\n'
                                   'from nova_gs.compute import power\n',
            compute__rpcapi='', compute__power='')
        self.assertEqual(
            ['nova_gs.api.handlers.servers:2 imports nova_gs.compute.power: '
             'strangers'], meeting(built))

    def test_clinging(self):
        built = self.build(shutdown__signals='from nova_gs import clock, conf',
                           clock='', conf='')
        self.assertEqual(1, len(clinging(built)))

    def test_trespassing(self):
        built = self.build(compute__power='import libvirt',
                           virt__libvirt__guest='import libvirt',
                           objects__base='from sqlalchemy import orm')
        self.assertEqual(2, len(trespassing(built)))
