"""What other services tell of servers: a port is plugged, a volume grown.

An event that is accepted stands on record before its host hears of it.  So
the message may get lost, or its host be away: whoever waits for the event
there looks at the records, too.
"""

import uuid

from oslo_log import log as logging

from nova_gs.api import call as calls
from nova_gs.api.schemas import external_events as schema
from nova_gs import exception
from nova_gs import objects
from nova_gs.policies import external_events as rules
from nova_gs.rpc import client as rpc_client

LOG = logging.getLogger(__name__)

#: How long a host may take to be told, in seconds.  Whoever posts waits.
TOLD_WITHIN = 2

#: An event's code, by what is said of its server.
ACCEPTED, INCOMPLETE, UNKNOWN, HOMELESS = 200, 400, 404, 422

#: The answer's code when events differ, and so each has to be looked at.
MIXED = 207


def create(call):
    """``POST /os-server-external-events``: several, each with its code."""
    call.authorize(rules.CREATE)
    asked = call.body['events']
    instances = _instances(call, asked)
    told = [judge(event, instances.get(_uuid_of(event)))
            for event in asked]
    accepted = [_as_record(event) for event, code in zip(asked, told)
                if code == ACCEPTED]
    if accepted:
        objects.ExternalEventList.record(call.context, accepted)
        _tell_hosts(call, instances, accepted)
    code = ACCEPTED if set(told) == {ACCEPTED} else MIXED
    return calls.Reply({'events': [
        _answer(event, code) for event, code in zip(asked, told)]}, code)


def judge(event, instance):
    """Return the code of one event.

    :param event: as it came
    :param instance: objects.Instance, or None when there is none
    """
    if instance is None:
        return UNKNOWN
    if event['name'] in schema.TAG_REQUIRED and not event.get('tag'):
        return INCOMPLETE
    if not instance.host:
        return HOMELESS
    return ACCEPTED


def hosts_of(instance, migrations):
    """Return the names of the hosts that an event is sent to.

    :param instance: objects.Instance
    :param migrations: its migrations that have not ended
    """
    hosts = [instance.host]
    for migration in migrations:
        hosts += [migration.source_compute, migration.dest_compute]
    return {host for host in hosts if host}


def _uuid_of(event):
    # Whichever way it is written.
    return str(uuid.UUID(event['server_uuid']))


def _instances(call, asked):
    uuids = {_uuid_of(event) for event in asked}
    return {instance.uuid: instance
            for instance in objects.InstanceList.get_by_filters(
                call.context, {'uuid': sorted(uuids)})}


def _as_record(event):
    return {'instance_uuid': _uuid_of(event),
            'name': event['name'], 'tag': event.get('tag'),
            'status': event.get('status', schema.COMPLETED)}


def _answer(event, code):
    """Return an event as it came, with what became of it."""
    answer = dict(event, code=code)
    answer.setdefault('status', schema.COMPLETED)
    if code != ACCEPTED:
        answer['status'] = schema.FAILED
    return answer


def _tell_hosts(call, instances, accepted):
    """Send each host its events, in one message; it looks them up if not."""
    by_host = {}
    for server in dict.fromkeys(
            event['instance_uuid'] for event in accepted):
        instance = instances[server]
        migrations = () if instance.task_state is None else (
            objects.MigrationList.get_in_progress(call.context, server))
        for host in hosts_of(instance, migrations):
            by_host.setdefault(host, []).extend(
                event for event in accepted
                if event['instance_uuid'] == server)
    for host, events in sorted(by_host.items()):
        try:
            with rpc_client.at_most(TOLD_WITHIN):
                call.services.compute_rpcapi.external_instance_event(
                    call.context, host, events)
        except exception.PeerUnavailable as error:
            LOG.warning('Host %s is not told of %d events, which stand on '
                        'record: %s', host, len(events),
                        exception.reason_of(error))
