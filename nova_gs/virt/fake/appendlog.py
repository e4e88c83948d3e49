"""A file of JSON lines that outlives a ``kill -9`` of its writer.

Each append is one ``write`` of a whole line, so a killed process leaves the
lines that it finished and at most one torn one, which the next reader drops.
There is no fsync per line: the process may die at any moment, the machine is
taken to stay up, and some hundred calls a second go through here.
"""

import json
import os


def _parse(data):
    """Return (objects, number of bytes in whole lines)."""
    whole = data.rfind(b'\n') + 1
    return [json.loads(line) for line in data[:whole].splitlines()], whole


def read(path):
    """Return the objects in a log, also while its writer lives.

    :param path: the file; one that is not there is an empty log
    """
    try:
        with open(path, 'rb') as stream:
            return _parse(stream.read())[0]
    except FileNotFoundError:
        return []


class AppendLog:
    """The writing end; one process holds it.

    :param path: the file, made when missing
    """

    def __init__(self, path):
        self.path = path
        self._fd = self._open()
        with open(path, 'rb') as stream:
            self.loaded, whole = _parse(stream.read())
        os.ftruncate(self._fd, whole)

    def _open(self):
        return os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT
                       | os.O_CLOEXEC, 0o600)

    def append(self, entry):
        """Write one object as a line; raises OSError."""
        line = _line(entry)
        if os.write(self._fd, line) != len(line):
            raise OSError('%s: the line was cut short; is the disk full?'
                          % self.path)

    def rewrite(self, entries):
        """Put other contents in the file's place, all or nothing."""
        fresh = self.path + '.new'
        with open(fresh, 'wb') as stream:
            stream.writelines(_line(entry) for entry in entries)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(fresh, self.path)
        os.close(self._fd)
        self._fd = self._open()

    def close(self):
        """Close the file; nothing is left to flush."""
        os.close(self._fd)


def _line(entry):
    return json.dumps(entry, separators=(',', ':')).encode() + b'\n'
