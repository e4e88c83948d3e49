"""Who may see the network interfaces of a server."""

from nova_gs.policies import base

LIST = 'os_compute_api:os-attach-interfaces:list'
SHOW = 'os_compute_api:os-attach-interfaces:show'

PATH = 'GET /servers/{server_id}/os-interface'


def list_rules():
    """Return the defaults of this noun."""
    return [
        base.rule(LIST, base.READER, "List a server's interfaces.", PATH),
        base.rule(SHOW, base.READER, "Show a server's interface.",
                  PATH + '/{port_id}'),
    ]
