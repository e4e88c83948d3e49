"""Options of guests' screens: of computes, nova-api and nova-novncproxy."""

from oslo_config import cfg

OPTS = (
    cfg.BoolOpt(
        'enabled', default=True,
        help='Gives new guests of this host a screen, which takes some 20 '
             'MiB of memory each. A guest keeps for life what it was made '
             'with.'),
    cfg.HostAddressOpt(
        'server_listen',
        help='Address on which the screens of this host\'s guests listen, '
             'without a password: only proxies may get there. By default '
             'what vnc_listen in libvirt\'s qemu.conf says. A guest takes '
             'it along when it migrates, so set it to the same on all hosts, '
             '0.0.0.0 or ::, or leave it out.'),
    cfg.HostAddressOpt(
        'server_proxyclient_address',
        help='Address of this host at which nova-novncproxy reaches those '
             'screens. By default the one that they listen on; where that '
             'is any address, the one that guests are migrated to.'),
    cfg.URIOpt(
        'novncproxy_base_url', schemes=['http', 'https'],
        default='http://127.0.0.1:6080/console.html',
        help='URL of the page that nova-api sends users to, with a token '
             'added: that of nova-novncproxy, or of what stands before it. '
             'vnc_lite.html in place of console.html is noVNC\'s own page, '
             'which does not reconnect.'),
    cfg.HostAddressOpt(
        'novncproxy_host', default='127.0.0.1',
        help='Address that nova-novncproxy listens on. It speaks plain '
             'HTTP; beyond loopback put a server that speaks TLS before '
             'it, or whoever can listen in sees screens and keys.'),
    cfg.PortOpt(
        'novncproxy_port', default=6080,
        help='Port that nova-novncproxy listens on; one that is taken keeps '
             'it from starting.'),
    cfg.StrOpt(
        'novnc_web', default='/usr/share/novnc',
        help='Directory of noVNC\'s files, as the package novnc brings '
             'them.'),
    cfg.ListOpt(
        'allowed_origins', default=[],
        help='Further names (host or host:port) of sites whose pages may '
             'open consoles, beside the one that the browser sees the proxy '
             'as; needed where consoles are part of another site\'s pages.'),
    cfg.FloatOpt(
        'stop_grace', default=2, min=0,
        help='Seconds that open consoles may stay open after a stop of '
             'nova-novncproxy was asked for; then each is told, closed, and '
             'its page connects again.'),
)

TOKEN_OPTS = (
    cfg.IntOpt(
        'token_ttl', default=600, min=1,
        help='Seconds for which the URL of a console may be opened, as '
             'often as wanted; what is open then stays open. Whoever has '
             'the URL is let in.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='vnc')
    conf.register_opts(TOKEN_OPTS, group='consoleauth')


def list_opts():
    return [('vnc', OPTS), ('consoleauth', TOKEN_OPTS)]
