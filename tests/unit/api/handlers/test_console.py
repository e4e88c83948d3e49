"""Read a guest's console."""

from nova_gs import exception
from nova_gs.objects import fields
from tests.unit.api import base


class ConsoleTestCase(base.ApiTestCase):

    def read(self, **argument):
        return self.act(self.add_instance(), 'os-getConsoleOutput', argument)

    def test_length(self):
        for argument, output in (
                ({}, 'one\ntwo\nthree\n'),
                ({'length': None}, 'one\ntwo\nthree\n'),
                ({'length': -1}, 'one\ntwo\nthree\n'),
                ({'length': '-1'}, 'one\ntwo\nthree\n'),
                ({'length': 2}, 'two\nthree\n'),
                ({'length': '1'}, 'three\n'),
                ({'length': 0}, '')):
            result = self.read(**argument)
            self.assertEqual((200, {'output': output}),
                             (result.status_code, result.json))

    def test_bad_length(self):
        for length in (-2, 'all', 1.5):
            self.assertEqual(400, self.read(length=length).status_code)

    def test_host_does_not_answer(self):
        self.compute.no_answer('get_console_output')
        self.assert_fault(503, 'no answer', self.read())

    def test_host_began_to_drain_meanwhile(self):
        self.compute.errors['get_console_output'] = exception.HostDraining(
            host='host1', reason='SIGTERM', deadline='soon')
        self.assert_fault(409, 'host1 is draining', self.read())

    def test_host_drains(self):
        self.drain('host1')
        self.assert_fault(409, 'SIGTERM', self.read())
        self.assertEqual([], self.compute.calls)

    def test_host_is_quiesced(self):
        self.drain('host1', fields.ServicePhase.QUIESCED)
        self.assertEqual(200, self.read().status_code)

    def test_no_host_yet(self):
        self.assert_fault(409, 'not on a host', self.act(
            self.add_instance(host=None), 'os-getConsoleOutput', {}))
