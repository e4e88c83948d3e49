"""Events that other services have told of an instance.

They stand on record before anybody is told, so whoever waits for one looks
here: an event that came early, or while its host was away, is not lost.
"""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class ExternalEvent(base.NovaObject):
    """One event; ``tag`` names what it is about, a port's ID for example.

    A later one of the same name and tag takes an earlier one's place.  ``id``
    grows with each.
    """

    VERSION = '1.0'
    fields = {
        'id': fields.IntegerField(),
        'instance_uuid': fields.StringField(),
        'name': fields.StringField(),
        'status': fields.StringField(),
        'tag': fields.StringField(nullable=True),
        'created_at': fields.DateTimeField(nullable=True),
    }


@base.NovaObjectRegistry.register
class ExternalEventList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = ExternalEvent
    fields = {'objects': fields.ListOfObjectsField('ExternalEvent')}

    @classmethod
    def record(cls, context, events):
        """Write events down, all in one transaction.

        For processes that own the database.

        :param events: dicts with ``instance_uuid``, ``name``, ``status`` and
            ``tag`` (or None), in the order in which they came
        """
        base.store().external_events.record(events)

    @classmethod
    @base.remotable
    def since(cls, context, instance_uuid, after):
        """Return an instance's events that came after one, by id.

        :param after: what ``last_id`` has returned
        """
        return cls.from_rows(
            context, base.store().external_events.since(instance_uuid, after))

    @classmethod
    @base.remotable
    def last_id(cls, context, instance_uuid):
        """Return the id of an instance's latest event; 0 without one."""
        return base.store().external_events.last_id(instance_uuid)
