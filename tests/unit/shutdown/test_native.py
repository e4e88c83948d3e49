"""Writing to somebody who may not read."""

import fcntl
import os
import threading

from nova_gs.shutdown import native
from tests.unit import base


class WriteLinesTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.reader, self.writer = os.pipe()
        self.addCleanup(self.close, self.reader)
        self.addCleanup(self.close, self.writer)

    @staticmethod
    def close(descriptor):
        try:
            os.close(descriptor)
        except OSError:
            pass

    def write(self, text, patience=30):
        return native.write_lines(self.writer, text, patience)

    def read_later(self):
        """Read all in a thread; return (thread, list of what came)."""
        read = []

        def run():
            while True:
                piece = os.read(self.reader, 65536)
                if not piece:
                    break
                read.append(piece)

        thread = threading.Thread(target=run)
        thread.start()
        return thread, read

    def test_everything_comes(self):
        text = ''.join('line %d\n' % number for number in range(50000))
        text += 'a long one' * 2000 + '\nwithout an end'
        thread, read = self.read_later()
        self.assertTrue(self.write(text))
        os.close(self.writer)
        thread.join(30)
        self.assertEqual(text, b''.join(read).decode())

    def test_nobody_reads(self):
        size = fcntl.fcntl(self.writer, fcntl.F_GETPIPE_SZ)
        self.assertFalse(self.write('a line\n' * size, patience=0.01))

    def test_lines_stay_whole(self):
        """What others write in between comes between two lines."""
        text = ''.join('%s\n' % (letter * 1500) for letter in 'abcdefgh')
        pieces = list(native._pieces(text.encode()))
        self.assertEqual(text.encode(), b''.join(pieces))
        self.assertTrue(all(piece.endswith(b'\n') for piece in pieces))
        self.assertGreater(len(pieces), 1)

    def test_nobody_is_there(self):
        os.close(self.reader)
        self.assertRaises(OSError, self.write, 'a line\n')

    def test_what_cannot_be_encoded(self):
        self.assertTrue(self.write('\udc80\n'))
        self.assertEqual(b'?\n', os.read(self.reader, 10))
