"""Pages, what is to be said, and who is let in to a screen."""

import http.client
import json

import testtools

from nova_gs.consoles import handler
from nova_gs.consoles import outlook
from tests.unit.consoles import base


class TestPages(base.ConsoleTestCase):

    def get(self, path):
        """Return (status, headers, body) of a GET."""
        connection = http.client.HTTPConnection(
            *self.address, timeout=base.PATIENCE)
        self.addCleanup(connection.close)
        connection.request('GET', path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def test_ours_beside_novnc(self):
        for path, words in (
                ('/console.html?path=%3Ftoken%3Dx', b'console.js'),
                ('/console.js', b"from './core/rfb.js'"),
                ('/console.css', b'#banner'),
                ('/core/rfb.js', b'export default 1;')):
            status, headers, body = self.get(path)
            self.assertEqual(200, status, path)
            self.assertIn(words, body)
            # The page's URL has the token in it.
            self.assertEqual('no-referrer', headers['Referrer-Policy'])

    def test_nothing_else(self):
        for path in ('/', '/core/', '/console.htm', '/../handler.py',
                     '/%2e%2e/handler.py', '/static/console.js',
                     '//etc/passwd'):
            self.assertEqual(404, self.get(path)[0], path)

    def test_what_is_to_be_said(self):
        for token, said in (('good', outlook.MOVING),
                            ('bad', outlook.EXPIRED)):
            self.finder.said = outlook.MOVING
            status, headers, body = self.get(handler.STATE + '?token='
                                             + token)
            self.assertEqual(200, status)
            self.assertEqual('no-cache', headers['Cache-Control'])
            self.assertEqual({'kind': said.kind, 'text': said.text,
                              'again': said.again}, json.loads(body))


class TestScreens(base.ConsoleTestCase):

    def test_token_in_the_path(self):
        for path, token in (('/websockify?token=a', 'a'), ('/?token=a', 'a'),
                            ('/?x=1&token=a-_b', 'a-_b'), ('/', ''),
                            ('/?token=', '')):
            self.assertEqual(token, handler.token_of(path))

    def test_why_not(self):
        for path, why_not, told in (
                ('/?token=bad', None, outlook.EXPIRED),
                ('/', None, outlook.EXPIRED),
                ('/?token=good', outlook.OFF, outlook.OFF),
                ('/?token=good', outlook.NO_CONSOLE, outlook.NO_CONSOLE)):
            self.finder.why_not = why_not
            self.assertEqual(
                (told.code, told.text), self.view(path).end())

    def test_screen_cannot_be_reached(self):
        self.guests.close()
        self.assertEqual((outlook.Close.AGAIN, outlook.LOST.text),
                         self.view().end())

    def test_only_one_has_a_serial_console(self):
        self.finder.console_type = 'serial'
        first, _port = self.both()
        second, port = self.both()
        self.assertEqual((outlook.Close.OVER, outlook.TAKEN.text),
                         first.end())
        port.sendall(b'login: ')
        self.assertEqual(b'login: ', second.read(7))

    def test_many_see_a_screen(self):
        for viewer, screen in [self.both(), self.both()]:
            screen.sendall(b'x')
            self.assertEqual(b'x', viewer.read(1))

    def test_protocol_by_name(self):
        for protocols in (['binary'], ['chat', 'binary']):
            viewer = self.view(protocols=protocols)
            self.screen().sendall(b'x')
            self.assertEqual(b'x', viewer.read(1))

    def test_whose_page(self):
        for origin, allowed in (
                (None, True), ('http://here:6080', True),
                ('https://here:6080', True), ('http://here', False),
                ('http://evil.example', False), ('null', False), ('', False),
                ('https://portal.example.org', True),
                ('https://portal.example.org:8443', True),
                ('https://exact.example.org:1', True),
                ('https://exact.example.org:2', False)):
            self.assertIs(allowed, handler.may_come_from(
                origin, 'here:6080',
                ['portal.example.org', 'exact.example.org:1']), origin)

    def test_another_sites_page(self):
        with testtools.ExpectedException(Exception, '.* 403 .*'):
            self.view(origin='http://evil.example')
        self.view(origin='http://127.0.0.1')
        self.screen()
