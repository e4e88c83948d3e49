"""nova-conductor: the only RPC service that touches the database.

It serves with native threads, also where NOVA_GS_CONCURRENCY names eventlet.
"""

from nova_gs.shutdown import signals

# Before anything that takes time to import: a SIGTERM from here on ends the
# process cleanly.
signals.guard()


def main():
    """Run nova-conductor until it is told to stop."""
    from nova_gs.cmd import common
    common.init_backend()
    from nova_gs.service import conductor
    common.run('nova-conductor', conductor.create)
