"""The end of a console's log, and where the other consoles are."""

from nova_gs.compute import console
from nova_gs import exception
from nova_gs import objects
from tests.fixtures import compute
from tests.unit import base


class TestOutput(base.TestCase):

    def output(self, written, tail_length):
        host = compute.host(self.conf)
        host.driver.console = written
        return console.output(host, None, tail_length)

    def test_table(self):
        for written, tail_length, expected in (
                (b'a\nb\nc\n', None, 'a\nb\nc\n'),
                (b'a\nb\nc\n', 2, 'b\nc\n'),
                (b'a\nb\nc\n', '2', 'b\nc\n'),
                (b'a\nb\nc\n', 3, 'a\nb\nc\n'),
                (b'a\nb\nc\n', 99, 'a\nb\nc\n'),
                (b'a\nb\nc\n', 0, ''),
                (b'a\nb\nc\n', -1, 'a\nb\nc\n'),
                (b'a\nb', 1, 'b'),
                (b'a\nb', 2, 'a\nb'),
                (b'\n\n\n', 2, '\n\n'),
                (b'a\r\nb\r\n', 1, 'b\r\n'),
                # Nothing but a line feed ends a line.
                (b'a\nb\x0cc\x1dd\rE\xc2\x85f\n', 1,
                 'b\x0cc\x1dd\rE\x85f\n'),
                (b'a\nb\xe2\x80\xa8c\n', 1, 'b\u2028c\n'),
                (b'', 5, ''),
                (b'caf\xc3\xa9 \xff\n', 1, 'caf\u00e9 \ufffd\n')):
            self.assertEqual(expected, self.output(written, tail_length),
                             (written, tail_length))


class TestPacked(base.TestCase):

    def test_as_it_was(self):
        host = compute.host(self.conf)
        for written in (b'', b'a\r\n\xff\x00', b'TICK\r\n' * 10000):
            host.driver.console = written
            packed = console.packed(host, None)
            self.assertIsInstance(packed, str)
            self.assertEqual(written, console.unpack(packed))
        self.assertLess(len(packed), 1000)


class TestAddress(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()
        self.host = compute.host(self.conf)
        self.instance = objects.Instance(uuid='one')

    def test_screen(self):
        self.assertEqual(
            {'host': '192.0.2.7', 'port': 5901},
            console.address(self.host, self.instance, 'novnc'))

    def test_serial(self):
        self.assertEqual(
            {'host': '192.0.2.7', 'port': 10001},
            console.address(self.host, self.instance, 'serial'))

    def test_other_types(self):
        error = self.assertRaises(
            exception.ConsoleTypeUnavailable, console.address,
            self.host, self.instance, 'xvpvnc')
        self.assertIn('no console of type xvpvnc', str(error))
        self.assertEqual([], self.host.driver.calls)
