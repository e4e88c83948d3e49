"""Several bindings of one port: Neutron's extension binding-extended.

A port whose guest moves has a second binding beside the one that is in use.
It is made before the guest leaves, so that the network is ready there, and is
activated when the guest has arrived; the other one goes then.
"""

from nova_gs import exception

#: Neutron's name of what it takes.
EXTENSION = 'binding-extended'

#: What Neutron says of a port that it could not bind to its host.
UNBOUND = ('unbound', 'binding_failed')

_IN_USE = 'ACTIVE'


class Bindings:
    """The bindings of ports.

    :param call: callable(method, path, body=None, known=True) -> the body of
        an answer; with ``known`` false, None for what is not there
    """

    def __init__(self, call):
        self._call = call

    def are_known(self):
        """Whether a port can have several here."""
        return self._call('GET', 'extensions/' + EXTENSION,
                          known=False) is not None

    def add(self, port_id, host):
        """Bind a port to one more host; returns that binding.

        One that an earlier try has left is made anew: it is told anew of it.

        :raises: NetworkFailed
        """
        found = self._of(port_id)
        ours = found.pop(host, None)
        if ours and ours['status'] == _IN_USE:
            return ours
        if ours:
            self._remove(port_id, host)
        like = next((one for one in found.values()
                     if one['status'] == _IN_USE), {})
        made = self._call('POST', 'ports/%s/bindings' % port_id, {'binding': {
            'host': host, 'vnic_type': like.get('vnic_type') or 'normal',
            'profile': like.get('profile') or {}}})['binding']
        require_bound(port_id, host, made['vif_type'])
        return made

    def use(self, port_id, host):
        """Put the binding to a host to use, and remove all others.

        :returns: whether there was one
        """
        found = self._of(port_id)
        ours = found.pop(host, None)
        if ours is None:
            return False
        if ours['status'] != _IN_USE:
            self._call('PUT', 'ports/%s/bindings/%s/activate' % (
                port_id, host))
        for other in found:
            self._remove(port_id, other)
        return True

    def remove_unused(self, port_id, host=None):
        """Remove the binding to a host, or to any, that is not in use."""
        for one in self._of(port_id).values():
            if one['status'] != _IN_USE and host in (None, one['host']):
                self._remove(port_id, one['host'])

    def _of(self, port_id):
        """Return {host: binding}; empty for a port that is not there."""
        answer = self._call(
            'GET', 'ports/%s/bindings' % port_id, known=False)
        return {one['host']: one for one in (answer or {}).get(
            'bindings', ())}

    def _remove(self, port_id, host):
        self._call('DELETE', 'ports/%s/bindings/%s' % (port_id, host),
                   known=False)


def require_bound(port_id, host, vif_type):
    """Raise NetworkFailed for a port that was not bound to a host.

    :param vif_type: what Neutron says of it
    """
    if vif_type in UNBOUND:
        raise exception.NetworkFailed(
            reason='Neutron cannot bind port %s to host %s (%s). See whether '
                   'its agent works there.' % (port_id, host, vif_type))
