"""Options of nova-compute."""

from oslo_config import cfg

DEFAULT_OPTS = (
    cfg.StrOpt(
        'compute_driver', default='libvirt', choices=[
            ('libvirt', 'QEMU and KVM guests through libvirt'),
            ('fake', 'a simulated hypervisor process, for tests')],
        help='Which hypervisor this host has.'),
    cfg.StrOpt(
        'instances_path', default='$state_path/instances',
        help='Directory of the guests\' disks and console logs. Live '
             'migration needs it to be the same shared storage on both '
             'hosts.'),
    cfg.IntOpt(
        'max_concurrent_live_migrations', default=1, min=1,
        help='How many live migrations may leave this host at a time; the '
             'others wait their turn as "queued". More share the same '
             'bandwidth and each takes longer.'),
)

OPTS = (
    cfg.IntOpt(
        'max_concurrent_operations', default=10, min=1,
        help='How many operations (build, reboot, delete ...) this host '
             'works on at a time. Further ones wait, and are given back '
             'when the host is stopped.'),
    cfg.IntOpt(
        'rpc_workers', default=8, min=1,
        help='Threads that take messages from the "compute" queue.'),
    cfg.IntOpt(
        'rpc_alt_workers', default=6, min=1,
        help='Threads that take messages from the "compute-alt" queue, '
             'which carries begun work to its end.'),
    cfg.IntOpt(
        'reserved_host_memory_mb', default=512, min=0,
        help='MiB of the host\'s memory that guests do not get.'),
    cfg.FloatOpt(
        'ram_allocation_ratio', default=1.0, min=0.1,
        help='Guest memory that is given out, per memory of the host. Above '
             '1.0 the host swaps when guests use all they were given.'),
    cfg.FloatOpt(
        'cpu_allocation_ratio', default=16.0, min=0.1,
        help='Guest CPUs that are given out, per CPU of the host.'),
)


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(OPTS, group='compute')


def list_opts():
    return [(None, DEFAULT_OPTS), ('compute', OPTS)]
