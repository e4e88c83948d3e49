"""The measure that test_floors.py uses, on sources made up for it."""

import ast
import pathlib

import fixtures
import testtools

from tests.fixtures import house


class FinderTestCase(testtools.TestCase):

    def imports(self, source, name='nova_gs.compute.manager', known=()):
        finder = house.Finder(name, False, known)
        finder.visit(ast.parse(source))
        return [(found.target, found.function) for found in finder.found]

    def test_forms_of_import(self):
        known = ('nova_gs.conf', 'nova_gs.conf.api')
        for source, target in (
                ('import nova_gs.conf.api', 'nova_gs.conf.api'),
                ('from nova_gs.conf import api', 'nova_gs.conf.api'),
                ('from nova_gs.conf import MODULES', 'nova_gs.conf'),
                ('from ..conf import api', 'nova_gs.conf.api'),
                ('from . import rpcapi', 'nova_gs.compute'),
                ('importlib.import_module("nova_gs.conf")', 'nova_gs.conf')):
            self.assertEqual([(target, '')], self.imports(source, known=known))

    def test_lazy_import_names_its_function(self):
        source = 'class A:\n def load(self):\n  import nova_gs.conf\n'
        self.assertEqual([('nova_gs.conf', 'load')], self.imports(source))

    def test_circles(self):
        self.assertEqual([], house.circles(
            {'a': {'b', 'c'}, 'b': {'c'}, 'c': {}}))
        self.assertEqual([['a', 'b', 'c']], house.circles(
            {'a': {'b'}, 'b': {'c'}, 'c': {'a'}, 'd': {'a'}}))
        self.assertEqual([['a']], house.circles({'a': {'a'}}))


class ClosureTestCase(testtools.TestCase):

    def closure(self, sources, start, **kwargs):
        """Return what a module of a made-up package loads."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for name, source in sources.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        built = house.House(root, 'p', **kwargs)
        return built.closure(start)

    def test_lazy_imports_and_those_of_others(self):
        loaded = self.closure({
            'p/a.py': 'def f():\n    from p import b\n',
            'p/b.py': 'from sqlalchemy import orm\n',
            'p/c.py': ''}, 'p.a')
        self.assertEqual('p.b', loaded['sqlalchemy'])
        self.assertEqual('p.a', loaded['p.b'])
        self.assertNotIn('p.c', loaded)

    def test_packages_are_loaded_with_their_modules(self):
        loaded = self.closure({
            'p/a.py': 'import p.sub.b\n',
            'p/sub/__init__.py': 'import sqlalchemy\n',
            'p/sub/b.py': ''}, 'p.a')
        self.assertEqual('p.sub', loaded['sqlalchemy'])

    def test_registries_load_all_they_have(self):
        sources = {'p/a.py': 'from p import sub\n', 'p/sub/__init__.py': '',
                   'p/sub/b.py': 'import sqlalchemy\n'}
        self.assertNotIn('sqlalchemy', self.closure(sources, 'p.a'))
        self.assertIn('sqlalchemy', self.closure(
            sources, 'p.a', registries=('p.sub',)))
