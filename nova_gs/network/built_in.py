"""Networks that the configuration names: bridges of the hosts.

A port is made with the request; nobody has to be asked, and nobody tells
that it was plugged, since the hypervisor plugs it in itself.
"""

import secrets
import uuid

from nova_gs import exception
from nova_gs.network import base
from nova_gs import objects
from nova_gs.virt import driver

#: The network that gives no interface at all.
ISOLATED = '6d9b1a3e-5f0c-4c1d-9d0a-0e5f6a7b8c90'

#: The same name has the same ID in every process.
_NAMESPACE = uuid.UUID('9f3c2d1e-7a64-4b0e-8c55-1d2e3f405162')

#: First octets of an interface's address: administered here, not a group.
_MAC_PREFIX = 'fa:16:3e'


class BuiltIn(base.Network):
    """See the module.

    :param conf: ConfigOpts
    :raises: ConfigurationError
    """

    def __init__(self, conf):
        #: {ID: (name, bridge or '')}, in the order of the option
        self.networks = {}
        for text in conf.network.networks:
            name, _, bridge = (part.strip() for part in text.partition('='))
            if not name or id_of(name) in self.networks:
                raise exception.ConfigurationError(
                    option='[network] networks',
                    problem='%r names no network, or one twice' % text,
                    remedy='Write NAME or NAME=BRIDGE, each name once.')
            self.networks[id_of(name)] = name, bridge

    def resolve(self, ctxt, wanted):
        if wanted == base.NONE:
            return []
        if not wanted or wanted == base.AUTO:
            wanted = [{'uuid': network_id}
                      for network_id in list(self.networks)[:1]]
        ports = [self._port(one) for one in wanted]
        return [port for port in ports if port is not None]

    def _port(self, wanted):
        if wanted.get('port') or wanted.get('fixed_ip'):
            raise exception.Invalid(
                reason='The built-in networks have neither ports to be named '
                       'nor addresses. Name a network by uuid.')
        network_id = wanted.get('uuid')
        if network_id == ISOLATED:
            return None
        if network_id not in self.networks:
            raise exception.Invalid(reason=str(exception.NetworkNotFound(
                network_id=network_id)))
        return objects.Port(
            id=str(uuid.uuid4()), network_id=network_id,
            network_name=self.networks[network_id][0], mac_address=_mac(),
            tag=wanted.get('tag'))

    def bind(self, ctxt, instance, ports, host):
        return [self._bound(port) for port in ports], []

    def bind_ahead(self, ctxt, instance, ports, host):
        # What a port is on a host is known without asking anybody.
        return self.bind(ctxt, instance, ports, host)

    def bind_arrived(self, ctxt, instance, ports, host):
        return self.bind(ctxt, instance, ports, host)[0]

    def unbind_ahead(self, ctxt, instance, ports, host):
        return

    def _bound(self, port):
        if port.network_id not in self.networks:
            raise exception.NetworkFailed(
                reason='Network %s of port %s is not in [network] networks '
                       'of this host.' % (port.network_name, port.id))
        _, bridge = self.networks[port.network_id]
        port = port.obj_clone()
        port.vif_type = driver.Plug.BRIDGE if bridge else driver.Plug.USER
        port.details = {'bridge_name': bridge} if bridge else {}
        return port

    def release(self, ctxt, instance):
        # They are nothing but what stands in the instance's record.
        return

    def refresh(self, ctxt, ports):
        return list(ports)


def id_of(name):
    """Return the ID of a network of the configuration."""
    return str(uuid.uuid5(_NAMESPACE, name))


def _mac():
    return ':'.join([_MAC_PREFIX] + [
        '%02x' % octet for octet in secrets.token_bytes(3)])
