"""One request as handlers see it."""

import testtools

from nova_gs.api import call as calls
from nova_gs import exception


def _call(**query):
    return calls.Call(None, None, base_url='', path='', query=query)


class CallTestCase(testtools.TestCase):

    def test_repeated_parameters(self):
        call = _call(status=['a', 'b'], name='c')
        self.assertEqual('a', call.param('status'))
        self.assertEqual(['a', 'b'], call.params('status'))
        self.assertEqual(['c'], call.params('name'))
        self.assertEqual([], call.params('host'))
        self.assertEqual('d', call.param('host', 'd'))

    def test_flags(self):
        for text, value in (('1', True), ('True', True), ('', True),
                            ('false', False), ('0', False)):
            self.assertIs(value, _call(deleted=text).flag('deleted'))
        self.assertFalse(_call().flag('deleted'))
        self.assertRaises(exception.Invalid, _call(deleted='x').flag,
                          'deleted')
