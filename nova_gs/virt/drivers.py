"""Which hypervisor this host has.

Drivers are entry points of the group ``nova_gs.virt.drivers``, so that one
can come with a package of its own.  Only the one in use is imported: libvirt's
library is not needed, and may not be there, where the fake one runs.
"""

import importlib.metadata

from nova_gs import exception

GROUP = 'nova_gs.virt.drivers'


def load(conf):
    """Return the driver that ``compute_driver`` names, not yet connected.

    :raises: ConfigurationError when there is none of that name
    """
    name = conf.compute_driver
    known = {point.name: point
             for point in importlib.metadata.entry_points(group=GROUP)}
    if name not in known:
        raise exception.ConfigurationError(
            option='compute_driver', problem='There is no driver "%s"' % name,
            remedy='Name one that is installed: %s.' % ', '.join(
                sorted(known)))
    return known[name].load()(conf)
