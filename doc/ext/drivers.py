"""Sphinx directives that show the driver contract as it stands in the code.

``.. driver-verbs:: ComputeDriver``
    the verbs of a class of the contract, with what each promises
``.. driver-conformance::``
    what the conformance suite asks of a driver, a line a test
``.. driver-hooks::``
    what it needs of a driver's own test
"""

import ast
import inspect
import pathlib

from docutils.parsers import rst
from docutils import statemachine

from nova_gs.virt import driver
from nova_gs.virt import live_migration

#: The classes of the contract, by name.
CLASSES = {cls.__name__: cls for cls in (
    driver.ComputeDriver, live_migration.MigrationHandle)}

#: The conformance suite: it is read, not imported, as it needs test tools.
SUITE = (pathlib.Path(__file__).resolve().parents[2]
         / 'tests' / 'functional' / 'virt' / 'contract.py')


def verbs(cls):
    """Return [(name with its arguments, docstring)] of a class's verbs."""
    return [('%s%s' % (name, _shown(inspect.signature(verb))),
             inspect.getdoc(verb))
            for name, verb in vars(cls).items()
            if getattr(verb, '__isabstractmethod__', False)]


def _shown(signature):
    return str(signature.replace(
        parameters=list(signature.parameters.values())[1:]))


def suite(path=SUITE):
    """Return (hooks, tests) of the suite, each [(name, docstring)]."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    hooks, tests = [], []
    for cls in tree.body:
        for item in getattr(cls, 'body', ()):
            if not isinstance(item, ast.FunctionDef):
                continue
            if item.name.startswith('test_'):
                tests.append((item.name, ast.get_docstring(item)))
            elif item.decorator_list:
                hooks.append((item.name, ast.get_docstring(item)))
    return hooks, tests


class _Listing(rst.Directive):
    """A definition list; a subclass gives ``items()``."""

    def items(self):
        """Return [(term, text or None)]."""
        raise NotImplementedError

    def run(self):
        lines = []
        for term, text in self.items():
            lines.append('``%s``' % term)
            lines += ['   ' + line for line in (text or '').splitlines()]
            lines.append('')
        self.state_machine.insert_input(
            statemachine.StringList(lines, 'nova_gs'), 'nova_gs')
        return []


class DriverVerbs(_Listing):
    """The verbs of a class."""

    required_arguments = 1

    def items(self):
        return verbs(CLASSES[self.arguments[0]])


class DriverHooks(_Listing):
    """What the suite needs of a driver's own test."""

    def items(self):
        return suite()[0]


class DriverConformance(rst.Directive):
    """What the suite asks, a line a test."""

    def run(self):
        lines = ['* ' + _sentence(*test) for test in suite()[1]] + ['']
        self.state_machine.insert_input(
            statemachine.StringList(lines, 'nova_gs'), 'nova_gs')
        return []


def _sentence(name, docstring):
    if docstring:
        return docstring.splitlines()[0]
    words = name.removeprefix('test_').replace('_', ' ')
    return words.capitalize() + '.'


def setup(app):
    app.add_directive('driver-verbs', DriverVerbs)
    app.add_directive('driver-hooks', DriverHooks)
    app.add_directive('driver-conformance', DriverConformance)
    return {'parallel_read_safe': True}
