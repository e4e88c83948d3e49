from nova_gs.virt.fake import console
from tests.unit import base


class ConsoleTestCase(base.TestCase):

    @staticmethod
    def _lines(boots, now):
        return [line.split() for line in
                console.output(boots, now).splitlines()]

    def test_a_line_at_once_and_one_a_second(self):
        boots = console.boot([], 100.0)
        nonce = boots[0]['nonce']
        self.assertEqual([['TICK', 'ticker', nonce] + ['00000000'] * 3],
                         self._lines(boots, 100.0))
        self.assertEqual(['TICK', 'ticker', nonce, '00000002', '00000002',
                          '00000000'],
                         self._lines(boots, 102.9)[-1])

    def test_a_reboot_shows_as_another_nonce(self):
        boots = console.boot(console.boot([], 100.0), 101.5)
        lines = self._lines(boots, 103.0)
        self.assertEqual([0, 1, 0, 1], [int(one[3], 16) for one in lines])
        self.assertEqual(2, len({one[2] for one in lines}))

    def test_a_halted_guest_says_nothing_more(self):
        boots = console.halt(console.boot([], 100.0), 101.0)
        self.assertEqual(self._lines(boots, 101.0), self._lines(boots, 999.0))

    def test_what_is_kept_is_bounded(self):
        boots = []
        for start in range(50):
            boots = console.boot(boots, float(start))
        self.assertEqual(console.KEPT_BOOTS, len(boots))
        lines = self._lines(boots, 1e6)
        self.assertEqual(console.KEPT_LINES, len(lines))
        self.assertEqual(int(1e6) - 49, int(lines[-1][3], 16))
