"""The append-only journal of what a fake hypervisor was asked to do.

An entry has ``t`` (wall clock, seconds), ``mono`` (monotonic seconds),
``host``, ``verb``, ``guest``, ``call`` (the request's id) and ``event``:
``begun``, ``ended`` or ``failed``; ``operation`` where the caller gave a
tag, ``reason`` where it failed, ``outcome`` at the end of a migration.
"""

import threading

from nova_gs.virt.fake import appendlog


def read(path):
    """Return a journal's entries in order, with or without its hypervisor."""
    return appendlog.read(path)


def matches(entry, verb, event=None, guest=None):
    """Tell whether an entry is of this verb and, where given, the rest."""
    return (entry['verb'] == verb
            and event in (None, entry['event'])
            and guest in (None, entry['guest']))


class Journal:
    """The journal of one hypervisor, continued over its restarts.

    :param path: the file
    :param host: name of the hypervisor
    :param clock: nova_gs.clock.Clock
    """

    def __init__(self, path, host, clock):
        self._log = appendlog.AppendLog(path)
        self._host = host
        self._clock = clock
        self._entries = list(self._log.loaded)
        self._grew = threading.Condition()

    def write(self, call, event, **details):
        """Add an entry; it is in the file when this returns.

        :param call: protocol.Call
        :param event: 'begun', 'ended' or 'failed'
        """
        entry = {
            't': self._clock.utcnow().timestamp(), 'mono': self._clock.now(),
            'host': self._host, 'verb': call.verb, 'guest': call.guest,
            'call': call.id, 'event': event}
        if call.operation:
            entry['operation'] = call.operation
        entry.update(details)
        with self._grew:
            self._log.append(entry)
            self._entries.append(entry)
            self._grew.notify_all()

    def entries(self):
        """Return all entries in order, those of earlier lives included."""
        with self._grew:
            return list(self._entries)

    def wait_for(self, verb, event, guest, count, timeout):
        """Return the count-th matching entry, or None after timeout s."""
        found = []

        def enough():
            found[:] = [entry for entry in self._entries
                        if matches(entry, verb, event, guest)]
            return len(found) >= count

        with self._grew:
            arrived = self._grew.wait_for(enough, timeout)
        return found[count - 1] if arrived else None

    def close(self):
        """Close the file."""
        self._log.close()
