"""Which hypervisor this host has.

Only the driver in use is imported: libvirt's library is not needed, and may
not be there, where the fake one runs.
"""


def load(conf):
    """Return the driver that ``compute_driver`` names, not yet connected."""
    if conf.compute_driver == 'fake':
        from nova_gs.virt.fake import driver
        return driver.FakeDriver(conf)
    from nova_gs.virt.libvirt import driver
    return driver.LibvirtDriver(conf)
