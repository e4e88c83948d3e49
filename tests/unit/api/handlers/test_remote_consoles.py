"""URLs of consoles."""

import urllib.parse

import fixtures

from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit.api import base
from tests.unit.api.handlers import test_locks

VNC = {'protocol': 'vnc', 'type': 'novnc'}
SERIAL = {'protocol': 'serial', 'type': 'serial'}


class RemoteConsolesTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.instance = self.add_instance()

    def ask(self, wanted=VNC, **kwargs):
        return self.request(
            'POST', 'servers/%s/remote-consoles' % self.instance.uuid,
            {'remote_console': wanted}, **kwargs)

    def token(self, url):
        """Return the token of a URL, as a browser and its page read it."""
        parts = urllib.parse.urlsplit(url)
        path, = urllib.parse.parse_qs(parts.query)['path']
        return urllib.parse.parse_qs(path.removeprefix('?'))['token'][0]

    def test_create(self):
        self.flags('vnc', novncproxy_base_url='https://c.example/page.html')
        answer = self.ask()
        self.assertEqual(200, answer.status_code)
        console = answer.json['remote_console']
        url = console.pop('url')
        self.assertEqual(VNC, console)
        self.assertTrue(url.startswith('https://c.example/page.html?'))
        found = objects.ConsoleToken.get(self.ctxt, self.token(url))
        self.assertEqual(self.instance.uuid, found.instance_uuid)
        self.assertEqual([('get_vnc_console', 'host1', 'novnc')],
                         self.compute.calls)

    def test_serial(self):
        for base_url in ('ws://127.0.0.1:6080/', 'wss://c.example/serial'):
            self.flags('serial_console', base_url=base_url)
            answer = self.ask(SERIAL)
            self.assertEqual(200, answer.status_code)
            console = answer.json['remote_console']
            url = console.pop('url')
            self.assertEqual(SERIAL, console)
            self.assertTrue(url.startswith(base_url + '?token='), url)
            # As clients and the proxy read it.
            token, = urllib.parse.parse_qs(
                urllib.parse.urlsplit(url).query)['token']
            self.assertEqual('serial', objects.ConsoleToken.get(
                self.ctxt, token).console_type)
        self.assertEqual([('get_vnc_console', 'host1', 'serial')] * 2,
                         self.compute.calls)

    def test_each_url_is_another(self):
        self.assertNotEqual(*(
            self.ask().json['remote_console']['url'] for _ in range(2)))

    def test_legacy(self):
        answer = self.act(self.instance, 'os-getVNCConsole',
                          {'type': 'novnc'}, minor=1)
        self.assertEqual(200, answer.status_code)
        self.assertEqual('novnc', answer.json['console']['type'])
        objects.ConsoleToken.get(
            self.ctxt, self.token(answer.json['console']['url']))

    def test_versions(self):
        self.assertEqual(404, self.ask(minor=5).status_code)
        self.assertEqual(200, self.ask(minor=6).status_code)
        for name, kind in (('os-getVNCConsole', 'novnc'),
                           ('os-getSerialConsole', 'serial')):
            for minor, code in ((5, 200), (6, 404)):
                self.assertEqual(code, self.act(
                    self.instance, name, {'type': kind},
                    minor=minor).status_code)

    def test_nonsense(self):
        for wanted in ({}, {'protocol': 'vnc'}, {'type': 'novnc'},
                       {'protocol': 'x', 'type': 'novnc'},
                       {'protocol': 'vnc', 'type': 'serial'},
                       {'protocol': 'vnc', 'type': 'novnc', 'more': 1}):
            self.assertEqual(400, self.ask(wanted).status_code, wanted)
        self.assertEqual([], self.compute.calls)

    def test_guest_without_a_screen(self):
        self.compute.errors['get_vnc_console'] = (
            exception.ConsoleTypeUnavailable(
                instance_id='x', console_type='novnc', why='it has none'))
        self.assert_fault(400, 'it has none', self.ask())

    def test_guest_is_off(self):
        self.compute.errors['get_vnc_console'] = exception.ConsoleNotReady(
            instance_id='x', why='it is not running')
        self.assert_fault(409, 'not running', self.ask())

    def test_host_drains(self):
        self.drain('host1')
        self.assert_fault(409, 'SIGTERM', self.ask())
        self.assertEqual([], self.compute.calls)

    def test_host_began_to_drain_meanwhile(self):
        self.compute.errors['get_vnc_console'] = exception.HostDraining(
            host='host1', reason='SIGTERM', deadline='soon')
        self.assert_fault(409, 'host1 is draining', self.ask())

    def test_host_is_quiesced(self):
        self.drain('host1', fields.ServicePhase.QUIESCED)
        self.assertEqual(200, self.ask().status_code)

    def test_hosts_are_too_old(self):
        self.compute.errors['require_known'] = exception.ComputesTooOld(
            method='get_vnc_console', since='6.8', version='6.6')
        self.assert_fault(409, 'Upgrade them first', self.ask())
        self.assertEqual([], self.compute.calls)

    def test_no_host_yet(self):
        self.instance = self.add_instance(host=None)
        self.assert_fault(409, 'not on a host', self.ask())

    def test_others_have_no_part_in_it(self):
        self.useFixture(fixtures.MonkeyPatch(
            'nova_gs.api.middleware.Identity._nobody_checked',
            test_locks.identify))
        self.assertEqual(404, self.ask(token='bob:other').status_code)
        self.assertEqual(200, self.ask(token='bob:admin').status_code)
