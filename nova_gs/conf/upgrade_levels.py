"""Pins for rolling upgrades."""

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'compute', default='auto',
        help='RPC version that messages to computes keep to: "auto" for the '
             'newest that every compute on record understands, or a version '
             'such as 6.4. A pin below 6.5 also keeps every message off the '
             'second RPC server, so that a draining host gets none of the '
             'steps of its begun work before it has attached "compute".'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='upgrade_levels')


def list_opts():
    return [('upgrade_levels', OPTS)]
