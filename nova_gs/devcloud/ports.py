"""Ports for clouds that live side by side.

A cloud claims one block of ports by a file in a directory that all clouds of
a user share.  The blocks lie below the ports that the kernel hands out, so
nothing takes one between the choice and its use but a server of its own,
and a block with such a server in it is passed by.
"""

import fcntl
import os
import socket

from nova_gs.devcloud import errors

BLOCK = 256
FIRST = 20000
LAST = 32000
#: Port numbers within a block.
API, BROKER, DISTRIBUTION, EPMD, CONTROL = 0, 1, 2, 3, 4
CONTROL_SIZE = 8
NEUTRON, CONSOLE = 12, 13
HOSTS = 16
PER_HOST = 16
MOST_HOSTS = (BLOCK - HOSTS) // PER_HOST
_CHECKED = (API, BROKER, DISTRIBUTION, EPMD, CONSOLE)


def claim(layout, registry=None):
    """Claim a block for a cloud and return its first port.

    A claim ends when the cloud's state file is gone or names another block.

    :raises: DevcloudError when every block is taken
    """
    registry = registry or '/tmp/devcloud-ports-%d' % os.getuid()
    os.makedirs(registry, mode=0o700, exist_ok=True)
    with open(os.path.join(registry, 'lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for first in range(FIRST, LAST, BLOCK):
            path = os.path.join(registry, str(first))
            if _is_claimed(path, first, layout) or not _are_free(first):
                continue
            with open(path, 'w', encoding='utf-8') as claimed:
                claimed.write(layout.directory)
            # Before the lock goes: from here on the claim is a live one.
            layout.save({'ports': first})
            return first
    raise errors.DevcloudError(
        'No free block of %d ports between %d and %d. Stop a cloud that is '
        'not needed (devcloud down --dir DIR; %s names them).'
        % (BLOCK, FIRST, LAST, registry))


def _is_claimed(path, first, layout):
    try:
        with open(path, encoding='utf-8') as claimed:
            owner = claimed.read()
    except FileNotFoundError:
        return False
    if owner == layout.directory:
        return False
    state = type(layout)(owner).load()
    return state is not None and state.get('ports') == first


def _are_free(first):
    for offset in _CHECKED:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(('127.0.0.1', first + offset))
            except OSError:
                return False
    return True
