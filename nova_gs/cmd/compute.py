"""nova-compute: the daemon on each hypervisor host."""

from nova_gs.shutdown import signals

# Before anything that takes time to import: a SIGTERM from here on ends the
# process cleanly.
signals.guard()


def main():
    """Run nova-compute until it is told to stop."""
    from nova_gs.cmd import common
    common.init_backend()
    from nova_gs.service import compute
    common.run('nova-compute', compute.ComputeService)
