"""nova-api: the REST API, and the catalogues that clients look for.

It serves with native threads, also where NOVA_GS_CONCURRENCY names eventlet.
"""

from nova_gs.shutdown import signals

# Before anything that takes time to import: a SIGTERM from here on ends the
# process cleanly.
signals.guard()


def main():
    """Run nova-api until it is told to stop."""
    from nova_gs.cmd import common
    common.init_backend()
    from nova_gs.service import api
    common.run('nova-api', api.ApiService)
