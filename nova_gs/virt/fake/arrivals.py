"""The destination's side of a migration: rooms, and guests that arrive.

The hand-over has one point of decision, the line by which the destination's
world turns a room into a guest.  A source that does not learn whether it was
written asks with ``cancel_arrival``, which also keeps a commit that is still
on its way from succeeding later.
"""

import threading

from nova_gs import exception
from nova_gs.virt.fake import guests
from nova_gs.virt import live_migration


class Arrivals:
    """What may come, comes and has come to one hypervisor.

    :param world: world.World
    """

    def __init__(self, world):
        self._world = world
        # Guest -> id of the migration whose source is connected.  Lost with
        # the process on purpose: so is the connection, and with it the right
        # to commit.
        self._open = {}
        self._lock = threading.Lock()

    def accept(self, call):
        """Set a room aside for a guest, anew when there is one."""
        with self._lock:
            if self._world.get('guests', call.guest):
                raise exception.HypervisorError(
                    reason='No room can be made for guest %s: it is on this '
                    'host already.' % call.guest)
            # Whoever was bringing it cannot commit to a room made anew.
            self._open.pop(call.guest, None)
            room = {key: call.args[key]
                    for key in ('source_host', 'memory_mb')}
            room['plugged'] = call.args.get('plugged', [])
            self._world.change(('rooms', call.guest, room))

    def finish(self, call):
        """Give a room back, or look at the guest that has come.

        :returns: the guest's power state, or None when it is not to be here
        """
        with self._lock:
            row = self._world.get('guests', call.guest)
            if call.args['arrived']:
                if row is None:
                    raise exception.GuestNotFound(instance_id=call.guest)
                return row['power_state']
            if row:
                raise exception.HypervisorError(
                    reason='The room of guest %s cannot be given back: the '
                    'guest is on this host.' % call.guest)
            self._open.pop(call.guest, None)
            if self._world.get('rooms', call.guest):
                self._world.change(('rooms', call.guest, None))
            return None

    def open(self, call):
        """A source connects to bring a guest; its room must be there."""
        with self._lock:
            if self._world.get('rooms', call.guest) is None:
                raise exception.HypervisorError(
                    reason='The destination has made no room for guest %s.'
                    % call.guest)
            self._open[call.guest] = call.args['migration']

    def commit(self, call):
        """Take the guest over; when this returns, it is here for good."""
        with self._lock:
            if self._open.get(call.guest) != call.args['migration']:
                raise exception.HypervisorError(
                    reason='The destination has given the room of guest %s '
                    'to something else meanwhile.' % call.guest)
            row = dict(call.args['row'], power_state=guests.RUNNING)
            self._world.change(
                ('rooms', call.guest, None),
                ('guests', call.guest, row),
                ('arrivals', call.args['migration'], {'guest': call.guest}))
            del self._open[call.guest]

    def cancel(self, call):
        """Say whether a migration's guest is here; if not, it never will.

        :returns: bool
        """
        with self._lock:
            self._forget(call.guest, call.args['migration'])
            return bool(self._world.get('arrivals', call.args['migration']))

    def seen(self, call):
        """Return the value of a live_migration.Arrival."""
        with self._lock:
            row = self._world.get('guests', call.guest)
            if row:
                arrival = (live_migration.Arrival.OFF
                           if row['power_state'] in (
                               guests.SHUTDOWN, guests.SUSPENDED)
                           else live_migration.Arrival.HERE)
            elif call.guest in self._open:
                arrival = live_migration.Arrival.COMING
            else:
                arrival = live_migration.Arrival.NOTHING
            return arrival.value

    def disconnected(self, guest, migration):
        """The source's connection ended; it can commit no more."""
        with self._lock:
            self._forget(guest, migration)

    def _forget(self, guest, migration):
        if self._open.get(guest) == migration:
            del self._open[guest]
