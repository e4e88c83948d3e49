"""What API, database, broker and hypervisors of a cloud say, at one time.

Everything is looked at beside the services where that is possible: the
database's file, the hypervisors' own files or libvirtd, the broker's list.
"""

import contextlib
import dataclasses
import os
import sqlite3

from bench import lives
from nova_gs import clock as clock_module
from nova_gs.devcloud import api_client
from nova_gs.virt import driver as driver_module
from nova_gs.virt.fake import journal as fake_journal
from nova_gs.virt.fake import world as fake_world

#: Tables of the database that are read, each as a list of dicts.
TABLES = ('operations', 'instances', 'migrations', 'instance_actions',
          'instance_action_events')

#: What a fake hypervisor keeps only while a guest comes or goes.
TRACES = ('rooms', 'leftovers')

_PAGE = 1000


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """See the module; what is not known is empty.

    :param driver: 'fake' or 'libvirt'
    :param asked: clients.Asked of all rounds
    :param servers: {UUID: server as the API shows it}
    :param used: {host: (MiB given out, guests)} as the API shows it
    :param shown: {request id: instance action as the API shows it, or None}
    :param down: services that the API does not show as up
    :param operations: rows of the database, oldest first; likewise
        instances, migrations, actions and events
    :param guests: {host: {UUID: PowerState}}, as the hypervisors say
    :param boots: {UUID: boots, each (begun, ended or None) in wall clock
        seconds}; fake only
    :param moving: {host: UUIDs that it is still moving away}
    :param traces: (host, kind, UUID) of what hosts keep of other guests
    :param journal: entries of the fake hypervisors
    :param lives: {UUID: console.Continuity}; libvirt only
    :param files: UUIDs that have files in instances_path
    :param queues: {name: what broker.queues() says}, with ``idle``: seconds
        for which it was seen without a consumer
    """

    driver: str = 'fake'
    asked: tuple = ()
    servers: dict = dataclasses.field(default_factory=dict)
    used: dict = dataclasses.field(default_factory=dict)
    shown: dict = dataclasses.field(default_factory=dict)
    down: tuple = ()
    operations: tuple = ()
    instances: tuple = ()
    migrations: tuple = ()
    actions: tuple = ()
    events: tuple = ()
    guests: dict = dataclasses.field(default_factory=dict)
    boots: dict = dataclasses.field(default_factory=dict)
    moving: dict = dataclasses.field(default_factory=dict)
    traces: tuple = ()
    journal: tuple = ()
    lives: dict = dataclasses.field(default_factory=dict)
    files: frozenset = frozenset()
    queues: dict = dataclasses.field(default_factory=dict)


class Observer:
    """Takes snapshots of a cloud.

    :param cloud: devcloud.cloud.Cloud
    :param asked: the list of all that clients have asked, which grows
    """

    def __init__(self, cloud, asked):
        self._cloud = cloud
        self._asked = asked
        self._clock = clock_module.Clock()
        #: Actions that have ended change no more: request id -> as shown.
        self._ended = {}
        #: Since when a queue has had no consumer: name -> seconds.
        self._idle_since = {}

    def take(self):
        """Return a Snapshot.

        :raises: DevcloudError, OSError, sqlite3.Error or libvirtError when
            somebody does not answer
        """
        driver = self._cloud.options['driver']
        look = self._look_fake if driver == 'fake' else self._look_libvirt
        rows = self.rows()
        return Snapshot(
            driver=driver, asked=tuple(self._asked),
            servers=self._servers(), used=self._used(),
            shown=self._shown(rows),
            down=tuple(sorted(
                '%s on %s' % (one['binary'], one['host'])
                for one in self._cloud.api.services()
                if one['state'] != 'up')),
            operations=rows['operations'], instances=rows['instances'],
            migrations=rows['migrations'], actions=rows['instance_actions'],
            events=rows['instance_action_events'], queues=self._queues(),
            files=frozenset(
                name for name in os.listdir(self._cloud.layout.instances)
                if name.count('-') == 4),
            **look())

    def rows(self, *tables):
        """Return {table: its rows as dicts, oldest first}."""
        path = self._cloud.layout.path('nova.sqlite')
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as base:
            base.row_factory = sqlite3.Row
            # One transaction: the tables belong together.
            base.execute('BEGIN')
            return {
                table: tuple(dict(row) for row in base.execute(
                    'SELECT * FROM %s ORDER BY id' % table))
                for table in tables or TABLES}

    def _servers(self):
        found = self._cloud.api.get('servers/detail?limit=%d' % _PAGE)
        return {one['id']: one for one in found['servers']}

    def _used(self):
        found = self._cloud.api.get('os-hypervisors/detail')
        return {one['service']['host']: (
            one['memory_mb_used'], one['running_vms'])
            for one in found['hypervisors']}

    def _shown(self, rows):
        ended = {row['request_id'] for row in rows['instance_actions']
                 if row['finish_time']}
        shown = {}
        for one in self._asked:
            if not one.is_accepted or one.server is None:
                continue
            key = one.request_id
            shown[key] = self._ended.get(key) or self._action(one)
            if key in ended:
                self._ended[key] = shown[key]
        return shown

    def _action(self, asked):
        try:
            return self._cloud.api.instance_action(
                asked.server, asked.request_id)
        except api_client.ApiError as error:
            if error.status != 404:
                raise
            return None

    def _queues(self):
        now, queues = self._clock.now(), self._cloud.broker.queues()
        self._idle_since = {
            name: self._idle_since.get(name, now)
            for name, queue in queues.items() if not queue['consumers']}
        return {name: dict(queue, idle=now - self._idle_since.get(name, now))
                for name, queue in queues.items()}

    def _look_fake(self):
        guests, boots, moving, traces, entries = {}, {}, {}, [], []
        for part in self._cloud.parts.hypervisors:
            tables = fake_world.read(os.path.join(
                self._cloud.layout.hypervisor(part.host), 'world'))
            guests[part.host] = {
                uuid: driver_module.PowerState(row['power_state'])
                for uuid, row in tables['guests'].items()}
            for uuid, row in tables['guests'].items():
                boots[uuid] = _boots(row['boots'])
            moving[part.host] = sorted(
                uuid for uuid, row in tables['migrations'].items()
                if row['phase'] != 'ended')
            traces += [(part.host, kind, uuid) for kind in TRACES
                       for uuid in tables[kind]]
            entries += fake_journal.read(part.journal)
        return {'guests': guests, 'boots': boots, 'moving': moving,
                'traces': tuple(traces), 'journal': tuple(entries)}

    def _look_libvirt(self):
        seen = {part.host: lives.domains(part.uri)
                for part in self._cloud.parts.hypervisors}
        return {
            'guests': {host: {uuid: one.state for uuid, one in found.items()}
                       for host, found in seen.items()},
            'moving': {host: sorted(uuid for uuid, one in found.items()
                                    if one.moves)
                       for host, found in seen.items()},
            'lives': lives.consoles(self._cloud.layout.instances)}


def _boots(parts):
    """Return a guest's boots, each (begun, ended or None).

    One that stood still and went on has several parts in the world, but has
    booted only once.
    """
    boots = []
    for part in parts:
        since = part['since']
        if part.get('first') and boots:
            since = boots.pop()[0]
        boots.append((since, part['until']))
    return tuple(boots)
