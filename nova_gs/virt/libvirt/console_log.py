"""The log of a guest's serial port, in the guest's directory.

QEMU has the one file open, so what the guest wrote before a block migration
brought it here is in another one beside it.
"""

import os

from oslo_utils import units

LOG, BEFORE = 'console.log', 'console.before'

#: The end of a longer log is what is of interest; bytes.
LIMIT = 1 * units.Mi


def read(directory):
    """Return the last bytes, LIMIT at most, of all that a guest wrote.

    :raises: OSError
    """
    now = _read_end(os.path.join(directory, LOG), LIMIT)
    before = _read_end(os.path.join(directory, BEFORE), LIMIT - len(now))
    return before + now


def keep(directory, written):
    """Put what a guest wrote elsewhere before what it writes here.

    :param written: bytes
    :raises: OSError
    """
    path = os.path.join(directory, BEFORE)
    with open(path + '.part', 'wb') as log:
        log.write(written)
    os.replace(path + '.part', path)


def _read_end(path, size):
    try:
        with open(path, 'rb') as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(0, end - size))
            return log.read(size)
    except FileNotFoundError:
        return b''
