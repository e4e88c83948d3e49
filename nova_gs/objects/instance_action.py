"""Instance actions: what users asked of an instance, and what came of it."""

from nova_gs.objects import base
from nova_gs.objects import fields


@base.NovaObjectRegistry.register
class InstanceActionEvent(base.NovaObject):
    """One step of an action on one host."""

    VERSION = '1.0'
    fields = {
        'id': fields.IntegerField(),
        'event': fields.StringField(),
        'action_id': fields.IntegerField(),
        'host': fields.StringField(nullable=True),
        'start_time': fields.DateTimeField(nullable=True),
        'finish_time': fields.DateTimeField(nullable=True),
        'result': fields.StringField(nullable=True),
        'traceback': fields.StringField(nullable=True),
        'details': fields.StringField(nullable=True),
    }


@base.NovaObjectRegistry.register
class InstanceAction(base.NovaObject):
    """One request; ``message`` is the error when it failed."""

    VERSION = '1.0'
    fields = {
        'id': fields.IntegerField(),
        'action': fields.StringField(),
        'instance_uuid': fields.StringField(),
        'request_id': fields.StringField(nullable=True),
        'user_id': fields.StringField(nullable=True),
        'project_id': fields.StringField(nullable=True),
        'start_time': fields.DateTimeField(nullable=True),
        'finish_time': fields.DateTimeField(nullable=True),
        'updated_at': fields.DateTimeField(nullable=True),
        'message': fields.StringField(nullable=True),
        'events': fields.ListOfObjectsField('InstanceActionEvent',
                                            default=[]),
    }

    @classmethod
    def from_row(cls, context, row):
        """Return an unchanged action; its events are dicts in the row."""
        events = [InstanceActionEvent.from_row(context, event)
                  for event in row.get('events', ())]
        return super().from_row(context, dict(row, events=events))

    @classmethod
    @base.remotable
    def get_by_request_id(cls, context, instance_uuid, request_id):
        """Return one action with its events.

        :raises: ActionNotFound
        """
        return cls.from_row(context, base.store().actions.get_by_request_id(
            instance_uuid, request_id))


@base.NovaObjectRegistry.register
class InstanceActionList(base.NovaObjectList):
    VERSION = '1.0'
    ITEM = InstanceAction
    fields = {'objects': fields.ListOfObjectsField('InstanceAction')}

    @classmethod
    @base.remotable
    def get_by_instance(cls, context, instance_uuid, limit=None, marker=None,
                        changes_since=None, changes_before=None):
        """Return the actions of an instance, newest first, without events.

        :param limit: most items to return, None for all
        :param marker: request id of the last item of the page before
        :param changes_since: aware datetime; only what changed then or later
        :param changes_before: aware datetime; only what changed till then
        :raises: Invalid for an unknown marker
        """
        return cls.from_rows(context, base.store().actions.get_by_instance(
            instance_uuid, limit=limit, marker=marker,
            changes_since=changes_since, changes_before=changes_before))
