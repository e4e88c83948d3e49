"""Pins for rolling upgrades."""

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'compute', default='auto', regex=r'^(auto|\d+\.\d+)$',
        help='RPC version that messages to computes keep to: "auto" for the '
             'newest that every compute on record understands, or a version '
             'such as 6.4. A pin below 6.5 also keeps every message off the '
             'second RPC server; a host that is being stopped then stays '
             'attached to its first one for the steps of work that it has '
             'begun. Set the same in every service: a host goes by its own '
             'pin, since it cannot see those of others.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='upgrade_levels')


def list_opts():
    return [('upgrade_levels', OPTS)]
