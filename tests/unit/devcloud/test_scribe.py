"""Scribes: their boot sector, and what is read of their disks."""

import struct

from nova_gs.devcloud import assembler
from nova_gs.devcloud import guest_image
from nova_gs.devcloud import scribe
from tests.unit import base


def place(*numbers):
    """Return the content of one place: equal parts of some numbers."""
    count = scribe.SLOT_BYTES // 4 // len(numbers)
    return b''.join(struct.pack('<I', number) * count for number in numbers)


class TestScribe(base.TestCase):

    def test_boot_sector(self):
        sector = guest_image.boot_sector(scribe.Scribe('writer', every=5))
        self.assertEqual(512, len(sector))
        self.assertEqual(b'\x55\xaa', sector[-2:])
        self.assertIn(b'TICK writer\0', sector)
        labels, _size = assembler.addresses(scribe.LISTING)
        self.assertIn(b'\xc6\x06' + struct.pack('<HB', labels['left'], 5),
                      sector)
        # 64 sectors a place: what the BIOS is told fits what is checked.
        at = labels['packet'] - assembler.ORIGIN
        self.assertEqual(scribe.SLOT_BYTES, 512 * sector[at + 2])

    def test_places_end_at_1_mib(self):
        self.assertEqual(
            1 << 20, scribe.BEGIN + scribe.SLOTS * scribe.SLOT_BYTES)

    def check(self, **places):
        content = {number: place(number or 16) for number in range(16)}
        content.update({int(name[1:]): value
                        for name, value in places.items()})
        return scribe.check(b''.join(content[n] for n in range(16)))

    def test_check(self):
        self.assertEqual([16, *range(1, 16)], self.check())
        self.assertEqual(19, self.check(_3=place(19, 3))[3])
        self.assertEqual(0, self.check(_3=place(0))[3])

    def test_check_what_is_wrong(self):
        for places in ({'_3': place(4)}, {'_3': place(3, 4)},
                       {'_3': place(3, 19, 35, 51)},
                       {'_3': place(19, 3), '_4': place(20, 4)}):
            self.assertRaises(ValueError, self.check, **places)
