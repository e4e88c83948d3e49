"""nova-compute: the daemon on each hypervisor host.

It runs in native threads, and under eventlet where the environment says
``NOVA_GS_CONCURRENCY=eventlet``.
"""

from nova_gs.shutdown import signals

# Before anything that takes time to import: a SIGTERM from here on ends the
# process cleanly.
signals.guard()


def main():
    """Run nova-compute until it is told to stop."""
    import os
    import sys

    from nova_gs import concurrency
    from nova_gs import exception
    try:
        # What is imported afterwards is made for the mode.
        concurrency.begin(concurrency.chosen(os.environ))
    except exception.ConfigurationError as error:
        sys.exit('ERROR: %s' % error)
    from nova_gs.cmd import common
    common.init_backend()
    from nova_gs.service import compute
    common.run('nova-compute', compute.ComputeService)
