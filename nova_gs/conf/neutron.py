"""Where Neutron is, if ports are its own."""

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'url',
        help='URL of Neutron, such as http://controller:9696. With it every '
             "port is Neutron's, and servers wait for its "
             'network-vif-plugged events. Without it the networks are those '
             'of [network]. nova-api and nova-compute need the same value. '
             'auth_type and its options, as keystoneauth1 has them, go into '
             'this group as well; without auth_type no token is sent.'),
    cfg.FloatOpt(
        'request_timeout', default=30, min=0.1,
        help='Seconds that one request to Neutron may take; then a build '
             'counts as failed on its host, and a request to the API is '
             'answered with 503.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='neutron')


def list_opts():
    return [('neutron', OPTS)]
