"""Rows of instance actions and their events.

The writing functions work in the transaction of an operation's verb.
"""

import sqlalchemy as sa

from nova_gs.db import dialects
from nova_gs.db import models
from nova_gs.db import query
from nova_gs import exception
from nova_gs.objects import fields

_ACTIONS = models.instance_actions
_EVENTS = models.instance_action_events


def begin(connection, context, instance_uuid, action, time):
    """Write a new action; returns its id.

    :param time: aware datetime of the beginning
    """
    return query.insert(connection, _ACTIONS, {
        'action': action, 'instance_uuid': instance_uuid,
        'request_id': context.request_id, 'user_id': context.user_id,
        'project_id': context.project_id, 'start_time': time,
        'updated_at': time})


def begin_event(connection, action_id, event, host):
    """Write that a step has begun on a host (None: in a conductor)."""
    query.insert(connection, _EVENTS, {
        'event': event, 'action_id': action_id, 'host': host,
        'start_time': dialects.now()})


def tell(connection, action_id, event, host, details):
    """Write an event that is over as soon as it is told."""
    query.insert(connection, _EVENTS, {
        'event': event, 'action_id': action_id, 'host': host,
        'start_time': dialects.now(), 'finish_time': dialects.now(),
        'result': fields.EventResult.SUCCESS, 'details': details})


def end_events(connection, action_id, error=None):
    """Write that whatever step was under way has ended."""
    connection.execute(
        sa.update(_EVENTS)
        .where(_EVENTS.c.action_id == action_id,
               _EVENTS.c.finish_time.is_(None))
        .values(finish_time=dialects.now(), details=error,
                result=(fields.EventResult.ERROR if error
                        else fields.EventResult.SUCCESS)))


def end(connection, action_id, error=None):
    """Write that an action has ended."""
    connection.execute(
        sa.update(_ACTIONS).where(_ACTIONS.c.id == action_id)
        .values(finish_time=dialects.now(), message=error))


def note(connection, action_id, message):
    """Write what is to be said of an action that has not ended."""
    connection.execute(
        sa.update(_ACTIONS).where(_ACTIONS.c.id == action_id)
        .values(message=message))


class InstanceActions:
    """Reads instance actions.

    :param database: engine.Database
    """

    def __init__(self, database):
        self._db = database

    def get_by_request_id(self, instance_uuid, request_id):
        """Return a row with ``events``; raises ActionNotFound."""
        with self._db.reader() as connection:
            row = query.first(
                connection, sa.select(_ACTIONS).where(
                    _ACTIONS.c.instance_uuid == instance_uuid,
                    _ACTIONS.c.request_id == request_id)
                .order_by(_ACTIONS.c.id.desc()))
            if row is None:
                raise exception.ActionNotFound(
                    request_id=request_id, instance_id=instance_uuid)
            row['events'] = query.rows(
                connection, sa.select(_EVENTS)
                .where(_EVENTS.c.action_id == row['id'])
                .order_by(_EVENTS.c.id))
            return row

    def get_by_instance(self, instance_uuid, limit=None, marker=None,
                        changes_since=None, changes_before=None):
        """Return the rows of an instance, newest first, without events.

        :param marker: request id that the page before ended with
        :raises: Invalid for an unknown marker
        """
        statement = sa.select(_ACTIONS).where(
            _ACTIONS.c.instance_uuid == instance_uuid)
        if changes_since is not None:
            statement = statement.where(
                _ACTIONS.c.updated_at >= changes_since)
        if changes_before is not None:
            statement = statement.where(
                _ACTIONS.c.updated_at <= changes_before)
        with self._db.reader() as connection:
            last = marker and self._marked(connection, instance_uuid, marker)
            return query.rows(
                connection, query.page(statement, _ACTIONS, last, limit))

    @staticmethod
    def _marked(connection, instance_uuid, request_id):
        row = query.first(
            connection, sa.select(_ACTIONS).where(
                _ACTIONS.c.instance_uuid == instance_uuid,
                _ACTIONS.c.request_id == request_id))
        if row is None:
            raise exception.Invalid(
                reason='Marker %s is not the request of an action of '
                       'instance %s.' % (request_id, instance_uuid))
        return row
