"""Bodies held against schemas."""

import testtools

from nova_gs.api.schemas import parts
from nova_gs.api.schemas import validation
from nova_gs import exception


class ValidationTestCase(testtools.TestCase):

    def test_pick(self):
        schemas = ((1, 'old'), (25, 'new'))
        for minor, schema in ((1, 'old'), (24, 'old'), (25, 'new'),
                              (96, 'new')):
            self.assertEqual(schema, validation.pick(schemas, minor))
        self.assertIsNone(validation.pick(((25, 'new'),), 24))

    def test_says_what_is_wrong_with_which_field(self):
        schema = parts.body('flavor', {'ram': parts.POSITIVE}, ('ram',))
        validation.check({'flavor': {'ram': '64'}}, schema)
        error = self.assertRaises(
            exception.Invalid, validation.check, {'flavor': {'ram': 0}},
            schema)
        self.assertIn('ram', str(error))
        self.assertIn('Value: 0', str(error))
        for body in ({}, {'flavor': {}}, {'flavor': None}, [], None,
                     {'flavor': {'ram': 1}, 'more': 1}):
            self.assertRaises(exception.Invalid, validation.check, body,
                              schema)

    def test_long_values_are_cut(self):
        schema = parts.body('server', {'name': parts.NAME})
        error = self.assertRaises(
            exception.Invalid, validation.check,
            {'server': {'name': 'x' * 5000}}, schema)
        self.assertLess(len(str(error)), 1000)

    def test_formats(self):
        for part, good, bad in (
                (parts.NAME, ('a', 'a b', 'ä'), ('', ' a', 'a\n', 'a\x00')),
                (parts.DESCRIPTION, ('', None, 'a\nb'), ('a\x00',)),
                (parts.UUID, ('a' * 32,), ('none', '')),
                (parts.HOST, ('h1.example-2_x',), ('h 1', '', 'h\n')),
                (parts.TAG, ('a b',), ('a,b', 'a/b', ''))):
            for value in good:
                validation.check(value, part)
            for value in bad:
                self.assertRaises(exception.Invalid, validation.check,
                                  value, part)
