"""A guest's consoles: what it wrote, and where its others are seen."""

import urllib.parse

from nova_gs.api.handlers import common
from nova_gs import exception
from nova_gs import objects
from nova_gs.objects import fields
from nova_gs.policies import servers as rules


def output(call, server_id):
    """``os-getConsoleOutput``: the last lines, or all of them."""
    instance = common.load_instance(call, server_id, rules.CONSOLE_OUTPUT)
    common.require_host(call, instance, letting_go=True)
    length = (call.body['os-getConsoleOutput'] or {}).get('length')
    # -1 is how clients have always written "everything".
    length = None if length in (None, -1, '-1') else int(length)
    text = call.services.compute_rpcapi.get_console_output(
        call.context, instance.host, instance, length)
    return {'output': text}


#: What each type of console is spoken over.
_PROTOCOLS = {'novnc': 'vnc', 'serial': 'serial'}


def create(call, server_id):
    """``POST remote-consoles``: a URL for some minutes."""
    wanted = call.body['remote_console']
    if wanted['protocol'] != _PROTOCOLS[wanted['type']]:
        raise exception.Invalid(
            reason='A console of type %s has the protocol %s, not %s.' % (
                wanted['type'], _PROTOCOLS[wanted['type']],
                wanted['protocol']))
    url = _hand_out(call, server_id, wanted['type'])
    return {'remote_console': {'protocol': wanted['protocol'],
                               'type': wanted['type'], 'url': url}}


def vnc(call, server_id):
    """``os-getVNCConsole``: the same for clients of old."""
    return _legacy(call, server_id, 'os-getVNCConsole')


def serial(call, server_id):
    """``os-getSerialConsole``."""
    return _legacy(call, server_id, 'os-getSerialConsole')


def _legacy(call, server_id, action):
    console_type = call.body[action]['type']
    return {'console': {'type': console_type, 'url': _hand_out(
        call, server_id, console_type)}}


def _hand_out(call, server_id, console_type):
    """Return a URL with a new token in it.

    The host is asked first, so that nobody is sent to a guest without
    such a console; a host that drains is not asked, as this is new work.

    :raises: HostDraining, HostUnavailable, ConsoleTypeUnavailable,
        ConsoleNotReady, ComputesTooOld, PeerUnavailable
    """
    instance = common.load_instance(call, server_id, rules.REMOTE_CONSOLES)
    common.require_host(call, instance, letting_go=True)
    compute = call.services.compute_rpcapi
    compute.require_known('get_vnc_console')
    compute.get_vnc_console(
        call.context, instance.host, instance, console_type)
    conf = call.services.conf
    token = objects.ConsoleToken.hand_out(
        call.context, instance, console_type, conf.consoleauth.token_ttl)
    return url_of(conf, console_type, token)


def url_of(conf, console_type, token):
    """Return the URL of a console with a token.

    A page has it in ``path``, which noVNC's own pages read too: where on the
    same server the WebSocket is.  For a serial port it is the WebSocket's.
    """
    if console_type == fields.ConsoleType.SERIAL:
        base_url, query = conf.serial_console.base_url, {'token': token}
    else:
        base_url = conf.vnc.novncproxy_base_url
        query = {'path': '?token=' + token}
    return '%s?%s' % (base_url, urllib.parse.urlencode(query))
