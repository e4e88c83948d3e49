"""Each invariant finds its breach, and none finds another's."""

import dataclasses
import json

from bench import clients
from bench import invariants
from bench import snapshot
from bench import storm
from nova_gs.devcloud import console
from nova_gs.virt.driver import PowerState
from tests.unit import base

GUEST, MOVED = 'guest-1', 'guest-2'
RUNS, OFF = PowerState.RUNNING, PowerState.SHUTDOWN
BUILD, REBOOT, MOVE = 'req-build', 'req-reboot', 'req-move'


def asked(kind, request, server=GUEST, status=202):
    return clients.Asked(kind, server, status, request)


def operation(number, kind, request, server=GUEST, **others):
    return dict({'uuid': 'op-%d' % number, 'kind': kind,
                 'request_id': request, 'instance_uuid': server,
                 'state': 'succeeded', 'step': 'the_last',
                 'migration_uuid': None}, **others)


def entry(verb, event, at, host='host-a', guest=GUEST, call=None):
    return {'verb': verb, 'event': event, 't': at, 'host': host,
            'guest': guest, 'call': call or verb}


def queue(consumers=1, ready=0, expires=None, idle=0):
    return {'consumers': consumers, 'ready': ready, 'unacked': 0,
            'expires': expires, 'idle': idle}


def server(host, task_state=None):
    return {'OS-EXT-STS:task_state': task_state, 'flavor': {'ram': 64},
            'OS-EXT-SRV-ATTR:host': host}


def instance(uuid, host, **others):
    return dict({'uuid': uuid, 'host': host, 'vm_state': 'active',
                 'deleted': 0}, **others)


def sound(**others):
    """Return a Snapshot of two guests, in which everything holds.

    One was built and rebooted, the other has moved.
    """
    requests = (BUILD, REBOOT, MOVE)
    servers = dict(zip(requests, (GUEST, GUEST, MOVED)))
    steps = dict(zip(requests, (
        'build_instance', 'reboot_instance', 'live_migration')))
    return dataclasses.replace(snapshot.Snapshot(
        asked=(asked(storm.BOOT, BUILD), asked(storm.REBOOT, REBOOT),
               asked(storm.MIGRATE, MOVE, MOVED)),
        servers={GUEST: server('host-a'), MOVED: server('host-b')},
        used={'host-a': (64, 1), 'host-b': (64, 1)},
        shown={request: {'message': None, 'events': [
            {'event': 'x', 'finish_time': 'then'}]} for request in requests},
        operations=(
            operation(1, 'build', BUILD), operation(2, 'reboot', REBOOT),
            operation(3, 'live-migration', MOVE, MOVED,
                      migration_uuid='move')),
        instances=(instance(GUEST, 'host-a'), instance(MOVED, 'host-b')),
        migrations=({'uuid': 'move', 'instance_uuid': MOVED,
                     'status': 'completed'},),
        actions=tuple(
            {'id': number, 'request_id': request, 'finish_time': 'then',
             'instance_uuid': servers[request]}
            for number, request in enumerate(requests)),
        events=tuple(
            {'event': steps[request], 'host': 'host-a', 'action_id': number}
            for number, request in enumerate(requests)),
        guests={'host-a': {GUEST: RUNS}, 'host-b': {MOVED: RUNS}},
        boots={GUEST: ((1, 2), (2, None))},
        moving={'host-a': [], 'host-b': []},
        journal=(entry('spawn', 'begun', 1), entry('spawn', 'ended', 1),
                 entry('reboot', 'begun', 2), entry('reboot', 'ended', 2),
                 entry('start_migration', 'begun', 5, guest=MOVED),
                 entry('start_migration', 'ended', 9, guest=MOVED)),
        queues={'compute.host-a': queue(), 'reply_1': queue(0, expires=60),
                'conductor': queue()},
    ), **others)


def moved_cold(status='finished', was='active', **others):
    """Return what is sound, but the move was one of a guest switched off."""
    seen = with_rows('operations', 2, kind='migrate')
    return dataclasses.replace(
        seen, asked=seen.asked[:2] + (asked(storm.MOVE, MOVE, MOVED),),
        migrations=({
            'uuid': 'move', 'instance_uuid': MOVED, 'status': status,
            'source_compute': 'host-a', 'old_vm_state': was,
            'old_flavor': json.dumps({'memory_mb': 32})},),
        instances=with_rows('instances', 1, vm_state='resized').instances,
        used={'host-a': (96, 1), 'host-b': (64, 1)}, **others)


def with_rows(table, number, **changes):
    """Return what is sound, but for a row of a table."""
    rows = list(getattr(sound(), table))
    rows[number] = dict(rows[number], **changes)
    return sound(**{table: tuple(rows)})


def shown(request, **changes):
    before = sound().shown
    return sound(shown=dict(
        before, **{request: dict(before[request], **changes)}))


def failed(request, message):
    """Return a reboot that has failed, and what is said of it."""
    row = with_rows('operations', 1, state='failed')
    return dataclasses.replace(row, shown=shown(
        request, message=message).shown)


def journal(*entries):
    return sound(journal=sound().journal + entries)


def life(**changes):
    return sound(lives={GUEST: console.Continuity(
        **dict({'boots_seen': 2, 'ticks_seen': 10}, **changes))})


#: Invariant -> snapshots that are not as it says.
BREACHES = {
    'everybody_serves': (sound(down=('nova-compute on host-a',)),),
    'accepted_is_final': (
        sound(asked=sound().asked + (asked(storm.STOP, 'req-lost'),)),
        sound(asked=(asked(storm.STOP, REBOOT),) + sound().asked[:1]),
        with_rows('operations', 1, state='running'),
        with_rows('operations', 1, state='interrupted')),
    'refused_is_not_begun': (
        sound(asked=(asked(storm.REBOOT, REBOOT, status=409),)),
        sound(asked=(asked(storm.REBOOT, REBOOT, status=500),))),
    'action_tells_the_end': (
        with_rows('actions', 0, finish_time=None),
        sound(shown=dict(sound().shown, **{BUILD: None})),
        shown(BUILD, events=[{'event': 'x', 'finish_time': None}]),
        shown(BUILD, message='It failed.'),
        failed(REBOOT, None), failed(REBOOT, 'Traceback (most recent ...'),
        failed(REBOOT, 'oslo_messaging.MessagingTimeout'),
        failed(REBOOT, ' '), failed(REBOOT, 'host None has no room')),
    'nothing_is_open': (
        with_rows('operations', 0, state='accepted'),
        with_rows('migrations', 0, status='running'),
        with_rows('migrations', 0, status='error'),
        with_rows('migrations', 0, uuid='of no operation'),
        dataclasses.replace(
            with_rows('operations', 2, kind='migrate'),
            asked=sound().asked[:2])),
    'task_has_operation': (
        sound(servers=dict(sound().servers, **{
            GUEST: server('host-a', 'rebooting')})),),
    'begun_once_per_claim': (
        journal(entry('spawn', 'begun', 3)),
        journal(entry('power_off', 'begun', 3)),
        journal(entry('suspend', 'begun', 3)),
        journal(entry('reboot', 'begun', 3, host='host-b')),
        journal(entry('start_migration', 'begun', 10, guest=MOVED,
                      call='again'))),
    'one_place': (
        sound(guests={'host-a': {GUEST: RUNS}, 'host-b': {
            MOVED: RUNS, GUEST: RUNS}}),
        sound(guests={'host-a': {GUEST: RUNS}, 'host-b': {}}),
        sound(guests={'host-a': {GUEST: RUNS, 'unknown': RUNS},
                      'host-b': {MOVED: RUNS}}),
        with_rows('instances', 0, deleted=1),
        with_rows('instances', 0, host=None)),
    'state_is_true': (
        with_rows('instances', 0, vm_state='stopped'),
        with_rows('instances', 0, vm_state='paused'),
        with_rows('instances', 0, vm_state='suspended'),
        sound(guests={'host-a': {GUEST: PowerState.PAUSED},
                      'host-b': {MOVED: RUNS}}),
        sound(guests={'host-a': {GUEST: OFF}, 'host-b': {MOVED: RUNS}}),
        moved_cold(was='stopped'),
        moved_cold(guests={'host-a': {GUEST: RUNS}, 'host-b': {MOVED: OFF}})),
    'one_life': (
        sound(boots={GUEST: ((1, 2), (2, 3), (3, None))}),
        sound(boots={GUEST: ((1, None),)}),
        sound(boots={GUEST: ((1, None), (2, None))}),
        sound(boots={MOVED: ((7, None),)}),
        life(ticks_repeated=1), life(ticks_lost=1), life(memory_errors=1),
        life(boots_seen=3)),
    'claims_equal_what_runs': (
        sound(used={'host-a': (128, 2), 'host-b': (64, 1)}),
        sound(used={'host-a': (64, 1), 'host-b': (0, 1)}),
        sound(used={'host-a': (64, 1)}),
        dataclasses.replace(moved_cold(), used=sound().used)),
    'nothing_is_left': (
        sound(traces=(('host-a', 'rooms', GUEST),)),
        sound(moving={'host-a': [MOVED]}),
        sound(driver='libvirt', files=frozenset((GUEST, MOVED, 'gone'))),
        sound(driver='libvirt', files=frozenset((GUEST,)))),
    'queues_are_empty': (
        sound(queues={'compute.host-a': queue(ready=1)}),
        sound(queues={'compute-alt.host-a': queue(consumers=0)}),
        sound(queues={'reply_1': queue(consumers=0)}),
        sound(queues={'reply_1': queue(consumers=0, expires=60, idle=99)})),
}

#: Breaches of one that are such of another as well: what is open is so in
#: the eyes of the user and in those of the operator, a guest in the wrong
#: place has got there somehow.
AS_WELL = {
    'accepted_is_final': {'nothing_is_open'},
    'nothing_is_open': {'accepted_is_final'},
    'one_life': {'begun_once_per_claim'},
    'begun_once_per_claim': {'one_life'},
}


class TestInvariants(base.TestCase):

    def broken(self, seen):
        return {name for name, function in invariants.INVARIANTS.items()
                if list(function(seen))}

    def test_nothing_is_broken(self):
        self.assertEqual([], invariants.broken(sound()))
        self.assertEqual([], invariants.broken(moved_cold()))

    def test_a_move_is_settled_with_a_delete(self):
        for deleted in (0, 1):
            seen = moved_cold('confirmed' if deleted else 'finished')
            gone = dict(seen.instances[1], deleted=deleted)
            seen = dataclasses.replace(seen, instances=(gone,))
            self.assertEqual([], list(invariants.nothing_is_open(seen)))
            other = dict(seen.migrations[0], status=(
                'finished' if deleted else 'confirmed'))
            seen = dataclasses.replace(seen, migrations=(other,))
            self.assertEqual(1, len(list(invariants.nothing_is_open(seen))))

    def test_boots_of_a_move(self):
        """One that failed may have booted over there and here again."""
        for kind, state, boots in (
                ('reboot', 'failed', 1), ('pause', 'succeeded', 0),
                ('migrate', 'succeeded', 1), ('resize', 'failed', 2),
                ('revert-resize', 'succeeded', 1)):
            seen = sound(
                operations=(operation(1, kind, 'req', state=state),),
                lives={GUEST: console.Continuity(
                    boots_seen=boots, ticks_seen=10)})
            self.assertEqual([], list(invariants.one_life(
                dataclasses.replace(seen, journal=(), boots={}))))
            more = {GUEST: console.Continuity(
                boots_seen=boots + 1, ticks_seen=10)}
            self.assertEqual(1, len(list(invariants.one_life(
                dataclasses.replace(seen, journal=(), boots={},
                                    lives=more)))))

    def test_each_is_tried(self):
        self.assertEqual(set(invariants.INVARIANTS), set(BREACHES))

    def test_each_finds_its_own_breaches_and_no_others(self):
        for name, breaches in BREACHES.items():
            for number, seen in enumerate(breaches):
                found = self.broken(seen)
                self.assertIn(name, found, (name, number))
                self.assertEqual(
                    set(), found - {name} - AS_WELL.get(name, set()),
                    (name, number, invariants.broken(seen)))

    def test_a_line_names_the_invariant_and_what_it_is_about(self):
        lines = invariants.broken(sound(traces=(('host-b', 'rooms', GUEST),)))
        self.assertEqual(
            ['nothing is left: host-b has rooms of guest guest-1'], lines)

    def test_second_delete_counts_as_the_first(self):
        deletes = (asked(storm.DELETE, 'req-1', status=204),
                   asked(storm.DELETE, 'req-2', status=204))
        seen = sound(asked=deletes, operations=sound().operations + (
            operation(4, 'delete', 'req-1'),))
        self.assertEqual([], list(invariants.accepted_is_final(seen)))
        self.assertEqual(2, len(list(invariants.accepted_is_final(
            sound(asked=deletes)))))

    def test_what_ended_half_way_is_the_users(self):
        """Until a later request has succeeded."""
        cut = operation(4, 'stop', 'req-stop', state='failed')
        off = {'host-a': {GUEST: OFF}, 'host-b': {MOVED: RUNS}}
        later = operation(5, 'start', 'req-start')
        for operations, count in (((cut,), 0), ((cut, later), 1)):
            seen = sound(guests=off,
                         operations=sound().operations + operations)
            self.assertEqual(
                count, len(list(invariants.state_is_true(seen))))

    def test_aborted_migration_is_cancelled(self):
        seen = with_rows('operations', 2, state='aborted')
        self.assertEqual(1, len(list(invariants.nothing_is_open(seen))))
        seen = dataclasses.replace(seen, migrations=with_rows(
            'migrations', 0, status='cancelled').migrations)
        self.assertEqual([], list(invariants.nothing_is_open(seen)))
