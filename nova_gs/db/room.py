"""How much of a host is given out: always counted, never kept by hand.

Given out is what the instances on a host take, and what those take that are
on their way there.  One whose source was lost may still arrive, so its room
counts until the destination has given it back.  One that was moved cold may
be taken back, so its old room counts as well until that is settled, also
when it is on the same host.

A reservation names the host in one of the two, in a transaction that also
moves the node's ``generation`` on; of two that counted at the same time, the
second finds the generation moved and counts again.
"""

import sqlalchemy as sa

from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields
from nova_gs.objects import sizes

_INSTANCES = models.instances
_MIGRATIONS = models.migrations
_NODES = models.compute_nodes
_NOTHING = {'vcpus_used': 0, 'memory_mb_used': 0, 'local_gb_used': 0,
            'running_vms': 0}
_SUMS = (
    sa.func.sum(_INSTANCES.c.vcpus).label('vcpus_used'),
    sa.func.sum(_INSTANCES.c.memory_mb).label('memory_mb_used'),
    # What has no flavor has nothing but its root disk.
    sa.func.sum(sa.func.coalesce(_INSTANCES.c.disk_gb, _INSTANCES.c.root_gb))
    .label('local_gb_used'),
)


def given_out(connection, host=None, but_for=None):
    """Return what is given out, by host.

    :param host: only this one
    :param but_for: uuid of an instance that does not count
    :returns: dict of dicts with ``vcpus_used``, ``memory_mb_used`` (MiB),
              ``local_gb_used`` (GiB) and ``running_vms``
    """
    used = {}
    statements = _living(host), _arriving(host), _switched_off(host)
    for statement, rows_of in zip(statements, (list, list, _both_rooms)):
        if but_for is not None:
            statement = statement.where(_INSTANCES.c.uuid != but_for)
        for row in rows_of(query.rows(connection, statement)):
            name = row.pop('host')
            if host in (None, name):
                totals = used.setdefault(name, dict(_NOTHING))
                for what, value in row.items():
                    totals[what] += int(value)
    return used


def of_host(used, host):
    """Return one host's part of what ``given_out`` returned."""
    return used.get(host, _NOTHING)


def _living(host):
    statement = sa.select(
        _INSTANCES.c.host, *_SUMS, sa.func.count().label('running_vms'))
    statement = statement.where(_INSTANCES.c.deleted.is_(False))
    statement = statement.where(
        _INSTANCES.c.host.is_not(None) if host is None
        else _INSTANCES.c.host == host)
    return statement.group_by(_INSTANCES.c.host)


def _arriving(host):
    target = _MIGRATIONS.c.dest_compute
    statement = (
        sa.select(target.label('host'), *_SUMS)
        .join_from(_MIGRATIONS, _INSTANCES,
                   _INSTANCES.c.uuid == _MIGRATIONS.c.instance_uuid)
        .where(_MIGRATIONS.c.status.in_(fields.MigrationStatus.HOLDS_ROOM),
               _MIGRATIONS.c.new_flavor.is_(None),
               _INSTANCES.c.deleted.is_(False),
               sa.or_(_INSTANCES.c.host.is_(None),
                      _INSTANCES.c.host != target)))
    statement = statement.where(
        target.is_not(None) if host is None else target == host)
    return statement.group_by(target)


def _switched_off(host):
    """Return the question for what is moved cold and not settled."""
    status = fields.MigrationStatus
    ends = _MIGRATIONS.c.source_compute, _MIGRATIONS.c.dest_compute
    statement = (
        sa.select(*ends, _MIGRATIONS.c.status, _MIGRATIONS.c.old_flavor,
                  _MIGRATIONS.c.new_flavor)
        .join_from(_MIGRATIONS, _INSTANCES,
                   _INSTANCES.c.uuid == _MIGRATIONS.c.instance_uuid)
        .where(_MIGRATIONS.c.status.in_(
                   status.HOLDS_ROOM_AHEAD + status.HOLDS_ROOM_BEHIND),
               _MIGRATIONS.c.new_flavor.is_not(None),
               _INSTANCES.c.deleted.is_(False)))
    return statement if host is None else statement.where(
        sa.or_(*[end == host for end in ends]))


def _both_rooms(rows):
    """Return what they take beside the room of the instance itself."""
    for row in rows:
        ahead = row['status'] in fields.MigrationStatus.HOLDS_ROOM_AHEAD
        size = row['new_flavor' if ahead else 'old_flavor']
        yield {'host': row['dest_compute' if ahead else 'source_compute'],
               'vcpus_used': size['vcpus'],
               'memory_mb_used': size['memory_mb'],
               'local_gb_used': sizes.disk_of(size)}


def require(connection, host, size, but_for=None):
    """Make sure that a host has room for something, in this transaction.

    The caller then writes, in the same transaction, what takes the room.

    :param size: row of the instance, or whatever has its sizes
    :param but_for: UUID of an instance whose own room does not count
    :raises: NoValidHost; RetryRequest when another reservation was faster
    """
    node = query.first(
        connection, sa.select(_NODES).where(_NODES.c.host == host))
    if node is None:
        raise exception.NoValidHost(
            reason='Host %s has not reported what it has.' % host)
    used = of_host(given_out(connection, host, but_for), host)
    for what, has, needs in (
            ('MiB of memory', _memory(node) - used['memory_mb_used'],
             size['memory_mb']),
            ('CPUs', int(node['vcpus'] * node['cpu_allocation_ratio'])
             - used['vcpus_used'], size['vcpus']),
            ('GiB of disk', int(node['local_gb']
                                * node['disk_allocation_ratio'])
             - used['local_gb_used'], sizes.disk_of(size))):
        if needs > has:
            raise exception.NoValidHost(
                reason='Host %s has %d %s left, %d are needed.' % (
                    host, max(has, 0), what, needs))
    _move_on(connection, node)


def _memory(node):
    """Return the MiB that guests may have altogether."""
    return int((node['memory_mb'] - node['reserved_memory_mb'])
               * node['ram_allocation_ratio'])


def _move_on(connection, node):
    moved = connection.execute(
        sa.update(_NODES)
        .where(_NODES.c.id == node['id'],
               _NODES.c.generation == node['generation'])
        .values(generation=node['generation'] + 1,
                updated_at=_NODES.c.updated_at))
    if not moved.rowcount:
        raise engine.RetryRequest(exception.NoValidHost(
            reason='Host %s is asked by too many at once.' % node['host']))
