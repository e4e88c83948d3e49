"""The ports of a guest that is made or removed on this host."""

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

    ``timeout`` is in seconds; 0: no guest waits.
    """

    network: network_base.Network
    timeout: int
    is_fatal: bool
    waits: external_events.Waits = dataclasses.field(
        default_factory=external_events.Waits)


def plugging(conf):
    """Return the ``Plugging`` of a host; raises ConfigurationError."""
    return Plugging(network.load(conf), conf.vif_plugging_timeout,
                    conf.vif_plugging_is_fatal)


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


def follow(host, instance):
    """Bind the ports of a guest that has moved here.

    It runs here whatever becomes of that, so what fails is told.

    :returns: fields of the instance that it changes
    """
    if not instance.ports:
        return {}
    try:
        bound, _ = host.plugging.network.bind(
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
