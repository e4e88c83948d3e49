"""The ports of a guest that is made here, comes here, or is removed."""

import dataclasses

from oslo_log import log as logging

from nova_gs.compute import external_events
from nova_gs import context
from nova_gs import exception
from nova_gs import network
from nova_gs.network import base as network_base
from nova_gs import objects
from nova_gs.objects import fields

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Plugging:
    """What guests are plugged in with on a host.

    ``timeout`` is in seconds; 0: no guest waits.  ``waits_for_moves`` says
    whether those wait that are to move here.
    """

    network: network_base.Network
    timeout: int
    is_fatal: bool
    waits_for_moves: bool = True
    waits: external_events.Waits = dataclasses.field(
        default_factory=external_events.Waits)


def plugging(conf):
    """Return the ``Plugging`` of a host; raises ConfigurationError."""
    return Plugging(network.load(conf), conf.vif_plugging_timeout,
                    conf.vif_plugging_is_fatal,
                    conf.compute.live_migration_wait_for_vif_plug)


def bind(host, ctxt, operation):
    """Bind the ports of a guest that is to be made here.

    What it then has to wait for stands in the operation's params, with the
    last event before: what a former host was told does not count.

    :param host: compute.host.Host
    :returns: whether it has to wait
    :raises: NetworkFailed
    """
    instance = operation.instance
    if not instance.ports:
        return False
    after = host.recorder.persist(
        lambda: objects.ExternalEventList.last_id(ctxt, instance.uuid))
    bound, awaited = host.plugging.network.bind(
        ctxt, instance, instance.ports, host.name)
    if not host.plugging.timeout:
        awaited = []
    host.recorder.insist(
        operation.report, instance={'ports': bound},
        params={fields.WAITS_FOR: {
            'events': [list(one) for one in awaited], 'after': after}})
    return bool(awaited)


def awaited(operation):
    """Return ([(event, tag)], id of the event after which they count)."""
    waits = operation.params.get(fields.WAITS_FOR) or {}
    return ([tuple(one) for one in waits.get('events', ())],
            waits.get('after', 0))


def bind_ahead(host, ctxt, instance, data):
    """Make the ports of a guest ready that is to move here, if that can be.

    :param data: MigrateData; gets the ports as they will be here
    :returns: external_events.Awaited of what will be told then
    :raises: NetworkFailed
    """
    awaited = external_events.Awaited([], 0, host.name)
    if not data.knows_ports or not instance.ports:
        return awaited
    after = objects.ExternalEventList.last_id(ctxt, instance.uuid)
    try:
        found = host.plugging.network.bind_ahead(
            ctxt, instance, instance.ports, host.name)
    except exception.NetworkFailed as error:
        if host.plugging.is_fatal:
            raise
        found, reason = None, exception.reason_of(error)
        LOG.warning('Instance %s moves here all the same: %s', instance.uuid,
                    reason)
    if found is None:
        return awaited
    data.ports, events = found
    return dataclasses.replace(awaited, events=events, after=after)


def say_what_is_awaited(host, awaited, data):
    """Tell the source what it has to wait for before it moves the guest.

    It need not wait for what nobody can see yet: an interface that the
    hypervisor plugs in only when the guest comes.

    :param awaited: what ``bind_ahead`` has returned
    :param data: MigrateData, after the driver has made room
    """
    if data.told('ports') is None:
        return
    plugged = data.told('plugged') or ()
    events = [list(event) for event in awaited.events if event[1] in plugged]
    plugging = host.plugging
    data.waits_for = None
    if events and plugging.waits_for_moves and plugging.timeout:
        data.waits_for = {
            'events': events, 'after': awaited.after,
            'timeout': plugging.timeout, 'is_fatal': plugging.is_fatal}


def unbind_ahead(host, instance):
    """Take back what was made ready for a guest that does not come.

    :raises: NetworkFailed
    """
    if instance.ports:
        host.plugging.network.unbind_ahead(
            context.get_admin_context(), instance, instance.ports, host.name)


def follow(host, instance):
    """Bind the ports of a guest that has moved here.

    It runs here whatever becomes of that, so what fails is told.

    :returns: fields of the instance that it changes
    """
    if not instance.ports:
        return {}
    try:
        bound = host.plugging.network.bind_arrived(
            context.get_admin_context(), instance, instance.ports, host.name)
    except exception.NetworkFailed as error:
        LOG.warning('Instance %s has moved here, and its ports have not: %s',
                    instance.uuid, exception.reason_of(error))
        return {}
    return {'ports': bound}


def release(host, ctxt, instance):
    """Give back the ports of a guest that is no more; what fails is told."""
    if not instance.ports:
        return
    try:
        host.plugging.network.release(ctxt, instance)
    except exception.NetworkFailed as error:
        LOG.warning('Ports of instance %s may be left: %s. Remove those with '
                    'device_id %s.', instance.uuid,
                    exception.reason_of(error), instance.uuid)
