"""What a fake hypervisor holds, kept so that a kill loses nothing.

A world is a few tables of rows (dicts) by key.  A change may touch several
rows and is one line of the log, so it is either there or not:

========== ============ ==================================================
table      key          row
========== ============ ==================================================
guests     guest        name, memory_mb, vcpus, root_gb, power_state, boots,
                        ports (their IDs)
rooms      guest        what ``accept_migration`` set aside for it, and the
                        IDs of the ports that it has ``plugged`` in
migrations guest        its last migration away from here: id, target_uri,
                        phase, and the outcome once it ended
leftovers  guest        what an arrived guest left behind at its source
arrivals   migration    guests that arrived, for sources that must ask
departures guest        what it was when it left here switched off, for whom
                        must ask again, and to go back to
========== ============ ==================================================
"""

import fcntl
import os
import threading

from nova_gs.virt.fake import appendlog

TABLES = ('guests', 'rooms', 'migrations', 'leftovers', 'arrivals',
          'departures')

#: Lines after which the log is written anew without what no longer counts.
COMPACT_AFTER = 20000


def _apply(tables, change):
    for table, key, row in change:
        if row is None:
            tables[table].pop(key, None)
        else:
            tables[table][key] = row


def _replay(changes):
    tables = {name: {} for name in TABLES}
    for change in changes:
        _apply(tables, change)
    return tables


def read(path):
    """Return {table: {key: row}} of a world file, also of a dead one."""
    return _replay(appendlog.read(path))


class WorldTaken(Exception):
    """Another hypervisor has this world."""


class World:
    """The world of one hypervisor; safe to use from any thread.

    Rows are to be read, never changed in place.

    :param path: the file; PATH.lock beside it keeps a second process away
    :raises: WorldTaken
    """

    def __init__(self, path):
        self._lock_fd = self._take(path)
        self._log = appendlog.AppendLog(path)
        self._lock = threading.RLock()
        self._tables = _replay(self._log.loaded)
        self._compact()

    @staticmethod
    def _take(path):
        fd = os.open(path + '.lock', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
                     0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise WorldTaken(path) from error
        return fd

    def get(self, table, key):
        """Return a row, or None."""
        with self._lock:
            return self._tables[table].get(key)

    def rows(self, table):
        """Return a table as a dict of its own."""
        with self._lock:
            return dict(self._tables[table])

    def tables(self):
        """Return every table, {table: {key: row}}."""
        with self._lock:
            return {name: dict(rows) for name, rows in self._tables.items()}

    def change(self, *rows):
        """Write rows, all or none; durable against a kill on return.

        :param rows: (table, key, row) each; a row of None removes
        """
        with self._lock:
            self._log.append(rows)
            _apply(self._tables, rows)
            self._lines += 1
            if self._lines >= COMPACT_AFTER:
                self._compact()

    def _compact(self):
        entries = [[[table, key, row]]
                   for table, rows in self._tables.items()
                   for key, row in rows.items()]
        self._log.rewrite(entries)
        self._lines = 0

    def close(self):
        """Close the file and let the world go."""
        self._log.close()
        os.close(self._lock_fd)
