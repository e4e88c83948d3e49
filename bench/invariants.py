"""What must hold once a cloud is at rest, whatever has happened to it.

Each invariant is a function of a ``snapshot.Snapshot``; it returns a line for
each thing that does not hold, and INVARIANTS has them all by name.
"""

import collections
import json
import re

from bench import storm
from nova_gs.virt.driver import PowerState

FINAL = ('succeeded', 'failed', 'aborted')

#: Requests that are operations, and the kind on record.
KINDS = {storm.BOOT: 'build', storm.REBOOT: 'reboot', storm.STOP: 'stop',
         storm.START: 'start', storm.DELETE: 'delete',
         storm.MIGRATE: 'live-migration',
         storm.MOVE: 'migrate', storm.RESIZE: 'resize',
         storm.CONFIRM: 'confirm-resize', storm.REVERT: 'revert-resize',
         **{kind: kind for kind in (storm.PAUSE, storm.UNPAUSE,
                                    storm.SUSPEND, storm.RESUME)}}

#: Operations that switch a guest off and start it in another place or size.
COLD = ('migrate', 'resize')

#: What a migration is once its last operation has ended so.
_COLD_ENDS = {'succeeded': ('finished',), 'failed': ('error',),
              'aborted': ('error',)}
MIGRATION_ENDS = {
    'live-migration': {'succeeded': ('completed',), 'failed': ('error',),
                       'aborted': ('cancelled',)},
    'migrate': _COLD_ENDS, 'resize': _COLD_ENDS,
    # What could not be settled may be settled another time.
    'confirm-resize': {'succeeded': ('confirmed',), 'failed': ('finished',)},
    'revert-resize': {'succeeded': ('reverted',),
                      'failed': ('finished', 'error')},
}

#: Driver calls that change a guest, and the steps whose claims permit one
#: each.  What shall not be there may be removed as often as it takes.
PERMITTED_BY = {
    'spawn': ('build_instance',),
    'power_on': ('start_instance',),
    'power_off': ('stop_instance',),
    'reboot': ('reboot_instance',),
    'start_migration': ('live_migration',),
    'pause': ('pause_instance',),
    'unpause': ('unpause_instance',),
    'suspend': ('suspend_instance',),
    'resume': ('resume_instance',),
}

#: What the hypervisor has to say of a guest, by its record.
TRUE_STATES = {
    'active': PowerState.RUNNING,
    'stopped': PowerState.SHUTDOWN,
    'paused': PowerState.PAUSED,
    'suspended': PowerState.SUSPENDED,
}

#: Boots that a fake hypervisor remembers of a guest.
KEPT_BOOTS = 8

#: Requests that may have ended half-way and are then left to the user, who
#: is told so: what the guest is now is not on record.
LEFT_TO_USER = ('delete', 'start', 'stop', 'reboot', 'pause', 'unpause',
                'suspend', 'resume', 'revert-resize', *COLD)

#: Queues whose messages are steps of operations.
WORK_QUEUES = re.compile(r'(compute|compute-alt|conductor)(\..+)?$')

#: Seconds for which a broker may keep a queue that has expired.
QUEUE_GRACE = 30

#: What a user cannot read, in a message.
UNREADABLE = re.compile(
    r'Traceback|<class |object at 0x|^\s*$|\bNone\b|%\(|oslo|sqlalchemy|'
    r'sqlite3|[a-z]Exception\b', re.IGNORECASE)


def accepted_is_final(seen):
    """Every accepted request is one operation, which has ended."""
    by_request = collections.defaultdict(list)
    for row in seen.operations:
        by_request[row['request_id']].append(row)
    deleted = {row['instance_uuid'] for row in seen.operations
               if row['kind'] == 'delete' and row['state'] in FINAL}
    for one in seen.asked:
        if one.kind not in KINDS or not one.is_accepted:
            continue
        found = by_request[one.request_id]
        # A second delete is accepted as being the first.
        if one.kind == storm.DELETE and not found and one.server in deleted:
            continue
        if [row['kind'] for row in found] != [KINDS[one.kind]]:
            yield '%s: %d operations' % (_name(one), len(found))
        yield from ('%s is %s at step %s' % (
            _name(one), row['state'], row['step'])
            for row in found if row['state'] not in FINAL)


def refused_is_not_begun(seen):
    """What was not accepted is no operation."""
    by_request = {row['request_id']: row for row in seen.operations}
    for one in seen.asked:
        if one.kind in KINDS and one.is_refused and (
                one.request_id in by_request):
            yield '%s was answered with %s (%s) and is %s' % (
                _name(one), one.status, one.said,
                by_request[one.request_id]['state'])


def action_tells_the_end(seen):
    """The user reads that it has ended, and if it did not work, why."""
    states = {row['request_id']: row['state'] for row in seen.operations
              if row['state'] in FINAL}
    ended = {row['request_id'] for row in seen.actions if row['finish_time']}
    for one in seen.asked:
        if not one.is_accepted or one.request_id not in states:
            continue
        if one.request_id not in ended:
            yield '%s has no finish time' % _name(one)
        shown = seen.shown.get(one.request_id)
        if shown is None:
            yield '%s has no instance action' % _name(one)
            continue
        yield from ('%s %s' % (_name(one), fault) for fault
                    in _faults_of_action(shown, states[one.request_id]))


def _faults_of_action(shown, state):
    message = shown['message']
    open_events = [event['event'] for event in shown['events']
                   if not event['finish_time']]
    if open_events:
        yield 'has events without an end: %s' % ', '.join(open_events)
    if (state == 'succeeded') != (message is None):
        yield 'is %s and says %r' % (state, message)
    elif message is not None and UNREADABLE.search(message):
        yield 'says what nobody can read: %r' % message


def nothing_is_open(seen):
    """No operation, migration or event is without an end."""
    for row in seen.operations:
        if row['state'] not in FINAL:
            yield 'operation %s (%s of %s) is %s at %s' % (
                row['uuid'], row['kind'], row['instance_uuid'],
                row['state'], row['step'])
    last = {row['migration_uuid']: row for row in seen.operations}
    gone = {row['uuid'] for row in seen.instances if row['deleted']}
    for row in seen.migrations:
        operation = last.get(row['uuid'], {})
        kind, state = operation.get('kind'), operation.get('state')
        expected = MIGRATION_ENDS.get(kind, {}).get(state, ())
        if 'finished' in expected and row['instance_uuid'] in gone:
            # It is settled with the delete.
            expected = ('confirmed',)
        if row['status'] not in expected:
            yield 'migration %s of %s is %s, its %s %s' % (
                row['uuid'], row['instance_uuid'], row['status'],
                kind or 'operation', state)


def task_has_operation(seen):
    """No server has a task_state without an operation that is alive."""
    live = {row['instance_uuid'] for row in seen.operations
            if row['state'] not in FINAL}
    for uuid, server in seen.servers.items():
        if server['OS-EXT-STS:task_state'] and uuid not in live:
            yield 'server %s is %s' % (uuid, server['OS-EXT-STS:task_state'])


def begun_once_per_claim(seen):
    """Each driver call that changes a guest is begun once per claim."""
    instance_of = {row['id']: row['instance_uuid'] for row in seen.actions}
    claims = collections.Counter(
        (event['event'], event['host'], instance_of[event['action_id']])
        for event in seen.events)
    begun = collections.Counter(
        (entry['verb'], entry['host'], entry['guest'])
        for entry in seen.journal if entry['event'] == 'begun'
        and entry['verb'] in PERMITTED_BY)
    for (verb, host, guest), count in begun.items():
        permitted = sum(claims[step, host, guest]
                        for step in PERMITTED_BY[verb])
        if count > permitted:
            yield '%s of %s on %s was begun %d times, claimed %d times' % (
                verb, guest, host, count, permitted)


def one_place(seen):
    """Each guest is on the host that its record names, and nowhere else."""
    places = collections.defaultdict(list)
    for host, guests in seen.guests.items():
        for uuid in guests:
            places[uuid].append(host)
    left = _left_to_user(seen)
    for row in seen.instances:
        uuid = row['uuid']
        found = places.pop(uuid, [])
        expected = ([] if row['deleted'] or not row['host']
                    else [row['host']])
        if found == expected or (not found and left.get(uuid) == 'delete'):
            continue
        yield 'guest %s (%s) is on %s, its record says %s' % (
            uuid, row['vm_state'], found or 'no host', expected or 'no host')
    for uuid, hosts in places.items():
        yield 'guest %s on %s has no record' % (uuid, hosts)


def state_is_true(seen):
    """A guest runs, stands still or is off, as its record says."""
    left = _left_to_user(seen)
    # One that may still go back is what it was before it came.
    before = {row['instance_uuid']: row['old_vm_state']
              for row in unsettled(seen)}
    for row in seen.instances:
        state = seen.guests.get(row['host'], {}).get(row['uuid'])
        expected = TRUE_STATES.get(
            before.get(row['uuid']) if row['vm_state'] == 'resized'
            else row['vm_state'])
        if None in (state, expected) or row['uuid'] in left:
            continue
        if state is not expected:
            yield 'guest %s is %s, and %s on %s' % (
                row['uuid'], row['vm_state'], state.name, row['host'])


def unsettled(seen):
    """Return the migrations that may still be confirmed or reverted."""
    there = {row['uuid'] for row in seen.instances if not row['deleted']}
    return [row for row in seen.migrations if row['status'] == 'finished'
            and row['instance_uuid'] in there]


def _left_to_user(seen):
    """Return {instance: kind} where the last word was a failure half-way.

    Only a later request that has succeeded says what the guest is again.
    """
    left = {}
    for row in seen.operations:
        kind = row['kind']
        if kind in LEFT_TO_USER and row['state'] == 'succeeded':
            left.pop(row['instance_uuid'], None)
        elif kind in LEFT_TO_USER and row['state'] == 'failed':
            left[row['instance_uuid']] = kind
    return left


def one_life(seen):
    """A guest boots when it is asked to, never in a move; memory is whole."""
    yield from _boots_that_nobody_asked_for(seen)
    yield from _boots_in_a_move(seen)
    booting = collections.Counter()
    for row in seen.operations:
        booting[row['instance_uuid']] += _boots_of(row)
    for uuid, life in seen.lives.items():
        if life.ticks_lost or life.ticks_repeated or life.memory_errors:
            yield 'guest %s did not live on undisturbed: %s' % (uuid, life)
        if life.boots_seen > booting[uuid]:
            yield 'guest %s has booted %d times, asked for %d times' % (
                uuid, life.boots_seen, booting[uuid])


def _boots_of(operation):
    """Return how often an operation may have booted its guest."""
    if operation['kind'] in COLD and operation['state'] != 'succeeded':
        # Over there, and here again.
        return 2
    return int(operation['kind'] in (
        'build', 'reboot', 'start', 'revert-resize', *COLD))


def _boots_that_nobody_asked_for(seen):
    calls = collections.Counter(
        (entry['guest'], entry['event']) for entry in seen.journal
        if entry['verb'] in ('spawn', 'reboot', 'power_on',
                             'arrive_from_resize', 'return_from_resize'))
    ended = collections.Counter(
        entry['guest'] for entry in seen.journal if entry['event'] == 'ended'
        and entry['verb'] in ('spawn', 'reboot'))
    halted = {entry['guest'] for entry in seen.journal
              if entry['verb'] in ('unpause', 'resume')}
    for uuid, boots in seen.boots.items():
        # Each part of a boot that stood still in between is kept, too.
        fewest = min(1 if uuid in halted else KEPT_BOOTS, ended[uuid])
        if not fewest <= len(boots) <= calls[uuid, 'begun']:
            yield 'guest %s has booted %d times, by %d to %d calls' % (
                uuid, len(boots), ended[uuid], calls[uuid, 'begun'])
        if None in [until for _since, until in boots[:-1]]:
            yield 'guest %s has begun a life beside another' % uuid


def _boots_in_a_move(seen):
    began = {entry['call']: entry for entry in seen.journal
             if entry['verb'] == 'start_migration'
             and entry['event'] == 'begun'}
    for entry in seen.journal:
        start = began.get(entry['call'])
        if start is None or entry['event'] == 'begun':
            continue
        for since, _until in seen.boots.get(entry['guest'], ()):
            if start['t'] < since < entry['t']:
                yield 'guest %s has booted in the middle of a move' % (
                    entry['guest'])


def claims_equal_what_runs(seen):
    """What is given out of each host is what its servers take."""
    taken = {host: [0, 0] for host in seen.used}
    for server in seen.servers.values():
        host = server['OS-EXT-SRV-ATTR:host']
        if host:
            here = taken.setdefault(host, [0, 0])
            here[0] += server['flavor']['ram']
            here[1] += 1
    for migration in unsettled(seen):
        # There it was, and may be again.
        taken[migration['source_compute']][0] += json.loads(
            migration['old_flavor'])['memory_mb']
    for host, (memory, count) in taken.items():
        if seen.used.get(host) != (memory, count):
            yield '%s has given out %s (MiB, guests); its servers take %s' % (
                host, seen.used.get(host), (memory, count))


def nothing_is_left(seen):
    """No host keeps what belongs to no guest of its own."""
    for host, guests in seen.moving.items():
        yield from ('%s still moves guest %s' % (host, uuid)
                    for uuid in guests)
    yield from ('%s has %s of guest %s' % trace for trace in seen.traces)
    left = _left_to_user(seen)
    owners = {row['uuid'] for row in seen.instances
              if not row['deleted'] and row['host']}
    if seen.driver == 'libvirt':
        yield from ('files of guest %s, which is gone' % uuid
                    for uuid in sorted(seen.files - owners))
        yield from ('guest %s has no files' % uuid
                    for uuid in sorted(owners - seen.files)
                    if left.get(uuid) != 'delete')


def queues_are_empty(seen):
    """Nothing waits at the broker, nor does a dead process's queue stay."""
    for name, queue in seen.queues.items():
        waiting = queue['ready'] + queue['unacked']
        if WORK_QUEUES.match(name):
            if waiting:
                yield 'queue %s has %d messages' % (name, waiting)
            if not queue['consumers']:
                yield 'nobody reads queue %s' % name
        elif not queue['consumers'] and (
                queue['expires'] is None
                or queue['idle'] > queue['expires'] + QUEUE_GRACE):
            yield 'queue %s, which nobody has read for %d s, is kept' % (
                name, queue['idle'])


def everybody_serves(seen):
    """All services are back."""
    yield from ('%s is down' % name for name in seen.down)


#: Invariant -> function of a Snapshot, that yields a line for each breach.
INVARIANTS = {
    function.__name__: function for function in (
        everybody_serves, accepted_is_final, refused_is_not_begun,
        action_tells_the_end, nothing_is_open, task_has_operation,
        begun_once_per_claim, one_place, state_is_true, one_life,
        claims_equal_what_runs, nothing_is_left, queues_are_empty)
}


def broken(seen):
    """Return 'INVARIANT: what' for everything that does not hold.

    :param seen: snapshot.Snapshot
    """
    return ['%s: %s' % (name.replace('_', ' '), what)
            for name, function in INVARIANTS.items()
            for what in function(seen)]


def _name(asked):
    return '%s of %s (%s)' % (asked.kind, asked.server, asked.request_id)
