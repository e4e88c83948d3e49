"""The network interfaces of a server."""

from nova_gs.api.handlers import common
from nova_gs.api.views import interfaces as view
from nova_gs import exception
from nova_gs.policies import interfaces as rules


def index(call, server_id):
    """``GET /servers/ID/os-interface``."""
    instance = common.load_instance(call, server_id, rules.LIST)
    return {'interfaceAttachments': [
        view.one(call, instance, port) for port in instance.ports if port.id]}


def show(call, server_id, port_id):
    """``GET /servers/ID/os-interface/PORT``."""
    instance = common.load_instance(call, server_id, rules.SHOW)
    for port in instance.ports:
        if port.id == port_id:
            return {'interfaceAttachment': view.one(call, instance, port)}
    raise exception.PortNotFound(port_id=port_id)
