"""Figures for Prometheus."""

from oslo_config import cfg

OPTS = (
    cfg.PortOpt(
        'port', default=0,
        help='TCP port on which nova-compute and nova-conductor answer '
             'Prometheus at /metrics; 0 has them not listen and measure '
             'nothing. Each process needs one of its own: programs on one '
             'machine must not share this value, and with [conductor] '
             'workers above 1 the worker with number N takes this port plus '
             'N. While the port is taken the service works without it and '
             'tries again every second.'),
    cfg.HostAddressOpt(
        'host', default='127.0.0.1',
        help='Address that the metrics port listens on. Whoever reaches it '
             'can read the figures, without a password: they name the host '
             'and count its work, and have no names of guests or users. '
             'Give an address of the management network, where Prometheus '
             'is on another machine.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='metrics')


def list_opts():
    return [('metrics', OPTS)]
