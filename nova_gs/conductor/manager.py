"""The door of nova-conductor: records for the computes, tasks for the API."""

import contextlib

from oslo_log import log as logging

from nova_gs.conductor.tasks import build
from nova_gs.conductor.tasks import live_migration
from nova_gs.conductor.tasks import resize
from nova_gs.db import engine
from nova_gs import exception
from nova_gs.objects import remote

LOG = logging.getLogger(__name__)


@contextlib.contextmanager
def _database_needed(method):
    """Let the caller know that it may try again when the database is back.

    A release before this one knows no other class than PeerUnavailable.
    """
    try:
        yield
    except exception.DatabaseUnavailable as error:
        # That was said when it began.
        cause, reason = error, 'it ' + error.kwargs['condition']
    except engine.ERRORS as error:
        LOG.exception('The database has failed %s', method)
        cause, reason = error, str(error).splitlines()[0]
    else:
        return
    raise exception.PeerUnavailable(
        service='The database', host='the conductor', method=method,
        reason=reason) from cause


class ConductorManager:
    """Everything that a conductor does when asked.

    :param means: tasks.base.Means
    """

    def __init__(self, means):
        self._means = means

    # -- records

    def object_action(self, ctxt, objinst, objmethod, args, kwargs):
        """Run a method of a record; returns (changed fields, result)."""
        with _database_needed(objmethod):
            return remote.run_action(ctxt, objinst, objmethod, args, kwargs)

    def object_class_action_versions(self, ctxt, objname, objmethod,
                                     object_versions, args, kwargs):
        """Run a class method of a record for a peer of some version."""
        with _database_needed(objmethod):
            return remote.run_class_action(
                ctxt, objname, objmethod, object_versions, args, kwargs)

    def object_backport_versions(self, ctxt, objinst, object_versions):
        """Put a record into the words of a peer of some version."""
        return remote.backport(objinst, object_versions)

    # -- tasks

    def build_server(self, ctxt, operation, work):
        build.Build(self._means, ctxt, operation).run()

    def live_migrate_server(self, ctxt, operation, work):
        live_migration.LiveMigration(self._means, ctxt, operation).run()

    def migrate_server(self, ctxt, operation, work):
        resize.Resize(self._means, ctxt, operation).run()
