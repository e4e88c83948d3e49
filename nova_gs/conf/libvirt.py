"""Options of the libvirt driver."""

from oslo_config import cfg

#: What may be done with live migrations that take too long.
ABORT, FORCE_COMPLETE = 'abort', 'force_complete'

OPTS = (
    cfg.StrOpt(
        'connection_uri', default='qemu:///system',
        help='Where this host\'s libvirt is; nova-compute waits for it at '
             'its start and connects again when it went away.'),
    cfg.StrOpt(
        'live_migration_uri', default='qemu+tls://%s/system',
        help='How this host\'s libvirt is reached from another one, with %s '
             'for the name of this host. The source\'s libvirt opens it.'),
    cfg.StrOpt(
        'live_migration_inbound_addr',
        help='Address that other hosts send guests\' memory to; by default '
             'libvirt picks the one its host name resolves to.'),
    cfg.IntOpt(
        'live_migration_bandwidth', default=0, min=0,
        help='MiB/s that one live migration may use; 0 is no limit. A guest '
             'that writes faster than this never completes by itself.'),
    cfg.BoolOpt(
        'live_migration_permit_post_copy', default=False,
        help='Lets "force complete" switch to post-copy instead of pausing '
             'the guest. A guest in post-copy is lost if either host fails.'),
    cfg.IntOpt(
        'live_migration_completion_timeout', default=800, min=0,
        help='Seconds that a live migration may be under way, for each GiB '
             'of memory and of disks that are copied (a part of a GiB counts '
             'as one); 0 is no limit. Too short, and large or busy guests '
             'cannot be moved.'),
    cfg.StrOpt(
        'live_migration_timeout_action', default=ABORT, choices=[
            (ABORT, 'it is called off, and the guest stays where it is'),
            (FORCE_COMPLETE, 'it is made to end, by post-copy where that is '
             'permitted, or else by pausing the guest until it has moved')],
        help='What is done with a live migration after '
             'live_migration_completion_timeout.'),
    cfg.BoolOpt(
        'live_migration_permit_auto_converge', default=False,
        help='Lets QEMU slow a guest down, more and more, that writes its '
             'memory faster than it can be sent. It may nearly stand still. '
             'Does nothing where live_migration_permit_post_copy is set.'),
    cfg.IntOpt(
        'live_migration_post_copy_bandwidth', default=0, min=0,
        help='MiB/s that a migration in post-copy may use, besides what the '
             'guest waits for; 0 is no limit. live_migration_bandwidth does '
             'not count there.'),
    cfg.BoolOpt(
        'live_migration_trust_storage', default=False,
        help='Says that instances_path is coherent between hosts although '
             'libvirt cannot know it (a directory shared on one machine, '
             'say). Wrongly set, a migrated guest\'s disk is corrupted.'),
    cfg.StrOpt(
        'virt_type', default='auto', choices=['auto', 'kvm', 'qemu'],
        help='KVM, plain emulation, or KVM where it works.'),
    cfg.StrOpt(
        'machine_type', default='pc',
        help='Machine type of new guests. Both hosts of a migration need it.'),
    cfg.IntOpt(
        'wait_soft_reboot_seconds', default=60, min=0,
        help='Seconds that a guest gets to shut down in a soft reboot, before '
             'it is reset as in a hard one. The host is busy that long.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='libvirt')


def list_opts():
    return [('libvirt', OPTS)]
