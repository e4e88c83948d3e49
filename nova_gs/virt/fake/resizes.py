"""Guests of a fake hypervisor that are moved switched off, or get a new size.

What a guest is travels with the call that takes it, as a disk on shared
storage would.  It also stays behind as a departure, so that whoever must ask
again, as the answer was lost, hears the same.
"""

from nova_gs import exception
from nova_gs.virt.fake import console
from nova_gs.virt.fake import guests

#: The verbs of the driver contract that are done here.
VERBS = ('check_resize', 'describe_for_resize', 'sees_storage',
         'leave_for_resize', 'arrive_from_resize', 'confirm_resize',
         'leave_for_revert', 'return_from_resize')

#: What a guest gets anew from its instance.
_SIZES = ('memory_mb', 'vcpus', 'root_gb')


class Resizes:
    """The guests that leave one hypervisor so, and come to it.

    :param world: world.World
    :param migrations: migrations.Migrations, which may have a guest busy
    :param clock: nova_gs.clock.Clock
    :param facts: dict with name, vcpus, memory_mb and local_gb
    """

    def __init__(self, world, migrations, clock, facts):
        self._world = world
        self._migrations = migrations
        self._clock = clock
        self._facts = facts

    def check_resize(self, call):
        """Refuse what this host could not take."""
        if call.args['memory_mb'] > self._facts['memory_mb']:
            raise exception.MigrationPreCheckError(
                reason='host %s has not the %d MiB of memory that guest %s '
                'needs.' % (self._facts['name'], call.args['memory_mb'],
                            call.guest))
        if call.args['root_gb'] < call.args['old_root_gb']:
            raise exception.MigrationPreCheckError(
                reason='the disk of guest %s has %d GiB and cannot be made '
                'smaller.' % (call.guest, call.args['old_root_gb']))

    def describe_for_resize(self, call):
        """Refuse a guest that was never here, or is on its way."""
        if self._migrations.busy(call.guest):
            raise exception.MigrationPreCheckError(
                reason='guest %s is being migrated away from host %s.' % (
                    call.guest, self._facts['name']))
        self._left(call.guest)
        return {'hypervisor_type': 'fake',
                'hypervisor_version': guests.VERSION}

    def sees_storage(self, call):
        """Say yes: what is on a disk comes along with the guest."""
        return True

    def leave_for_resize(self, call):
        """Switch a guest off and let it go; returns what it was."""
        row = self._world.get('guests', call.guest)
        if row is None:
            return self._left(call.guest)
        return self._let_go(call.guest, row)

    def leave_for_revert(self, call):
        """Do the same; None when it never came."""
        row = self._world.get('guests', call.guest)
        if row is None:
            return self._world.get('departures', call.guest)
        return self._let_go(call.guest, row)

    def arrive_from_resize(self, call):
        """Take a guest in a new size; returns its power state."""
        return self._take(call, call.args['row'])

    def return_from_resize(self, call):
        """Take a guest back; returns its power state."""
        if self._world.get('guests', call.guest):
            return self._take(call, None)
        return self._take(
            call, call.args['row'] or self._left(call.guest),
            ('departures', call.guest, None))

    def confirm_resize(self, call):
        """Keep nothing of a guest that has left."""
        if self._world.get('departures', call.guest):
            self._world.change(('departures', call.guest, None))

    def _left(self, guest):
        row = (self._world.get('guests', guest)
               or self._world.get('departures', guest))
        if row is None:
            raise exception.GuestNotFound(instance_id=guest)
        return row

    def _let_go(self, guest, row):
        row = dict(row, power_state=guests.SHUTDOWN,
                   boots=console.halt(row['boots'], self._now()))
        self._world.change(
            ('guests', guest, None), ('departures', guest, row))
        return row

    def _take(self, call, row, *changes):
        row = dict(self._world.get('guests', call.guest) or row, **{
            name: call.args[name] for name in _SIZES})
        if call.args['power_on'] and row['power_state'] != guests.RUNNING:
            row.update(power_state=guests.RUNNING,
                       boots=console.boot(row['boots'], self._now()))
        self._world.change(('guests', call.guest, row), *changes)
        return row['power_state']

    def _now(self):
        return self._clock.utcnow().timestamp()
