"""The verbs of a fake hypervisor that concern one guest at home.

Each takes the ``protocol.Call`` and makes its change at once; how long a
call lasts and whether it fails is decided before it comes here.
"""

import os
import threading

from nova_gs import exception
from nova_gs.virt import driver
from nova_gs.virt.fake import console
from nova_gs.virt.fake import screen
from nova_gs.virt.fake import serial

RUNNING = int(driver.PowerState.RUNNING)
PAUSED = int(driver.PowerState.PAUSED)
SHUTDOWN = int(driver.PowerState.SHUTDOWN)
SUSPENDED = int(driver.PowerState.SUSPENDED)

#: From which states a verb leads to which, where it changes anything.
STANDSTILLS = {
    'pause': ((RUNNING,), PAUSED),
    'unpause': ((PAUSED,), RUNNING),
    'suspend': ((RUNNING, PAUSED), SUSPENDED),
    'resume': ((SUSPENDED, PAUSED), RUNNING),
}

VERSION = 1000000


class Guests:
    """The guests of one hypervisor.

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
        #: Made for the first who wants to look.
        self._screen = None
        self._serials = {}
        self._opening = threading.Lock()

    def _now(self):
        return self._clock.utcnow().timestamp()

    def _row(self, uuid):
        row = self._world.get('guests', uuid)
        if row is None:
            raise exception.GuestNotFound(instance_id=uuid)
        return row

    def _row_at_rest(self, call):
        row = self._row(call.guest)
        if self._migrations.busy(call.guest):
            raise exception.HypervisorError(
                reason='%s of guest %s was refused: a migration of it is '
                'under way.' % (call.verb, call.guest))
        return row

    def _used_mb(self):
        rows = {**self._world.rows('rooms'), **self._world.rows('guests')}
        return sum(row['memory_mb'] for row in rows.values())

    def describe_host(self, call):
        """Return the fields of driver.HostFacts."""
        return {
            'hypervisor_type': 'fake', 'hypervisor_version': VERSION,
            'hypervisor_hostname': self._facts['name'],
            'host_ip': '127.0.0.1', 'vcpus': self._facts['vcpus'],
            'memory_mb': self._facts['memory_mb'],
            'local_gb': self._facts['local_gb'],
            'cpu_info': {'arch': 'x86_64', 'model': 'fake',
                         'vendor': 'nova_gs', 'features': [],
                         'topology': {'sockets': 1, 'threads': 1,
                                      'cores': self._facts['vcpus']}}}

    def list_guests(self, call):
        """Return [[uuid, power state]]."""
        return [[uuid, row['power_state']]
                for uuid, row in self._world.rows('guests').items()]

    def get_guest(self, call):
        """Return a guest's power state."""
        return self._row(call.guest)['power_state']

    def spawn(self, call):
        """Make and start a guest of the call's size from its image file."""
        if self._world.get('guests', call.guest):
            raise exception.HypervisorError(
                reason='Guest %s is there already.' % call.guest)
        image = call.args['image_path']
        if not (image and os.access(image, os.R_OK)):
            raise exception.HypervisorError(
                reason='The disk of guest %s cannot be made: image file %s '
                'cannot be read on this host.' % (call.guest, image))
        row = {key: call.args[key]
               for key in ('name', 'memory_mb', 'vcpus', 'root_gb')}
        row.update(power_state=RUNNING, boots=console.boot([], self._now()),
                   ports=call.args.get('ports', []),
                   serial=call.args.get('serial', False))
        if call.args.get('paused'):
            row.update(power_state=PAUSED, boots=[])
        self._world.change(('guests', call.guest, row))

    def destroy(self, call):
        """Remove a guest with what it left; a migration of it is ended."""
        self._migrations.cut(call.guest)
        self._world.change(('guests', call.guest, None),
                           ('leftovers', call.guest, None),
                           ('departures', call.guest, None))

    def power_on(self, call):
        """Boot a guest that is off."""
        row = self._row_at_rest(call)
        if row['power_state'] not in (RUNNING, PAUSED):
            self._set(call.guest, row, RUNNING,
                      console.boot(row['boots'], self._now()))

    def power_off(self, call):
        """Stop a guest; it always listens."""
        row = self._row_at_rest(call)
        if row['power_state'] != SHUTDOWN:
            self._set(call.guest, row, SHUTDOWN,
                      console.halt(row['boots'], self._now()))

    def reboot(self, call):
        """Boot a guest anew, whether it runs or not."""
        row = self._row_at_rest(call)
        self._set(call.guest, row, RUNNING,
                  console.boot(row['boots'], self._now()))

    def pause(self, call):
        """Make a guest stand still."""
        self._stand_still(call, console.halt)

    def unpause(self, call):
        """Let a paused guest go on."""
        self._stand_still(call, console.go_on)

    def suspend(self, call):
        """Switch a guest off with its memory kept."""
        self._stand_still(call, console.halt)

    def resume(self, call):
        """Switch a suspended guest on where it was."""
        self._stand_still(call, console.go_on)

    def _stand_still(self, call, change):
        row = self._row_at_rest(call)
        permitted, after = STANDSTILLS[call.verb]
        if row['power_state'] == after:
            return
        if row['power_state'] not in permitted:
            raise exception.HypervisorError(
                reason='%s of guest %s was refused: its power state is %s.'
                % (call.verb, call.guest,
                   driver.PowerState(row['power_state']).name))
        self._set(call.guest, row, after,
                  change(row['boots'], self._now()))

    def _set(self, uuid, row, power_state, boots):
        self._world.change(
            ('guests', uuid, dict(row, power_state=power_state, boots=boots)))

    def console_output(self, call):
        """Return all of a guest's console as text."""
        return console.output(self._row(call.guest)['boots'], self._now())

    def keep_console(self, call):
        """Do nothing: what a guest wrote has come along."""
        self._row(call.guest)

    def vnc_console(self, call):
        """Return the fields of driver.ConsoleAddress."""
        self._require_on(call)
        with self._opening:
            if self._screen is None:
                self._screen = screen.Screen(self._facts['name'])
        return _address(self._screen)

    def serial_console(self, call):
        """Return the fields of driver.ConsoleAddress."""
        uuid = call.guest
        if not self._row(uuid).get('serial'):
            raise exception.ConsoleTypeUnavailable(
                instance_id=uuid, console_type='serial',
                why='it was made while [serial_console] enabled was false')
        self._require_on(call)
        with self._opening:
            if uuid not in self._serials:
                self._serials[uuid] = serial.Serial(
                    lambda: self._written(uuid))
        return _address(self._serials[uuid])

    def _require_on(self, call):
        if self._row(call.guest)['power_state'] not in (RUNNING, PAUSED):
            raise exception.ConsoleNotReady(
                instance_id=call.guest, why='it is not running')

    def _written(self, uuid):
        """Return what a guest has written; None when it is not on here."""
        row = self._world.get('guests', uuid)
        if row is None or row['power_state'] not in (RUNNING, PAUSED):
            return None
        return console.output(row['boots'], self._now())

    def describe_for_migration(self, call):
        """Return what this host tells a destination about itself."""
        row = self._row(call.guest)
        problem = None
        if self._migrations.busy(call.guest):
            problem = 'is being migrated away from'
        elif row['power_state'] != RUNNING:
            problem = 'does not run on'
        if problem:
            raise exception.MigrationPreCheckError(
                reason='guest %s %s host %s.' % (call.guest, problem,
                                                 self._facts['name']))
        return {'hypervisor_type': 'fake', 'hypervisor_version': VERSION}

    def check_migration(self, call):
        """Refuse a guest that this host could not take."""
        if call.args['hypervisor_type'] != 'fake':
            problem = ('cannot take guests of hypervisor type %s'
                       % call.args['hypervisor_type'])
        elif self._world.get('guests', call.guest):
            problem = 'has guest %s already' % call.guest
        elif (self._used_mb() + call.args['memory_mb']
                > self._facts['memory_mb']):
            problem = ('has not the %d MiB of memory that guest %s needs'
                       % (call.args['memory_mb'], call.guest))
        else:
            return
        raise exception.MigrationPreCheckError(
            reason='host %s %s.' % (self._facts['name'], problem))


def _address(server):
    host, port = server.server_address
    return {'host': host, 'port': port}
