"""The serial port of a fake guest: what it writes, from now on.

What is typed comes back, as from a terminal.
"""

import select
import socketserver
import threading

#: Seconds between two looks at what the guest has written.
LOOK_EVERY = 0.1


class Serial(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback as long as the process lives.

    :param written: callable that returns what the guest has written, whole
        lines; None when it is off or elsewhere
    """

    daemon_threads = True

    def __init__(self, written):
        self._written = written
        super().__init__(('127.0.0.1', 0), _Reader)
        threading.Thread(target=self.serve_forever, args=(None,),
                         name='serial', daemon=True).start()

    def lines(self):
        """Return the lines that the guest has written, or None."""
        text = self._written()
        return None if text is None else text.splitlines(keepends=True)


class _Reader(socketserver.BaseRequestHandler):
    """One who reads and types."""

    def handle(self):
        try:
            self._serve()
        except ConnectionError:
            # It has left.
            pass

    def _serve(self):
        seen = self.server.lines()
        while (lines := self.server.lines()) is not None:
            self.request.sendall(''.join(_since(seen, lines)).encode())
            seen = lines
            if select.select([self.request], [], [], LOOK_EVERY)[0]:
                typed = self.request.recv(4096)
                if not typed:
                    return
                self.request.sendall(typed)


def _since(seen, lines):
    """Return the lines that came after those that were seen.

    No line is written twice, and those of long ago are not kept.
    """
    if not seen or seen[-1] not in lines:
        return lines
    return lines[lines.index(seen[-1]) + 1:]
