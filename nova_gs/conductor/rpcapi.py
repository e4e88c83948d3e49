"""What others ask of the conductors: one method per catalogue row."""

from nova_gs import objects
from nova_gs.objects import base
from nova_gs.rpc import catalogue
from nova_gs.rpc import client as rpc_client


class ConductorAPI:
    """Sends to whichever conductor is free.

    :param conf: ConfigOpts
    :param transport: from ``rpc.transport.create``
    :param bound: callable() -> the most seconds that a call may take for
        now, or None: as long as its row says
    """

    def __init__(self, conf, transport, bound=lambda: None):
        self._client = rpc_client.Client(conf, transport, bound)

    @property
    def answers(self):
        """Whether the last message got through, or none was sent yet."""
        return self._client.got_through

    def build_server(self, ctxt, operation_uuid):
        return self._send('build_server', ctxt, operation_uuid=operation_uuid)

    def live_migrate_server(self, ctxt, operation_uuid):
        return self._send('live_migrate_server', ctxt,
                          operation_uuid=operation_uuid)

    def migrate_server(self, ctxt, operation_uuid):
        return self._send('migrate_server', ctxt,
                          operation_uuid=operation_uuid)

    def object_action(self, ctxt, objinst, objmethod, args, kwargs):
        return self._send('object_action', ctxt, objinst=objinst,
                          objmethod=objmethod, args=args, kwargs=kwargs)

    def object_class_action_versions(self, ctxt, objname, objmethod,
                                     object_versions, args, kwargs):
        return self._send('object_class_action_versions', ctxt,
                          objname=objname, objmethod=objmethod,
                          object_versions=object_versions, args=args,
                          kwargs=kwargs)

    def object_backport_versions(self, ctxt, objinst, object_versions):
        return self._send('object_backport_versions', ctxt, objinst=objinst,
                          object_versions=object_versions)

    def _send(self, name, ctxt, **arguments):
        row = catalogue.ROWS[name]
        prepared = self._client.library_client.prepare(
            topic=row.topic.value, version=row.since,
            **self._client.patience(row))
        return self._client.send(ctxt, row, prepared, None,
                                 catalogue.CONDUCTOR_VERSION, arguments)


class Indirection(base.VersionedObjectIndirectionAPI):
    """Lets records be read and written by a process without the database.

    :param conductor: ConductorAPI
    """

    def __init__(self, conductor):
        super().__init__()
        self._conductor = conductor

    def object_action(self, context, objinst, objmethod, args, kwargs):
        return self._conductor.object_action(
            context, objinst, objmethod, args, kwargs)

    def object_class_action_versions(self, context, objname, objmethod,
                                     object_versions, args, kwargs):
        return self._conductor.object_class_action_versions(
            context, objname, objmethod, object_versions, args, kwargs)

    def object_backport_versions(self, context, objinst, object_versions):
        return self._conductor.object_backport_versions(
            context, objinst, object_versions)


def seat_records(conf, transport, bound):
    """Let the records of this process be those of the conductors.

    :param conf: ConfigOpts
    :param transport: from ``rpc.transport.create``
    :param bound: as of ``ConductorAPI``
    :returns: ConductorAPI
    """
    objects.register_all()
    conductor = ConductorAPI(conf, transport, bound)
    base.NovaObject.indirection_api = Indirection(conductor)
    return conductor
