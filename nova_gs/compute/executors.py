"""The pools of a compute host: what may run side by side."""

from nova_gs import pools


class Executors:
    """The pools of a compute host.

    :param conf: ConfigOpts
    """

    def __init__(self, conf):
        self.operations = pools.Pool(
            'operation', conf.compute.max_concurrent_operations)
        self.resizes = pools.Pool(
            'resize', conf.compute.max_concurrent_operations)
        self.migrations = pools.Pool(
            'migration', conf.max_concurrent_live_migrations)
