"""Options of the built-in networks."""

from oslo_config import cfg

OPTS = (
    cfg.ListOpt(
        'networks', default=[],
        help='Networks that servers may have a port on, where [neutron] url '
             'is not set: NAME=BRIDGE plugs guests into that bridge of their '
             'host, which must be there on every host; NAME alone gives them '
             "QEMU's own user-mode network, which needs no rights and is of "
             'use on one machine only. A server that asks for networks '
             '"auto" gets a port on the first one. Without any it gets none.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='network')


def list_opts():
    return [('network', OPTS)]
