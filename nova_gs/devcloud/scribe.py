"""A guest that writes to all its disks, and reads whether it is still there.

A scribe is a boot sector as a ticker is (``guest_image``), and prints the
same lines.  It stays with the BIOS, which knows disks.  At each line it takes
the next of ``SLOTS`` places and

* checks that this place of its memory holds what was written there a round
  ago (the number of that line, all over);
* reads the place from each disk and checks the same;
* writes the number of this line to memory and to each disk.

Whatever is wrong counts as ``bad`` on its lines.  ``check`` reads a disk from
outside.
"""

import dataclasses
import struct

from nova_gs.devcloud import assembler

SECTOR = assembler.SECTOR

#: How many places there are on each disk, and how large each is.
SLOTS = 16
SLOT_BYTES = 32 * 1024

#: Where the places begin on each disk; they end at 1 MiB.
BEGIN = 512 * 1024

LISTING = (
    ('', 'fa 31c0 8ed8 8ec0 8ed0', '', 'no interrupts; segments 0'),
    ('', 'bc007c fc', '', 'stack below this code; upwards'),
    ('', 'b034 e643 b0', 'byte pit_low', 'timer rate'),
    ('', 'e640 b0', 'byte pit_high', ''),
    ('', 'e640', '', ''),
    ('', 'bafb03 b083 ee', '', 'serial port: set divisor'),
    ('', 'baf803 b001 ee 42 b000 ee', '', '115200 baud'),
    ('', 'bafb03 b003 ee', '', '8 bits, no parity, 1 stop bit'),
    ('', '0f31 66a3', 'abs16 nonce', 'nonce = time stamp counter'),
    ('', 'fb', '', 'interrupts on'),
    ('wait', 'f4', '', 'sleep until the timer'),
    ('', 'fe0e', 'abs16 left', 'is a line due?'),
    ('', '75', 'near wait', ''),
    ('', 'c606', 'abs16 left', ''),
    ('', '', 'byte every', ''),
    ('', '66ff06', 'abs16 line', 'the next line'),
    ('', '66a1', 'abs16 line', ''),
    ('', '83e0', 'byte last_slot', 'ax = place'),
    ('', '89c1 c1e10b 81c10010', '', 'in memory: 32 KiB each, from 64 on'),
    ('', '890e', 'abs16 segment', ''),
    ('', 'c1e006 05', 'word begin', 'on disk: 64 sectors each'),
    ('', 'a3', 'abs16 sector', ''),
    ('', '66a1', 'abs16 line', 'eax = what was written a round ago'),
    ('', '6683e8', 'byte slots', ''),
    ('', '77', 'near known', ''),
    ('', '6631c0', '', 'in round 1 disks are empty,'),
    ('', 'eb', 'near first', 'and memory is whatever it is'),
    ('known', 'e8', 'far16 check', ''),
    ('first', 'b280', '', 'the first disk'),
    ('read', '6650 b442 e8', 'far16 disk', ''),
    ('', '6658 e8', 'far16 check', ''),
    ('', 'fec2 e8', 'far16 more', 'the next disk'),
    ('', '72', 'near read', ''),
    ('', '66a1', 'abs16 line', ''),
    ('', 'e8', 'far16 point', ''),
    ('', '66f3ab b280', '', 'to memory'),
    ('write', 'b80043 e8', 'far16 disk', 'to each disk'),
    ('', 'fec2 e8', 'far16 more', ''),
    ('', '72', 'near write', ''),
    ('', 'be', 'abs16 banner', ''),
    ('text', 'ac 84c0', '', ''),
    ('', '74', 'near numbers', ''),
    ('', 'e8', 'far16 putc', ''),
    ('', 'eb', 'near text', ''),
    ('numbers', '66a1', 'abs16 nonce', ''),
    ('', 'e8', 'far16 hex', ''),
    ('', '66a1', 'abs16 line', ''),
    ('', 'e8', 'far16 hex', ''),
    ('', '66a1', 'abs16 line', ''),
    ('', '66c1e804 6640 e8', 'far16 hex', 'round'),
    ('', '66a1', 'abs16 bad', ''),
    ('', 'e8', 'far16 hex', ''),
    ('', 'b00d e8', 'far16 putc', ''),
    ('', 'b00a e8', 'far16 putc', ''),
    ('', 'e9', 'far16 wait', ''),
    ('more', '88d0 2c80 3a067504 c3', '', 'the BIOS counts disks at 0x475'),
    ('disk', 'be', 'abs16 packet', 'one place from or to disk dl'),
    ('', 'cd13', '', ''),
    ('', '72', 'near wrong', ''),
    ('', 'c3', '', ''),
    ('point', '8e06', 'abs16 segment', 'es:di = the place in memory'),
    ('', '31ff b90020 c3', '', 'cx = its size in numbers'),
    ('check', 'e8', 'far16 point', 'is it all eax?'),
    ('', '66f3af', '', ''),
    ('', '74', 'near fine', ''),
    ('wrong', '66ff06', 'abs16 bad', ''),
    ('fine', 'c3', '', ''),
    ('hex', '6650 b020 e8', 'far16 putc', 'a blank, then eight digits'),
    ('', '6658 b90800', '', 'of eax'),
    ('digit', '66c1c004 6650 240f 3c0a 1c69 2f e8', 'far16 putc', ''),
    ('', '6658 e2', 'near digit', ''),
    ('', 'c3', '', ''),
    ('putc', '50 bafd03 51 31c9', '', 'wait, not for ever, for the'),
    ('ready', 'ec a820 e1', 'near ready', 'transmitter; then send al'),
    ('', '59 58 baf803 ee c3', '', ''),
    ('packet', '1000 4000 0000', '', 'what the BIOS is to read or write'),
    ('segment', '0000', '', ''),
    ('sector', '0000000000000000', '', ''),
    ('left', '01', '', ''),
    ('nonce', '00000000', '', ''),
    ('line', '00000000', '', ''),
    ('bad', '00000000', '', ''),
    ('banner', '', '', ''),
)


@dataclasses.dataclass(frozen=True)
class Scribe:
    """What a scribe does.

    :param hz: wake-ups a second, 19 to 1000
    :param every: wake-ups between two lines, up to 255
    """

    name: str
    hz: int = 64
    every: int = 8


def boot_sector(scribe):
    """Return the 512 bytes of a scribe's boot sector.

    :raises: ValueError when it does not fit
    """
    return assembler.boot_sector(LISTING, {
        **assembler.timer(scribe.hz), 'every': scribe.every,
        'slots': SLOTS, 'last_slot': SLOTS - 1, 'begin': BEGIN // SECTOR},
        scribe.name)


def check(content):
    """Return the numbers that a disk has, one for each place.

    The place in which the guest was just writing may hold two numbers: the
    new one, and then that of a round ago.

    :param content: the disk from ``BEGIN`` on, as bytes
    :returns: list of the newest number in each place
    :raises: ValueError when a place holds what no scribe has written there
    """
    newest, torn = [], []
    for slot in range(SLOTS):
        place = content[slot * SLOT_BYTES:(slot + 1) * SLOT_BYTES]
        numbers = sorted(set(struct.unpack(
            '<%dI' % (SLOT_BYTES // 4), place)), reverse=True)
        if len(numbers) > 1:
            torn.append(slot)
        wrong = [number for number in numbers
                 if number and number % SLOTS != slot]
        if wrong or len(numbers) > 2 or len(torn) > 1:
            raise ValueError('Place %d holds %s.' % (slot, numbers[:9]))
        newest.append(numbers[0])
    return newest
