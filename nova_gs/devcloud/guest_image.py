"""Disk images of guests that prove, on their console, that they never stop.

A ticker is one boot sector of 512 bytes, made here without an assembler.  It
boots in a third of a second and needs almost no processor.  Its timer wakes
it ``hz`` times a second; each time it rewrites ``pages`` pages of its memory
(round and round a region), after a check that each still holds what the
round before left there.  Every ``every`` wake-ups it prints one line::

    TICK <name> <nonce> <line> <round> <bad>

all but the name as eight hexadecimal digits: ``nonce`` is new with each boot,
``line`` counts the lines of this boot from one, ``bad`` counts pages that
did not hold what they should.  ``nova_gs.devcloud.console`` reads it.

One that also writes to its disks is a ``scribe.Scribe``.
"""

import dataclasses

from nova_gs.devcloud import assembler
from nova_gs.devcloud import scribe

PAGE = 4096
_REGION_START = 2 << 20

#: See ``assembler``.
LISTING = (
    ('', 'fa 31c0 8ed8', '', 'no interrupts; data segment 0'),
    ('', 'e492 0c02 e692', '', 'address line 20 on'),
    ('', '0f0116', 'abs16 gdtr', 'segments'),
    ('', '0f011e', 'abs16 idtr', 'interrupt vectors'),
    ('', '0f20c0 0c01 0f22c0', '', 'protected mode'),
    ('', 'ea', 'abs16 protected', 'jump into the 32-bit segment'),
    ('', '0800', '', '... number 8'),
    ('protected', '66b81000 8ed8 8ec0 8ed0', '', 'flat data segments'),
    ('', 'bc007c0000', '', 'stack below this code'),
    ('', 'b0fe e621 b0ff e6a1', '', 'only the timer may interrupt'),
    ('', 'b034 e643 b0', 'byte pit_low', 'timer rate'),
    ('', 'e640 b0', 'byte pit_high', ''),
    ('', 'e640', '', ''),
    ('', '66bafb03 b083 ee', '', 'serial port: set divisor'),
    ('', '66baf803 b001 ee 42 b000 ee', '', '115200 baud'),
    ('', '66bafb03 b003 ee', '', '8 bits, no parity, 1 stop bit'),
    ('', '0f31 a3', 'abs32 nonce', 'nonce = time stamp counter'),
    ('', '31db bf', 'long region', 'ebx = line, edi = page'),
    ('', 'bd', 'long every', 'ebp = wake-ups to the next line'),
    ('', 'fb', '', 'interrupts on'),
    ('wait', 'f4', '', 'sleep until the timer'),
    ('', 'b9', 'long pages', 'ecx = pages to rewrite'),
    ('', 'e3', 'near rewritten', 'none'),
    ('page', 'a1', 'abs32 round', 'new value: round + address'),
    ('', '01f8 8707', '', 'exchange it for the old one'),
    ('', '29f8 2b05', 'abs32 round', 'which should be one round behind'),
    ('', '40', '', ''),
    ('', '74', 'near sound', ''),
    ('', '833d', 'abs32 round', 'in round 1 there is nothing to find'),
    ('', '01', '', ''),
    ('', '74', 'near sound', ''),
    ('', 'ff05', 'abs32 bad', ''),
    ('sound', '81c7 00100000 81ff', 'long region_end', 'next page'),
    ('', '72', 'near inside', ''),
    ('', 'bf', 'long region', 'the region is through: next round'),
    ('', 'ff05', 'abs32 round', ''),
    ('inside', 'e2', 'near page', ''),
    ('rewritten', '4d', '', 'is a line due?'),
    ('', '75', 'near wait', ''),
    ('', 'bd', 'long every', ''),
    ('', '43 be', 'abs32 banner', ''),
    ('text', 'ac 84c0', '', ''),
    ('', '74', 'near numbers', ''),
    ('', 'e8', 'far putc', ''),
    ('', 'eb', 'near text', ''),
    ('numbers', 'a1', 'abs32 nonce', ''),
    ('', 'e8', 'far hex', ''),
    ('', '89d8 e8', 'far hex', ''),
    ('', 'a1', 'abs32 round', ''),
    ('', 'e8', 'far hex', ''),
    ('', 'a1', 'abs32 bad', ''),
    ('', 'e8', 'far hex', ''),
    ('', 'b00d e8', 'far putc', ''),
    ('', 'b00a e8', 'far putc', ''),
    ('', 'e9', 'far wait', ''),
    ('hex', '50 b020 e8', 'far putc', 'a blank, then eight digits of eax'),
    ('', '58 b908000000', '', ''),
    ('digit', 'c1c004 50 240f 3c0a 1c69 2f e8', 'far putc', ''),
    ('', '58 e2', 'near digit', ''),
    ('', 'c3', '', ''),
    ('putc', '51 50 66bafd03 b900000100', '', 'wait, not for ever, for the'),
    ('ready', 'ec a820 e1', 'near ready', 'transmitter; then send al'),
    ('', '58 66baf803 ee 59 c3', '', ''),
    ('timer', '50 b020 e620 58 cf', '', 'acknowledge; waking was all'),
    ('vector', '', 'abs16 timer', 'interrupt gate of the timer'),
    ('', '0800 008e 0000', '', ''),
    ('gdt', '0000000000000000', '', 'null segment'),
    ('', 'ffff0000009acf00', '', 'code: all of memory'),
    ('', 'ffff00000092cf00', '', 'data: all of memory'),
    ('gdtr', '1700', 'abs32 gdt', ''),
    ('idtr', '4700', 'idt vector', ''),
    ('nonce', '00000000', '', ''),
    ('round', '01000000', '', ''),
    ('bad', '00000000', '', ''),
    ('banner', '', '', ''),
)


@dataclasses.dataclass(frozen=True)
class Ticker:
    """What a ticker does.

    :param hz: wake-ups a second, 19 to 1000
    :param every: wake-ups between two lines
    :param pages: pages of 4 KiB rewritten at each wake-up
    :param region_mib: size of the memory that is gone through
    """

    name: str
    hz: int = 64
    every: int = 8
    pages: int = 0
    region_mib: int = 64

    @property
    def dirty_bytes_per_second(self):
        """Return how fast the guest writes to its memory."""
        return self.hz * self.pages * PAGE


#: The images that every devcloud has.
IMAGES = (
    Ticker('ticker'),
    Ticker('ticker-busy', pages=32, region_mib=32),
)


def boot_sector(ticker):
    """Return the 512 bytes of a ticker's boot sector.

    :raises: ValueError when it does not fit
    """
    if isinstance(ticker, scribe.Scribe):
        return scribe.boot_sector(ticker)
    return assembler.boot_sector(LISTING, _values(ticker), ticker.name)


def write(ticker, path):
    """Write a raw disk image of 1 MiB that boots into the ticker."""
    with open(path, 'wb') as image:
        image.write(boot_sector(ticker))
        image.truncate(1 << 20)


def _values(ticker):
    return {
        **assembler.timer(ticker.hz),
        'region': _REGION_START,
        'region_end': _REGION_START + (ticker.region_mib << 20),
        'pages': ticker.pages,
        'every': ticker.every,
    }
