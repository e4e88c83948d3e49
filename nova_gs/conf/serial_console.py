"""Options of guests' serial consoles: of computes and nova-api.

What serves them is nova-novncproxy, whose options are in ``vnc``.
"""

from oslo_config import cfg

OPTS = (
    cfg.BoolOpt(
        'enabled', default=False,
        help='Lets users read and type on the serial port of this host\'s '
             'new guests, which listens on a TCP port then. Without it what '
             'guests write is in their logs only. A guest keeps for life '
             'what it was made with, unless it is resized.'),
    cfg.URIOpt(
        'base_url', schemes=['ws', 'wss'], default='ws://127.0.0.1:6080/',
        help='URL of a WebSocket that nova-api sends clients to, with a '
             'token added: that of nova-novncproxy, or of what stands before '
             'it.'),
    cfg.HostAddressOpt(
        'proxyclient_address', default='127.0.0.1',
        help='Address of this host on which the serial ports of its guests '
             'listen, without a password, and at which nova-novncproxy '
             'reaches them: only proxies may get there. It holds for a guest '
             'from its next start, and from its arrival here.'),
    cfg.StrOpt(
        'port_range', default='10000:20000', regex=r'^\d+:\d+$',
        help='TCP ports of this host for its guests\' serial consoles: the '
             'first, and the first that is no more for them. Each guest has '
             'one, on or off; where none is free, none is built and none '
             'comes. Keep it apart from the ports that the kernel hands out '
             '(net.ipv4.ip_local_port_range).'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='serial_console')


def list_opts():
    return [('serial_console', OPTS)]
