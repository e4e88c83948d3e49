"""nova-novncproxy: guests' screens for browsers.

It serves with native threads, also where NOVA_GS_CONCURRENCY names eventlet.
"""

from nova_gs.shutdown import signals

# Before anything that takes time to import: a SIGTERM from here on ends the
# process cleanly.
signals.guard()


def main():
    """Run nova-novncproxy until it is told to stop."""
    from nova_gs.cmd import common
    common.init_backend()
    from nova_gs.service import novncproxy
    common.run('nova-novncproxy', novncproxy.NoVncProxyService)
