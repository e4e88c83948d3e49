"""Neutron's ports, by its REST API.

The computes speak for the service, with the credentials of [neutron].  What
was made for an instance is found again by its ``device_id``, so a process
that dies between making a port and writing it down leaves nothing behind.
"""

import threading

from oslo_log import log as logging

from nova_gs import exception
from nova_gs.network import base
from nova_gs.network import bindings
from nova_gs import objects

LOG = logging.getLogger(__name__)

GROUP = 'neutron'

#: Told when a port of a guest was plugged in.
PLUGGED = 'network-vif-plugged'

DEVICE_OWNER = 'compute:nova'

#: Not told again of a port that is in this state when it is bound.
_ACTIVE = 'ACTIVE'


class Neutron(base.Network):
    """See the module.

    :param conf: ConfigOpts
    """

    def __init__(self, conf):
        self._conf = conf
        self._lock = threading.Lock()
        self._session = None
        self._bindings = bindings.Bindings(self._call)

    # -- what a request asks for

    def resolve(self, ctxt, wanted):
        if wanted == base.NONE:
            return []
        if not wanted or wanted == base.AUTO:
            return self._any_network(ctxt)
        return [self._named(ctxt, one) for one in wanted]

    def _any_network(self, ctxt):
        found = [network for network in self._get('networks')['networks']
                 if _is_seen(ctxt, network)]
        if len(found) > 1:
            raise exception.Conflict(
                reason='There are %d networks. Name one of them, or "none".'
                       % len(found))
        return [_port_on(network, {}) for network in found]

    def _named(self, ctxt, wanted):
        if wanted.get('fixed_ip'):
            raise exception.Invalid(
                reason='fixed_ip is not supported. Make a port with that '
                       'address, and name it.')
        if wanted.get('port'):
            return self._given(ctxt, wanted)
        network = self._find('network', wanted.get('uuid'))
        if network is None or not _is_seen(ctxt, network):
            raise exception.Invalid(reason=str(exception.NetworkNotFound(
                network_id=wanted.get('uuid'))))
        return _port_on(network, wanted)

    def _given(self, ctxt, wanted):
        found = self._find('port', wanted['port'])
        if found is None or not _is_seen(ctxt, found):
            raise exception.Invalid(reason=str(exception.PortNotFound(
                port_id=wanted['port'])))
        if found.get('device_id'):
            raise exception.Conflict(
                reason='Port %s is still in use, by %s.' % (
                    found['id'], found['device_id']))
        network = self._find('network', found['network_id']) or {}
        port = objects.Port(
            network_id=found['network_id'], network_name=network.get('name'),
            tag=wanted.get('tag'), is_made=False)
        return _as_told(port, found)

    # -- the ports of an instance

    def bind(self, ctxt, instance, ports, host):
        given = {port.id for port in ports if not port.is_made}
        spare = [one for one in self._of(instance)
                 if one['id'] not in given]
        bound, awaited = [], []
        for port in ports:
            answer = self._bind(instance, port, host, spare)
            bindings.require_bound(
                answer['id'], host, answer.get('binding:vif_type'))
            bound.append(_as_told(port.obj_clone(), answer))
            if answer.get('status') != _ACTIVE:
                awaited.append((PLUGGED, answer['id']))
        return bound, awaited

    def _bind(self, instance, port, host, spare):
        """Return what Neutron says of a port that is bound now."""
        wanted = {'device_id': instance.uuid, 'device_owner': DEVICE_OWNER,
                  'binding:host_id': host}
        for number, one in enumerate(spare):
            if port.is_made and port.id in (None, one['id']) and (
                    one['network_id'] == port.network_id):
                del spare[number]
                return self._put('port', one['id'], wanted)
        if port.id is not None and not port.is_made:
            return self._put('port', port.id, wanted)
        return self._call('POST', 'ports', {'port': {
            'network_id': port.network_id, 'admin_state_up': True,
            'project_id': instance.project_id, **wanted}})['port']

    def bind_ahead(self, ctxt, instance, ports, host):
        if not self._bindings.are_known():
            return None
        bound = []
        for port in ports:
            binding = self._bindings.add(port.id, host)
            port = port.obj_clone()
            port.vif_type = binding['vif_type']
            port.details = _details(binding.get('vif_details'))
            bound.append(port)
        return bound, [(PLUGGED, port.id) for port in bound]

    def bind_arrived(self, ctxt, instance, ports, host):
        missing = [port for port in ports
                   if not self._bindings.use(port.id, host)]
        if missing:
            return self.bind(ctxt, instance, ports, host)[0]
        return self.refresh(ctxt, ports)

    def unbind_ahead(self, ctxt, instance, ports, host):
        for port in ports:
            if port.id is not None:
                self._bindings.remove_unused(port.id, host)

    def release(self, ctxt, instance):
        given = {port.id for port in instance.ports if not port.is_made}
        for one in self._of(instance):
            if one['id'] in given:
                self._bindings.remove_unused(one['id'])
                self._put('port', one['id'], {
                    'device_id': '', 'device_owner': '',
                    'binding:host_id': ''})
            else:
                self._call('DELETE', 'ports/' + one['id'], known=False)

    def refresh(self, ctxt, ports):
        told = [(port, self._find('port', port.id)) for port in ports]
        return [_as_told(port.obj_clone(), now) for port, now in told
                if now is not None]

    # -- how it is asked

    def _of(self, instance):
        return self._get('ports?device_id=' + instance.uuid)['ports']

    def _get(self, path):
        return self._call('GET', path)

    def _find(self, what, identity):
        """Return a port or a network; None when there is none."""
        found = self._call('GET', '%ss/%s' % (what, identity), known=False)
        return found and found[what]

    def _put(self, what, identity, values):
        return self._call('PUT', '%ss/%s' % (what, identity),
                          {what: values})[what]

    def _call(self, method, path, body=None, known=True):
        """Return the body of an answer.

        :param known: whether what is asked for has to be there; otherwise
            404 is answered with None
        :raises: NetworkFailed
        """
        session, url = self._connected(), '%s/v2.0/%s' % (
            self._conf.neutron.url.rstrip('/'), path)
        try:
            answer = session.request(
                url, method, json=body, raise_exc=False, redirect=False,
                authenticated=session.auth is not None,
                timeout=self._conf.neutron.request_timeout)
        except Exception as error:
            # Whatever the libraries below have to say: nobody answers.
            raise exception.NetworkFailed(
                reason='Neutron does not answer %s %s: %s' % (
                    method, url, error)) from error
        if answer.status_code == 404 and not known:
            return None
        if answer.status_code >= 400:
            raise exception.NetworkFailed(
                reason='Neutron answers %s %s with %d: %s' % (
                    method, url, answer.status_code, answer.text[:200]))
        return answer.json() if answer.content else None

    def _connected(self):
        with self._lock:
            if self._session is None:
                self._session = self._connect()
            return self._session

    def _connect(self):
        # Only deployments with Neutron need the time that it takes to load.
        from keystoneauth1 import loading
        loading.register_auth_conf_options(self._conf, GROUP)
        loading.register_session_conf_options(self._conf, GROUP)
        return loading.load_session_from_conf_options(
            self._conf, GROUP,
            auth=loading.load_auth_from_conf_options(self._conf, GROUP))


def _is_seen(ctxt, thing):
    """Whether a user may use a network or port."""
    return (ctxt.is_admin or thing.get('shared')
            or thing.get('project_id') == ctxt.project_id)


def _port_on(network, wanted):
    return objects.Port(
        network_id=network['id'], network_name=network.get('name'),
        tag=wanted.get('tag'))


def _as_told(port, told):
    """Return a port, changed to what Neutron says of it."""
    port.id, port.mac_address = told['id'], told.get('mac_address')
    port.fixed_ips = [
        {'ip_address': ip['ip_address'], 'subnet_id': ip.get('subnet_id')}
        for ip in told.get('fixed_ips', ())]
    if told.get('binding:vif_type'):
        port.vif_type = told['binding:vif_type']
    port.details = _details(told.get('binding:vif_details'))
    return port


def _details(told):
    return {name: str(value) for name, value in (told or {}).items()}
