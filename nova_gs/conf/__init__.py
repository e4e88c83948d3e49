"""Options, a file per group.

Nothing here reads a global: programs hand their ConfigOpts down.  (It is
``cfg.CONF``, since oslo.messaging registers a few options on that one only;
``cmd/`` is the only place that names it.)
"""

from nova_gs.conf import api
from nova_gs.conf import base
from nova_gs.conf import compute
from nova_gs.conf import conductor
from nova_gs.conf import fake
from nova_gs.conf import images
from nova_gs.conf import libvirt
from nova_gs.conf import metrics
from nova_gs.conf import network
from nova_gs.conf import neutron
from nova_gs.conf import notifications
from nova_gs.conf import operations
from nova_gs.conf import reports
from nova_gs.conf import serial_console
from nova_gs.conf import shutdown
from nova_gs.conf import upgrade_levels
from nova_gs.conf import vnc

MODULES = (
    base, api, compute, conductor, fake, images, libvirt, metrics,
    network, neutron, notifications, operations, reports, serial_console,
    shutdown, upgrade_levels, vnc,
)


def register_opts(conf):
    """Register every option of nova_gs on a ConfigOpts."""
    for module in MODULES:
        module.register_opts(conf)


def list_opts():
    """Return [(group, options)] for oslo.config's sample generator."""
    return [entry for module in MODULES for entry in module.list_opts()]
