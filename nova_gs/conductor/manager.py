"""The door of nova-conductor: records for the computes, tasks for the API."""

from nova_gs.conductor.tasks import build
from nova_gs.conductor.tasks import live_migration
from nova_gs.objects import remote


class ConductorManager:
    """Everything that a conductor does when asked.

    :param means: tasks.base.Means
    """

    def __init__(self, means):
        self._means = means

    # -- records

    def object_action(self, ctxt, objinst, objmethod, args, kwargs):
        """Run a method of a record; returns (changed fields, result)."""
        return remote.run_action(ctxt, objinst, objmethod, args, kwargs)

    def object_class_action_versions(self, ctxt, objname, objmethod,
                                     object_versions, args, kwargs):
        """Run a class method of a record for a peer of some version."""
        return remote.run_class_action(
            ctxt, objname, objmethod, object_versions, args, kwargs)

    # -- tasks

    def build_server(self, ctxt, operation, work):
        build.Build(self._means, ctxt, operation).run()

    def live_migrate_server(self, ctxt, operation, work):
        live_migration.LiveMigration(self._means, ctxt, operation).run()
