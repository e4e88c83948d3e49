"""The tree of errors is as it is drawn, and survives the way over RPC."""

import inspect
import re
import sys

from oslo_messaging._drivers import common
import testtools

from nova_gs import exception

MODULE = exception.__name__

#: Those that answer with another status than the rest of their branch.
OTHER_CODES = {exception.InvalidMicroversion: 406}


def drawn_tree(text):
    """Return {class name: name of its parent} of the drawing in a text.

    A line has one or more names after its branch, then perhaps a remark,
    which begins with a small letter or a digit.  The branch's column says
    whose children they are.
    """
    lines = text.splitlines()
    top = next(number for number, line in enumerate(lines)
               if line.strip() == exception.NovaGSException.__name__)
    parents = [(lines[top].index('N'), lines[top].strip())]
    tree = {}
    for line in lines[top + 1:]:
        if '+-' not in line:
            break
        column = line.index('+-')
        while parents[-1][0] >= column:
            parents.pop()
        names = re.match(r'((?:[A-Z]\w+\s*)+)', line[column + 2:].strip())
        for name in names.group(0).split():
            tree[name] = parents[-1][1]
        parents.append((column, name))
    return tree


def classes():
    """Return the error classes that the module defines."""
    return [found for _, found in inspect.getmembers(exception)
            if inspect.isclass(found) and issubclass(found, Exception)]


def make(kind):
    """Return an error of a kind, with a value for each word it needs."""
    words = re.findall(r'%\((\w+)\)s', kind.msg_fmt)
    return kind(**{word: 'the %s' % word for word in words})


def over_the_wire(error, modules=(MODULE,)):
    """Return an error as the other side of an RPC gets it."""
    try:
        raise error
    except Exception:
        data = common.serialize_remote_exception(sys.exc_info())
    return common.deserialize_remote_exception(data, list(modules))


class TreeTestCase(testtools.TestCase):

    def test_drawing_equals_classes(self):
        made = {kind.__name__: kind.__bases__[0].__name__
                for kind in classes()
                if kind is not exception.NovaGSException}
        self.assertEqual(made, drawn_tree(exception.__doc__))

    def test_each_says_when_it_is_raised(self):
        for kind in classes():
            self.assertTrue(vars(kind).get('__doc__'), kind)
            self.assertRegex(kind.__doc__.splitlines()[0], r'^[A-Z].*\.$',
                             kind.__name__)

    def test_a_message_tells_what_happened(self):
        for kind in classes():
            self.assertRegex(kind.msg_fmt, r'[\w).]$|%\(\w+\)s', kind)
            self.assertNotIn('%(', str(make(kind)))

    def test_code_is_that_of_its_branch(self):
        for kind, code in (
                (exception.Invalid, 400), (exception.Forbidden, 403),
                (exception.NotFound, 404), (exception.Conflict, 409)):
            for child in classes():
                if issubclass(child, kind):
                    self.assertEqual(
                        OTHER_CODES.get(child, code), child.code, child)

    def test_a_given_message_replaces_the_format(self):
        error = exception.HostDraining('Host a leaves.')
        self.assertEqual('Host a leaves.', str(error))


class RemoteTestCase(testtools.TestCase):

    def test_same_class_and_reason_over_rpc(self):
        for kind in classes():
            sent = make(kind)
            got = over_the_wire(sent)
            self.assertIsInstance(got, kind)
            self.assertEqual(kind.__name__ + '_Remote', type(got).__name__)
            self.assertEqual(sent.code, got.code)
            self.assertEqual(sent.kwargs, got.kwargs)
            self.assertEqual(
                exception.reason_of(sent), exception.reason_of(got))

    def test_a_given_message_crosses_too(self):
        sent = exception.InstanceNotFound('It is gone.', instance_id='x')
        got = over_the_wire(sent)
        self.assertIsInstance(got, exception.InstanceNotFound)
        self.assertEqual('It is gone.', exception.reason_of(got))
        self.assertEqual({'instance_id': 'x'}, got.kwargs)

    def test_crosses_two_hops(self):
        # A conductor passes on what a compute told it.
        sent = make(exception.MigrationPreCheckError)
        got = over_the_wire(over_the_wire(sent), modules=[MODULE])
        self.assertIsInstance(got, exception.MigrationPreCheckError)
        self.assertEqual(
            exception.reason_of(sent), exception.reason_of(got))


class ReasonTestCase(testtools.TestCase):

    def test_own_error_is_its_sentence(self):
        self.assertEqual(
            'Not found.', exception.reason_of(exception.NotFound()))

    def test_foreign_error_names_its_class(self):
        self.assertEqual('ValueError: no number',
                         exception.reason_of(ValueError('no number')))
