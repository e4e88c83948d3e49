"""What has to work while everything else of a process may be stuck.

Signals are heard, and reports are written, by native threads that need no
event loop and none of our locks.  So this is imported before eventlet patches
anything, and keeps the originals; ``threading`` would be the patched one.
"""

import _thread
import os
import select

read = os.read
write = os.write
start_thread = _thread.start_new_thread
allocate_lock = _thread.allocate_lock
_poll = select.poll

#: What a pipe takes at once or not at all, in bytes.
_PIECE = 4096


def write_lines(descriptor, text, patience):
    """Write a text to a file descriptor that others may hold up.

    Whole lines are kept together, as far as they are not longer than a pipe
    takes at once.

    :param descriptor: of a pipe, socket, terminal or file; it may block
    :param text: a string
    :param patience: seconds without any progress after which it gives up
    :returns: whether everything was written
    :raises OSError: when nobody reads there any more
    """
    ready = _poll()
    ready.register(descriptor, select.POLLOUT)
    for piece in _pieces(text.encode('utf-8', 'replace')):
        while piece:
            if not ready.poll(patience * 1000):
                return False
            piece = piece[write(descriptor, piece):]
    return True


def _pieces(data):
    while data:
        end = data.rfind(b'\n', 0, _PIECE) + 1 or _PIECE
        yield data[:end]
        data = data[end:]
