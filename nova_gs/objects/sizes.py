"""What a size comes to on a host."""

_MIB_IN_GIB = 1024


def disk_gb(root_gb, ephemeral_gb=0, swap=0):
    """Return how much disk a guest takes, in whole GiB.

    That of swap is rounded up, as Nova's allocations are
    (nova.scheduler.utils: DISK_GB).

    :param root_gb: GiB
    :param ephemeral_gb: GiB
    :param swap: MiB
    """
    return root_gb + ephemeral_gb - (-swap // _MIB_IN_GIB)


def disk_of(row):
    """Return the same for an instance's row, or a flavor's or a copy of it.

    :param row: dict
    """
    if row.get('disk_gb') is not None:
        return row['disk_gb']
    return disk_gb(row.get('root_gb') or 0, row.get('ephemeral_gb') or 0,
                   row.get('swap') or 0)
