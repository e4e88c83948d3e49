"""flake8 checks for what nobody else would notice here.

Each guards a rule that the design rests on and that a reviewer would have to
look for by hand; what imports what is ``tests/unit/test_floors.py``'s part.
HACKING.rst lists the codes.  A line that has to break a rule says
``# noqa: N301`` and, in a comment above, why.

tox.ini makes this module known to flake8 by its path, so it imports nothing
of nova_gs.
"""

import ast
import pathlib

#: Ways to read the machine's clock, as they are written where they are used.
CLOCKS = frozenset((
    'time.time', 'time.time_ns', 'time.monotonic', 'time.monotonic_ns',
    'time.perf_counter', 'datetime.datetime.now', 'datetime.datetime.utcnow',
    'datetime.datetime.today', 'datetime.now', 'datetime.utcnow',
    'timeutils.utcnow', 'timeutils.now',
))

SLEEPS = frozenset(('time.sleep', 'eventlet.sleep', 'asyncio.sleep'))

_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
            ast.SetComp)
_MUTABLE_CALLS = frozenset(('list', 'dict', 'set', 'collections.OrderedDict',
                            'collections.defaultdict', 'collections.deque'))


def _dotted(node):
    """Return ``'a.b.c'`` for such an expression, ``''`` for any other."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ''
    return '.'.join([node.id] + names[::-1])


def no_sleep(node, place):
    """N301: a pause of fixed length; wait for what is to happen instead."""
    if isinstance(node, ast.Call) and _dotted(node.func) in SLEEPS:
        yield node, ('N301: wait on an event or a condition with a timeout, '
                     'do not sleep')


def no_clock(node, place):
    """N302: time is a parameter; only clock.py asks the machine for it."""
    if not place.in_package() or place.within('nova_gs/clock.py'):
        return
    # Not only calls: handing time.monotonic on hides the clock as well.
    if isinstance(node, ast.Attribute) and _dotted(node) in CLOCKS:
        yield node, ('N302: take a nova_gs.clock.Clock and ask that, '
                     'not %s' % _dotted(node))


def no_global_conf(node, place):
    """N303: options are handed down; only programs know the global ones."""
    if place.within('nova_gs/cmd') or not (
            place.in_package() or place.is_test_module()):
        return
    if (isinstance(node, ast.Attribute) and _dotted(node) == 'cfg.CONF' or
            isinstance(node, ast.Name) and node.id == 'CONF'):
        yield node, 'N303: take conf as an argument; CONF is for nova_gs/cmd'


def no_topic(node, place):
    """N304: which server a message goes to is said in one place."""
    if not place.in_package() or place.within('nova_gs/rpc/catalogue.py',
                                              'nova_gs/hacking'):
        return
    if (isinstance(node, ast.Constant) and isinstance(node.value, str) and
            node.value.partition('.')[0] == 'compute-alt'):
        yield node, ('N304: take the topic from rpc/catalogue.py '
                     '(Topic.ONGOING)')


def no_mutable_default(node, place):
    """N305: a default that is changed is changed for every later call."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef,
                             ast.Lambda)):
        return
    for default in node.args.defaults + node.args.kw_defaults:
        if isinstance(default, _MUTABLE) or (
                isinstance(default, ast.Call) and
                _dotted(default.func) in _MUTABLE_CALLS):
            yield default, 'N305: use None or a tuple as the default'


def no_stray_option(node, place):
    """N306: an option outside of conf/ is missing from the sample file."""
    if not place.in_package() or place.within('nova_gs/conf', 'nova_gs/cmd'):
        return
    if isinstance(node, ast.Call):
        name = _dotted(node.func)
        if name.startswith('cfg.') and name.endswith('Opt'):
            yield node, 'N306: define options in nova_gs/conf'


CHECKS = (no_sleep, no_clock, no_global_conf, no_topic, no_mutable_default,
          no_stray_option)


class Place:
    """Where a file stands in the repository.

    :param filename: as flake8 gives it, relative to the repository or not
    """

    def __init__(self, filename):
        parts = pathlib.PurePath(filename).parts
        tops = [number for number, part in enumerate(parts)
                if part in ('nova_gs', 'tests')]
        # The last one below which no other top stands: a clone may itself
        # be in a folder of either name, and tests/unit has no nova_gs.
        self.path = pathlib.PurePath(*parts[tops[-1]:] if tops else parts)

    def within(self, *paths):
        """Whether the file is one of these or below one of them."""
        return any(self.path.is_relative_to(path) for path in paths)

    def in_package(self):
        return self.within('nova_gs')

    def is_test_module(self):
        return self.within('tests') and self.path.name.startswith('test_')


class Checker:
    """All checks, in one walk over a file's syntax tree.

    :param tree: the ``ast.Module``
    :param filename: path of the file
    """

    name = 'nova_gs.hacking'
    version = '1.0'

    def __init__(self, tree, filename):
        self._tree = tree
        self._place = Place(filename)

    def run(self):
        """Yield (line, column, message, type) as flake8 asks for."""
        for node in ast.walk(self._tree):
            for check in CHECKS:
                for found, message in check(node, self._place):
                    yield (found.lineno, found.col_offset, message,
                           type(self))
