"""The store: everything that the objects ask of the database, by noun.

A process that owns the database seats one::

    objects.base.seat_store(store.Store(conf))
"""

from nova_gs.db import compute_node
from nova_gs.db import console_token
from nova_gs.db import engine
from nova_gs.db import external_event
from nova_gs.db import flavor
from nova_gs.db import image
from nova_gs.db import instance
from nova_gs.db import instance_action
from nova_gs.db import migration
from nova_gs.db import operation
from nova_gs.db import schema
from nova_gs.db import service


class Store:
    """Rows as dicts, a part for each noun.

    Connections are made when they are needed, so the database may come
    later; ``require_schema`` is for those who want to know at start.

    :param conf: ConfigOpts; ``[database]`` is registered here
    :raises: ConfigurationError when the connection option is of no use
    """

    def __init__(self, conf):
        self.database = engine.Database(conf)
        self.actions = instance_action.InstanceActions(self.database)
        self.compute_nodes = compute_node.ComputeNodes(self.database)
        self.console_tokens = console_token.ConsoleTokens(self.database)
        self.external_events = external_event.ExternalEvents(self.database)
        self.flavors = flavor.Flavors(self.database)
        self.images = image.Images(self.database)
        self.instances = instance.Instances(self.database)
        self.migrations = migration.Migrations(self.database)
        self.operations = operation.Operations(self.database, conf)
        self.services = service.Services(self.database)

    def require_schema(self):
        """Raise ConfigurationError unless the schema is this release's."""
        schema.require_current(self.database.engine)

    def close(self):
        """Let go of all connections; the store may be used again."""
        self.database.close()
