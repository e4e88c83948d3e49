"""How much of a host is given out: always counted, never kept by hand.

Given out is what the instances on a host take, and what those take that are
on their way there.  A reservation names the host in one of the two, in a
transaction that also moves the node's ``generation`` on; of two that counted
at the same time, the second finds the generation moved and counts again.
"""

import sqlalchemy as sa

from nova_gs.db import engine
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields

_INSTANCES = models.instances
_MIGRATIONS = models.migrations
_NODES = models.compute_nodes
_NOTHING = {'vcpus_used': 0, 'memory_mb_used': 0, 'local_gb_used': 0,
            'running_vms': 0}
_SUMS = (
    sa.func.sum(_INSTANCES.c.vcpus).label('vcpus_used'),
    sa.func.sum(_INSTANCES.c.memory_mb).label('memory_mb_used'),
    sa.func.sum(_INSTANCES.c.root_gb).label('local_gb_used'),
)


def given_out(connection, host=None, but_for=None):
    """Return what is given out, by host.

    :param host: only this one
    :param but_for: uuid of an instance that does not count
    :returns: dict of dicts with ``vcpus_used``, ``memory_mb_used`` (MiB),
              ``local_gb_used`` (GiB) and ``running_vms``
    """
    used = {}
    for statement in (_living(host), _arriving(host)):
        if but_for is not None:
            statement = statement.where(_INSTANCES.c.uuid != but_for)
        for row in query.rows(connection, statement):
            totals = used.setdefault(row.pop('host'), dict(_NOTHING))
            for name, value in row.items():
                totals[name] += int(value)
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
               _INSTANCES.c.deleted.is_(False),
               sa.or_(_INSTANCES.c.host.is_(None),
                      _INSTANCES.c.host != target)))
    statement = statement.where(
        target.is_not(None) if host is None else target == host)
    return statement.group_by(target)


def require(connection, host, instance):
    """Make sure that a host has room for an instance, in this transaction.

    The caller then writes, in the same transaction, what takes the room.

    :param instance: row of the instance
    :raises: NoValidHost; RetryRequest when another reservation was faster
    """
    node = query.first(
        connection, sa.select(_NODES).where(_NODES.c.host == host))
    if node is None:
        raise exception.NoValidHost(
            reason='Host %s has not reported what it has.' % host)
    used = of_host(given_out(connection, host, instance['uuid']), host)
    for what, has, needs in (
            ('MiB of memory', _memory(node) - used['memory_mb_used'],
             instance['memory_mb']),
            ('CPUs', int(node['vcpus'] * node['cpu_allocation_ratio'])
             - used['vcpus_used'], instance['vcpus']),
            ('GiB of disk', node['local_gb'] - used['local_gb_used'],
             instance['root_gb'])):
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
