"""The end of a console."""

from nova_gs.compute import console
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
                (b'', 5, ''),
                (b'caf\xc3\xa9 \xff\n', 1, 'caf\u00e9 \ufffd\n')):
            self.assertEqual(expected, self.output(written, tail_length),
                             (written, tail_length))
