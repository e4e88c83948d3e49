"""Boot sectors out of listings: machine code with names in it.

A listing has a row for each few instructions: label, machine code in
hexadecimal, operand (its kind, and a label or the name of a value), meaning.

======  =====  ==========================================
kind    bytes  what it is
======  =====  ==========================================
near    1      distance of a jump to a label
far16   2      the same, farther, in 16-bit code
far     4      the same in 32-bit code
abs16   2      address of a label
abs32   4      the same
idt     4      address before which the vectors start
byte    1      a value
word    2      a value
long    4      a value
======  =====  ==========================================

The label ``banner`` is where the text starts that a guest prints.
"""

import struct

SECTOR = 512
ORIGIN = 0x7C00
_PIT_HZ = 1193182
_TIMER_VECTOR = 8

_SIZES = {'near': 1, 'far16': 2, 'far': 4, 'abs16': 2, 'abs32': 4, 'byte': 1,
          'word': 2, 'long': 4, 'idt': 4}
_VALUES = {'byte': '<B', 'word': '<H', 'long': '<I'}
_DISTANCES = {'near': '<b', 'far16': '<h', 'far': '<i'}


def boot_sector(listing, values, name):
    """Return the 512 bytes of a boot sector.

    :param listing: rows, see the module
    :param values: {name: number} of those that it has
    :param name: of the guest; it is printed
    :raises: ValueError when it does not fit
    """
    labels, size = addresses(listing)
    code = bytearray()
    for _label, machine_code, operand, _meaning in listing:
        code += bytes.fromhex(machine_code)
        if operand:
            kind, what = operand.split()
            code += _encode(kind, what, ORIGIN + len(code), labels, values)
    banner = b'TICK ' + name.encode('ascii') + b'\0'
    if size + len(banner) > SECTOR - 2:
        raise ValueError('The name %r is too long for a boot sector.' % name)
    return bytes(code + banner).ljust(SECTOR - 2, b'\0') + b'\x55\xaa'


def timer(hz):
    """Return the values ``pit_low`` and ``pit_high`` of a timer's rate.

    :raises: ValueError when a timer cannot do it
    """
    divisor = _PIT_HZ // hz
    if not 1 <= divisor <= 0xffff:
        raise ValueError('A timer cannot do %d Hz.' % hz)
    return {'pit_low': divisor & 0xff, 'pit_high': divisor >> 8}


def addresses(listing):
    """Return {label: address} and the size of the program."""
    labels = {}
    size = 0
    for label, machine_code, operand, _meaning in listing:
        if label:
            labels[label] = ORIGIN + size
        size += len(bytes.fromhex(machine_code))
        if operand:
            size += _SIZES[operand.split()[0]]
    return labels, size


def _encode(kind, name, position, labels, values):
    """Return the bytes of one operand that stands at an address."""
    if kind in _VALUES:
        return struct.pack(_VALUES[kind], values[name])
    target = labels[name]
    if kind in _DISTANCES:
        return struct.pack(_DISTANCES[kind],
                           target - position - _SIZES[kind])
    if kind == 'idt':
        return struct.pack('<I', target - 8 * _TIMER_VECTOR)
    return struct.pack('<H' if kind == 'abs16' else '<I', target)
