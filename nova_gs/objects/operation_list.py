"""Lists of operations: what is busy, what waits, what was left behind."""

from nova_gs.objects import base
from nova_gs.objects import fields
from nova_gs.objects import operation


@base.NovaObjectRegistry.register
class OperationList(base.NovaObjectList):
    """Lists leave ``instance`` and ``migration`` of the items at None."""

    # 1.1: pages of offered_to
    VERSION = '1.1'
    ITEM = operation.Operation
    fields = {'objects': fields.ListOfObjectsField('Operation')}

    @classmethod
    @base.remotable
    def open_on_host(cls, context, host):
        """Return what keeps a host busy, oldest first.

        Those are the operations, neither final nor interrupted, that name
        it as ``host`` or ``peer_host``.
        """
        return cls.from_rows(
            context, base.store().operations.open_on_host(host))

    @classmethod
    @base.remotable
    def offered_to(cls, context, host, limit=None, marker=None):
        """Return what waits for a host to claim it, oldest first.

        :param limit: most items to return, None for all
        :param marker: uuid of the last item of the page before
        :raises: Invalid for an unknown marker
        """
        return cls.from_rows(
            context, base.store().operations.offered_to(
                host, limit=limit, marker=marker))

    @classmethod
    @base.remotable
    def of_dead_owners(cls, context, host, owner):
        """Return the running steps of a host that others than owner hold."""
        return cls.from_rows(
            context, base.store().operations.of_dead_owners(host, owner))

    @classmethod
    @base.remotable
    def interrupted_on_host(cls, context, host):
        """Return the interrupted operations of a host, oldest first."""
        return cls.from_rows(
            context, base.store().operations.interrupted_on_host(host))

    @classmethod
    @base.remotable
    def get_open_by_instance(cls, context, instance_uuid):
        """Return what has not ended on an instance, oldest first."""
        return cls.from_rows(
            context,
            base.store().operations.get_open_by_instance(instance_uuid))

    @classmethod
    @base.remotable
    def get_by_filters(cls, context, filters, limit=None):
        """Return operations by ``host``, ``state`` ..., newest first.

        :param filters: dict; see ``db.operation_queries``
        :param limit: most items to return, None for all
        :raises: Invalid for an unknown filter
        """
        return cls.from_rows(context, base.store().operations.get_by_filters(
            filters, limit=limit))

    @classmethod
    @base.remotable
    def held_by_conductors(cls, context):
        """Return the steps that conductors hold for longer than usual."""
        return cls.from_rows(
            context, base.store().operations.held_by_conductors())

    @classmethod
    @base.remotable
    def take_due(cls, context, limit, interval):
        """Return offered operations whose turn to be swept has come.

        Each is won by one caller only, and comes up again after interval.

        :param limit: most items to return
        :param interval: seconds until it is due again
        """
        return cls.from_rows(
            context, base.store().operations.take_due(limit, interval))
