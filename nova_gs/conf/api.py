"""Options of nova-api."""

from oslo_config import cfg

OPTS = (
    cfg.HostAddressOpt(
        'bind_host', default='127.0.0.1',
        help='Address to listen on; beyond loopback only with '
             'authentication, see allow_unauthenticated_remote.'),
    cfg.PortOpt(
        'bind_port', default=8774,
        help='Port to listen on; a port that is taken keeps nova-api '
             'from starting.'),
    cfg.IntOpt(
        'threads', default=8, min=1,
        help='Threads that answer requests; further requests wait for one '
             'to be free.'),
    cfg.StrOpt(
        'auth_strategy', default='none', choices=[
            ('none', 'everybody is an administrator; loopback only'),
            ('keystone', 'tokens are checked by keystonemiddleware')],
        help='How users are told apart.'),
    cfg.BoolOpt(
        'allow_unauthenticated_remote', default=False,
        help='Lets nova-api listen beyond loopback without authentication. '
             'Whoever reaches the port can then read, move and delete every '
             'guest.'),
    cfg.IntOpt(
        'max_limit', default=1000, min=1,
        help='Most items in one list response; a client pages for more.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='api')


def list_opts():
    return [('api', OPTS)]
