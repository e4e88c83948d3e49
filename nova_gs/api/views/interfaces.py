"""Network interfaces of servers, and the addresses that they have."""

import ipaddress

from nova_gs.objects import fields

#: In which a guest may be reached.
_UP = (fields.VMState.ACTIVE, fields.VMState.PAUSED)


def one(call, instance, port):
    """Return an interface as os-interface shows it."""
    shown = {
        'port_id': port.id,
        'net_id': port.network_id,
        'mac_addr': port.mac_address,
        'port_state': 'ACTIVE' if instance.vm_state in _UP else 'DOWN',
        'fixed_ips': [{'ip_address': ip['ip_address'],
                       'subnet_id': ip.get('subnet_id')}
                      for ip in port.fixed_ips],
    }
    if call.minor >= 70:
        shown['tag'] = port.tag
    return shown


def addresses(ports):
    """Return ``addresses`` of a server: {network: [address]}.

    A port without a fixed address is not in it.
    """
    found = {}
    for port in ports:
        for ip in port.fixed_ips:
            address = ip['ip_address']
            found.setdefault(port.network_name or port.network_id, []).append({
                'addr': address,
                'version': ipaddress.ip_address(address).version,
                'OS-EXT-IPS:type': 'fixed',
                'OS-EXT-IPS-MAC:mac_addr': port.mac_address,
            })
    return found
