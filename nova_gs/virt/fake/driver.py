"""The driver of fake hypervisors: each verb is one call to the process."""

import json

from nova_gs import exception
from nova_gs.objects import migrate_data as migrate_data_obj
from nova_gs.virt import driver
from nova_gs.virt.fake import client
from nova_gs.virt.fake import protocol
from nova_gs.virt import live_migration


class _Link:
    """Sends calls, with the durations and failures of the configuration.

    :param conf: ConfigOpts with group [fake]
    :raises: ConfigurationError
    """

    def __init__(self, conf):
        self._client = client.Client(conf.fake.hypervisor_socket)
        self._durations = self._checked('durations', conf.fake.durations)
        self._failures = self._checked('failures', conf.fake.failures)

    @staticmethod
    def _checked(option, value):
        try:
            protocol.check_verbs(value)
            if option == 'durations':
                return {verb: float(sec) for verb, sec in value.items()}
            return frozenset(value)
        except ValueError as error:
            raise exception.ConfigurationError(
                option='[fake]%s' % option, problem=str(error),
                remedy='Name verbs of the driver contract; a duration is a '
                       'number of seconds.') from error

    @property
    def path(self):
        """The hypervisor's socket."""
        return self._client.path

    def call(self, verb, guest=None, **args):
        """Have a verb done and return its result."""
        if verb == 'start_migration':
            args['post_copy'] = self._durations.get('post_copy')
        return self._client.call(protocol.Call(
            verb, guest, args, duration=self._durations.get(verb),
            fail=verb in self._failures))


class FakeMigrationHandle(live_migration.MigrationHandle):
    """A migration that the source's hypervisor carries on by itself."""

    def __init__(self, link, guest, migration):
        self._link = link
        self._guest = guest
        self._migration = migration

    def _call(self, verb, **args):
        return self._link.call(
            verb, self._guest, migration=self._migration, **args)

    def progress(self):
        return live_migration.Progress(**self._call('progress'))

    def wait(self, timeout):
        outcome = self._call('wait', timeout=timeout)
        return None if outcome is None else live_migration.Outcome(**outcome)

    def abort(self):
        self._call('abort')

    def force_complete(self):
        self._call('force_complete')


class FakeDriver(driver.ComputeDriver):
    """A hypervisor that a test can hold, break and kill.

    :raises: ConfigurationError for nonsense in [fake]
    """

    def __init__(self, conf):
        super().__init__(conf)
        self._link = _Link(conf)

    def init_host(self):
        try:
            self._link.call('describe_host')
        except exception.HypervisorUnavailable as error:
            raise exception.HypervisorUnavailable(
                uri=self._link.path,
                reason='%s. Start one there with "python -m '
                'nova_gs.virt.fake.hypervisor", or set '
                '[fake]hypervisor_socket to where it listens.'
                % error.kwargs['reason']) from error

    def close(self):
        # Each call has a connection of its own, so nothing is open.
        pass

    def describe_host(self):
        return driver.HostFacts(**self._link.call('describe_host'))

    def list_guests(self):
        return [_guest(uuid, state)
                for uuid, state in self._link.call('list_guests')]

    def get_guest(self, uuid):
        return _guest(uuid, self._link.call('get_guest', uuid))

    def spawn(self, instance, image, paused=False):
        self._link.call(
            'spawn', instance.uuid, image_path=image.path,
            name=instance.display_name, memory_mb=instance.memory_mb,
            vcpus=instance.vcpus, root_gb=instance.root_gb, paused=paused,
            ports=[port.id for port in instance.ports],
            serial=self.conf.serial_console.enabled)

    def destroy(self, instance):
        self._link.call('destroy', instance.uuid)

    def power_on(self, instance):
        self._link.call('power_on', instance.uuid)

    def power_off(self, instance, timeout=0):
        self._link.call('power_off', instance.uuid, timeout=timeout)

    def reboot(self, instance, hard):
        self._link.call('reboot', instance.uuid, hard=hard)

    def pause(self, instance):
        self._link.call('pause', instance.uuid)

    def unpause(self, instance):
        self._link.call('unpause', instance.uuid)

    def suspend(self, instance):
        self._link.call('suspend', instance.uuid)

    def resume(self, instance):
        self._link.call('resume', instance.uuid)

    def console_output(self, instance):
        return self._link.call('console_output', instance.uuid).encode()

    def keep_console(self, instance, written):
        self._link.call('keep_console', instance.uuid)

    def vnc_console(self, instance):
        return driver.ConsoleAddress(
            **self._link.call('vnc_console', instance.uuid))

    def serial_console(self, instance):
        return driver.ConsoleAddress(
            **self._link.call('serial_console', instance.uuid))

    def describe_for_migration(self, instance):
        host = self._link.call('describe_for_migration', instance.uuid)
        return migrate_data_obj.MigrateData(
            source_host=self.conf.host, storage_marker=None,
            details={}, **host)

    def check_migration(self, instance, data):
        self._link.call(
            'check_migration', instance.uuid, memory_mb=instance.memory_mb,
            hypervisor_type=data.hypervisor_type)
        answer = data.obj_clone()
        answer.dest_host = self.conf.host
        answer.target_uri = protocol.uri_of(self._link.path)
        answer.target_addr = '127.0.0.1'
        answer.block_migration = bool(data.block_migration)
        return answer

    def accept_migration(self, instance, data, image=None):
        plugged = [port.id for port in data.told('ports') or ()
                   if self.conf.fake.plugs_ahead]
        self._link.call(
            'accept_migration', instance.uuid, memory_mb=instance.memory_mb,
            source_host=data.source_host, plugged=plugged)
        if data.told('ports') is not None:
            data.plugged = plugged
        return data

    def start_migration(self, instance, data):
        migration = self._link.call(
            'start_migration', instance.uuid, target_uri=data.target_uri)
        return FakeMigrationHandle(self._link, instance.uuid, migration)

    def finish_migration(self, instance, side, arrived):
        state = self._link.call(
            'finish_migration', instance.uuid, side=side.value,
            arrived=arrived)
        return None if state is None else _guest(instance.uuid, state)

    def adopt_migration(self, instance, data):
        migration = self._link.call('adopt_migration', instance.uuid)
        if migration is None:
            return None
        return FakeMigrationHandle(self._link, instance.uuid, migration)

    def look_for_arrival(self, instance):
        return live_migration.Arrival(
            self._link.call('look_for_arrival', instance.uuid))

    def check_resize(self, instance, flavor):
        self._link.call(
            'check_resize', instance.uuid, memory_mb=flavor.memory_mb,
            root_gb=flavor.root_gb, old_root_gb=instance.root_gb)

    def describe_for_resize(self, instance):
        host = self._link.call('describe_for_resize', instance.uuid)
        return migrate_data_obj.MigrateData(
            source_host=self.conf.host, details={}, **host)

    def sees_storage(self, instance, data):
        return self._link.call('sees_storage', instance.uuid)

    def leave_for_resize(self, instance, data):
        return _with_row(data.obj_clone(), self._link.call(
            'leave_for_resize', instance.uuid))

    def arrive_from_resize(self, instance, data, power_on):
        return self._take('arrive_from_resize', instance, data, power_on)

    def confirm_resize(self, instance):
        self._link.call('confirm_resize', instance.uuid)

    def leave_for_revert(self, instance):
        return _with_row(
            migrate_data_obj.MigrateData(details={}),
            self._link.call('leave_for_revert', instance.uuid))

    def return_from_resize(self, instance, data, power_on):
        return self._take('return_from_resize', instance, data, power_on)

    def _take(self, verb, instance, data, power_on):
        row = data and json.loads(data.details[_ROW])
        return _guest(instance.uuid, self._link.call(
            verb, instance.uuid, row=row, power_on=power_on,
            memory_mb=instance.memory_mb, vcpus=instance.vcpus,
            root_gb=instance.root_gb))


#: Where MigrateData has what a guest is, for its next host.
_ROW = 'row'


def _with_row(data, row):
    data.details = {_ROW: json.dumps(row)}
    return data


def _guest(uuid, state):
    return driver.Guest(uuid, driver.PowerState(state))
