"""Boot sectors: their shape, and what they are told to do."""

import os
import struct
import tempfile

from nova_gs.devcloud import assembler
from nova_gs.devcloud import guest_image
from tests.unit import base


class BootSectorTestCase(base.TestCase):

    def test_is_one_bootable_sector(self):
        for ticker in guest_image.IMAGES:
            sector = guest_image.boot_sector(ticker)
            self.assertEqual(512, len(sector))
            self.assertEqual(b'\x55\xaa', sector[-2:])
            self.assertIn(b'TICK %s\0' % ticker.name.encode(), sector)

    def test_jumps_and_addresses_are_resolved(self):
        labels, _size = assembler.addresses(guest_image.LISTING)
        sector = guest_image.boot_sector(guest_image.Ticker('t'))
        # The jump into protected mode: ea, address, segment.
        at = sector.index(b'\xea')
        self.assertEqual(
            (labels['protected'], 8),
            struct.unpack_from('<HH', sector, at + 1))

    def test_numbers_are_put_in(self):
        sector = guest_image.boot_sector(
            guest_image.Ticker('t', pages=77, every=5, region_mib=3))
        self.assertIn(b'\xb9' + struct.pack('<I', 77), sector)
        self.assertIn(b'\xbd' + struct.pack('<I', 5), sector)
        self.assertIn(b'\x81\xff' + struct.pack('<I', 5 << 20), sector)

    def test_name_must_fit(self):
        self.assertRaises(ValueError, guest_image.boot_sector,
                          guest_image.Ticker(200 * 'x'))

    def test_timer_must_be_able_to(self):
        for hz in (18, 2000000):
            self.assertRaises(ValueError, guest_image.boot_sector,
                              guest_image.Ticker('t', hz=hz))

    def test_busy_one_writes_8_mib_a_second(self):
        busy = {t.name: t for t in guest_image.IMAGES}['ticker-busy']
        self.assertEqual(8 << 20, busy.dirty_bytes_per_second)

    def test_write(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'image')
            guest_image.write(guest_image.IMAGES[0], path)
            self.assertEqual(1 << 20, os.path.getsize(path))
            with open(path, 'rb') as image:
                self.assertEqual(
                    guest_image.boot_sector(guest_image.IMAGES[0]),
                    image.read(512))
