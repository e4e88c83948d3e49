"""Pages of lists."""

import types
from urllib import parse

from nova_gs.api import call as calls
from nova_gs.api import paging
from nova_gs import exception
from tests.unit import base


class PagingTestCase(base.TestCase):

    def call(self, **query):
        services = calls.Services(self.conf, None, None, None, None)
        return calls.Call(services, None, base_url='http://api',
                          path='/v2.1/x', query=query)

    def items(self, *names):
        return [types.SimpleNamespace(uuid=name) for name in names]

    def test_limit(self):
        self.flags(group='api', max_limit=5)
        for query, size in (({}, 5), ({'limit': '3'}, 3), ({'limit': '9'}, 5),
                            ({'limit': '0'}, 0)):
            self.assertEqual(size, paging.limit(self.call(**query)))

    def test_limit_is_no_number(self):
        for text in ('-1', 'many', '', '1.5'):
            self.assertRaises(exception.Invalid, paging.limit,
                              self.call(limit=text))

    def test_cut(self):
        items = self.items('a', 'b', 'c')
        self.assertEqual(items[:2], paging.cut(items, None, 2))
        self.assertEqual(items[2:], paging.cut(items, 'b', 2))
        self.assertEqual([], paging.cut(items, 'c', 2))
        self.assertRaises(exception.Invalid, paging.cut, items, 'd', 2)

    def test_next_link_keeps_the_query(self):
        call = self.call(limit='2', name=['a', 'b'], marker='old')
        link, = paging.next_link(call, self.items('a', 'b'), 2)
        url = parse.urlsplit(link['href'])
        self.assertEqual('next', link['rel'])
        self.assertEqual(('http', 'api', '/v2.1/x'), url[:3])
        self.assertEqual(
            {'limit': ['2'], 'name': ['a', 'b'], 'marker': ['b']},
            parse.parse_qs(url.query))

    def test_no_next_link_on_the_last_page(self):
        self.assertEqual([], paging.next_link(
            self.call(), self.items('a'), 2))
        self.assertEqual([], paging.next_link(self.call(), [], 0))
