"""The screen of a fake host's guests: one flat colour, served over VNC.

It speaks as much of the RFB protocol (RFC 6143) as a browser needs to show
something.  All guests of a host have the same colour and those of another
host another one, so that who looks sees where the guest is.
"""

import hashlib
import socketserver
import struct
import threading

GREETING = b'RFB 003.008\n'
SIZE = (64, 48)

#: 32 bits a pixel: blue, green, red and a byte for nothing.
_FORMAT = struct.pack('>BBBBHHHBBBxxx', 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
#: How long the rest of a client's message is, by its type: fixed part,
#: where in that a count stands as a struct, and bytes for each counted.
_MESSAGES = {
    0: (19, None, 0),           # SetPixelFormat
    2: (3, ('>xH', 0), 4),      # SetEncodings
    3: (9, None, 0),            # FramebufferUpdateRequest
    4: (7, None, 0),            # KeyEvent
    5: (5, None, 0),            # PointerEvent
    6: (7, ('>I', 3), 1),       # ClientCutText
}
_UPDATE_REQUEST = 3


def colour(name):
    """Return the (red, green, blue) of a host's guests, each 64 to 255."""
    return tuple(64 + byte % 192 for byte
                 in hashlib.sha256(name.encode()).digest()[:3])


class Screen(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback as long as the process lives.

    :param name: of the host
    """

    daemon_threads = True

    def __init__(self, name):
        self.name = name
        super().__init__(('127.0.0.1', 0), _Viewer)
        threading.Thread(target=self.serve_forever, args=(None,),
                         name='screen', daemon=True).start()


class _Viewer(socketserver.StreamRequestHandler):
    """One who looks."""

    def handle(self):
        try:
            self._greet()
            while self._serve():
                pass
        except (ConnectionError, struct.error):
            # It has left in the midst of a message.
            pass

    def _greet(self):
        self.wfile.write(GREETING)
        self.rfile.read(len(GREETING))
        # One way of authentication: none.
        self.wfile.write(b'\x01\x01')
        self.rfile.read(1)
        self.wfile.write(bytes(4))
        self.rfile.read(1)
        name = self.server.name.encode()
        self.wfile.write(struct.pack('>HH', *SIZE) + _FORMAT
                         + struct.pack('>I', len(name)) + name)

    def _serve(self):
        kind = self.rfile.read(1)
        if not kind or kind[0] not in _MESSAGES:
            return False
        length, counted, each = _MESSAGES[kind[0]]
        body = self.rfile.read(length)
        if counted:
            count, = struct.unpack_from(*_at(counted, body))
            self.rfile.read(count * each)
        # Nothing ever changes, so who asks for changes waits.
        if kind[0] == _UPDATE_REQUEST and not body[0]:
            self.wfile.write(self._picture())
        return True

    def _picture(self):
        red, green, blue = colour(self.server.name)
        width, height = SIZE
        header = struct.pack('>BxHHHHHi', 0, 1, 0, 0, width, height, 0)
        return header + bytes((blue, green, red, 0)) * (width * height)


def _at(counted, body):
    layout, offset = counted
    return layout, body, offset
