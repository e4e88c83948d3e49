"""Telling a compute host at once what its record says from now on.

The record alone is enough: the host goes by it with its next heartbeat.  So
a broker that is away is no failure here.
"""

import threading

from nova_gs import clock
from nova_gs import context
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import base as objects_base
from nova_gs.objects import fields

#: Longest wait for a host's answer, in seconds.
WITHIN = 3


def tell(conf, records, host, method, **arguments):
    """Call a method of a compute.

    :param records: db.store.Store
    :param method: name of the RPC
    :returns: None when it has answered, else why it has not
    """
    # They take their time to import, and few commands need them.
    from nova_gs.compute import peers
    from nova_gs.compute import rpcapi
    from nova_gs.rpc import client as rpc_client
    from nova_gs.rpc import transport
    from nova_gs import servicegroup
    objects.register_all()
    objects_base.seat_store(records)
    ctxt, now = context.get_admin_context(), clock.Clock()
    service = objects.Service.get_by_host_and_binary(
        ctxt, host, fields.Binary.COMPUTE)
    if not servicegroup.ServiceGroup(conf).is_up(service):
        return 'its nova-compute is down.'
    try:
        messages = transport.create(conf)
    except Exception:
        # Its text may have a part of the password in it.
        return 'transport_url names no broker that can be used.'
    compute = rpcapi.ComputeAPI(
        conf, messages, now, peers.Peers(ctxt, now), threading.Event())
    try:
        with rpc_client.at_most(WITHIN):
            getattr(compute, method)(ctxt, host, **arguments)
    except exception.NovaGSException as error:
        return exception.reason_of(error)
    finally:
        transport.close((messages,))
    return None
