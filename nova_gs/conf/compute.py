"""Options of nova-compute."""

from oslo_config import cfg

DEFAULT_OPTS = (
    cfg.StrOpt(
        'compute_driver', default='libvirt',
        help='Which hypervisor this host has: "libvirt" for QEMU and KVM '
             'guests, "fake" for a simulated one in tests, or the name of a '
             'driver from another package, an entry point of the group '
             'nova_gs.virt.drivers. One that is not installed keeps '
             'nova-compute from starting.'),
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
    cfg.IntOpt(
        'shutdown_timeout', default=60, min=0,
        help='Seconds that a guest gets to shut down by itself before it is '
             'moved switched off or gets another size; then its power is '
             'cut. It is down for as long as that takes, and a stop of the '
             'host waits for it; 0: the power is cut at once.'),
    cfg.IntOpt(
        'sync_power_state_interval', default=600, min=0,
        help='Seconds between two looks at what guests do by themselves, '
             'such as switching themselves off. So long the API may show a '
             'server as it was; 0: nobody looks.'),
    cfg.BoolOpt(
        'resume_guests_state_on_host_boot', default=False,
        help='Whether guests that ran are started again after this host was '
             'booted. Otherwise they are shown as switched off.'),
    cfg.IntOpt(
        'vif_plugging_timeout', default=300, min=0,
        help='Seconds that a new guest waits, standing still, until Neutron '
             'tells that its ports are plugged in, and one that is to move '
             'here, running where it is. Then vif_plugging_is_fatal '
             'says what becomes of it. 0: no guest waits. Without [neutron] '
             'url there is nothing to wait for.'),
    cfg.BoolOpt(
        'vif_plugging_is_fatal', default=True,
        help='Whether a server whose ports were not plugged in in time is in '
             'ERROR. Otherwise its guest is let run, perhaps without a '
             'network. Likewise whether a live migration to this host fails '
             'then, or goes on.'),
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
    cfg.FloatOpt(
        'disk_allocation_ratio', default=1.0, min=0.1,
        help='GiB of guest disks that are given out, per GiB of '
             'instances_path. Disks begin small and grow; above 1.0 they '
             'fill it up when guests use all they were given.'),
    cfg.StrOpt(
        'availability_zone',
        help='Availability zone of this host. Servers that were asked for '
             'in another zone do not come here. Without it the host is in '
             'the zone "nova".'),
    cfg.BoolOpt(
        'live_migration_wait_for_vif_plug', default=True,
        help='Whether a guest that is to move here waits, where it is, until '
             'Neutron tells that its ports are plugged in here. Otherwise it '
             'may be without a network for a while after it has arrived. Set '
             'it to false on a host whose network tells of ports only when '
             'the guest is there.'),
)


def register_opts(conf):
    conf.register_opts(DEFAULT_OPTS)
    conf.register_opts(OPTS, group='compute')


def list_opts():
    return [(None, DEFAULT_OPTS), ('compute', OPTS)]
